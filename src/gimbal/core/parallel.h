// SPDX-License-Identifier: GPL-3.0-or-later
// Threads: an Arena limits how many work (the option --j); parallel_for shares out the indices.
// Nothing here may change a result: bodies write to places of their own, and reductions are done by
// the caller over fixed blocks, in order.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>

namespace gimbal {

// Calls body(i) for i in [0, count), possibly in parallel within the current Arena.
// The first exception that leaves a body is rethrown after all have ended.
void parallel_for(int count, const std::function<void(int)>& body);

// Calls body(begin, end) for consecutive blocks of at most `block` indices of [0, count).
void parallel_blocks(int count, int block, const std::function<void(int, int)>& body);

// Calls each of these, which have nothing to do with each other; exceptions as above.
void parallel_do(std::initializer_list<std::function<void()>> jobs);

// At most `threads` threads (>= 1) work inside run(), the calling one included.
class Arena {
 public:
  explicit Arena(int threads);
  ~Arena();
  Arena(Arena&&) noexcept;
  Arena& operator=(Arena&&) noexcept;
  void run(const std::function<void()>& f);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gimbal
