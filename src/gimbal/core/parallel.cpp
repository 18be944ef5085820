// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/parallel.h"

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>

#ifdef GIMBAL_THREAD_SANITIZER
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
#endif

namespace gimbal {
namespace {

// TBB is not built with ThreadSanitizer, which therefore cannot see that tasks begin after the call
// that started them, and end before it returns. So it is told.
class TaskOrder {
 public:
#ifdef GIMBAL_THREAD_SANITIZER
  void acquire() {
    __tsan_acquire(this);
  }
  void release() {
    __tsan_release(this);
  }
#else
  void acquire() {}
  void release() {}
#endif
};

// The extent of the call (caller), or of a task.
struct CallScope {
  explicit CallScope(TaskOrder& o) : order(o) { order.release(); }
  ~CallScope() { order.acquire(); }
  TaskOrder& order;
};
struct TaskScope {
  explicit TaskScope(TaskOrder& o) : order(o) { order.acquire(); }
  ~TaskScope() { order.release(); }
  TaskOrder& order;
};

}  // namespace

void parallel_for(int count, const std::function<void(int)>& body) {
  if (count <= 0) return;
  TaskOrder order;
  const CallScope call(order);
  // Isolated: a thread that waits for an inner loop must not begin another turn of an outer one,
  // whose memory would come on top.
  tbb::this_task_arena::isolate([&] {
    tbb::parallel_for(
        tbb::blocked_range<int>(0, count, 1),
        [&](const tbb::blocked_range<int>& range) {
          const TaskScope task(order);
          for (int i = range.begin(); i < range.end(); ++i) body(i);
        },
        tbb::simple_partitioner());
  });
}

void parallel_blocks(int count, int block, const std::function<void(int, int)>& body) {
  const int blocks = (count + block - 1) / block;
  parallel_for(blocks, [&](int b) { body(b * block, std::min(count, (b + 1) * block)); });
}

void parallel_do(std::initializer_list<std::function<void()>> jobs) {
  parallel_for(static_cast<int>(jobs.size()), [&](int i) { jobs.begin()[i](); });
}

struct Arena::Impl {
  explicit Impl(int threads)
      : limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads)),
        arena(threads) {}
  tbb::global_control limit;
  tbb::task_arena arena;
};

Arena::Arena(int threads) : impl_(std::make_unique<Impl>(std::max(1, threads))) {}
Arena::~Arena() = default;
Arena::Arena(Arena&&) noexcept = default;
Arena& Arena::operator=(Arena&&) noexcept = default;

void Arena::run(const std::function<void()>& f) {
  TaskOrder order;
  const CallScope call(order);
  impl_->arena.execute([&] {
    const TaskScope task(order);
    f();
  });
}

}  // namespace gimbal
