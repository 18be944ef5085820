// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/image.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <mutex>
#include <new>

namespace gimbal::detail {
namespace {

constexpr std::size_t page = 4096, huge_page = std::size_t{2} << 20U, line = 64;
constexpr std::size_t pooled_from = std::size_t{256} << 10U, most_bytes = std::size_t{1} << 60U;

constexpr std::size_t rounded_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

// Steps of a thirty-second, so that images and transforms of one frame size can take each other's
// place.
std::size_t pooled_size(std::size_t bytes) {
  std::size_t unit = page;
  while (unit < bytes / 64) unit *= 2;
  return rounded_up(bytes, unit);
}

// The system clears every page that it hands out, which takes a tenth of the time of a movie whose
// images come and go. So the memory of freed images waits here for the next ones, is cut to their
// sizes, and joined again. Where no piece is long enough, as much is given back as has to be
// fetched: the memory at its peak is what it would be.
class Pool {
 public:
  static Pool& instance() {
    static Pool pool;
    return pool;
  }
  ~Pool() { give_back(free_bytes_); }

  void* take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    auto best = free_.end();
    for (auto piece = free_.begin(); piece != free_.end(); ++piece)
      if (piece->second >= bytes && (best == free_.end() || piece->second < best->second))
        best = piece;
    if (best == free_.end()) {
      give_back(rounded_up(bytes, huge_page));
      best = fetch(rounded_up(bytes, huge_page));
    }
    std::byte* block = best->first;
    const std::size_t rest = best->second - bytes;
    free_.erase(best);
    if (rest > 0) free_.emplace(block + bytes, rest);
    free_bytes_ -= bytes;
    return block;
  }

  void put(void* block, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    add(static_cast<std::byte*>(block), bytes);
    if (free_bytes_ > most_kept_bytes) give_back(free_bytes_ - most_kept_bytes);
  }

 private:
  static constexpr std::size_t most_kept_bytes = std::size_t{384} << 20U;
  using Pieces = std::map<std::byte*, std::size_t>;  // bytes by address

  Pieces::iterator add(std::byte* at, std::size_t bytes) {
    free_bytes_ += bytes;
    auto piece = free_.emplace(at, bytes).first;
    const auto join = [&](Pieces::iterator first, Pieces::iterator second) {
      if (first->first + first->second != second->first) return second;
      first->second += second->second;
      free_.erase(second);
      return first;
    };
    if (const auto next = std::next(piece); next != free_.end()) join(piece, next);
    return piece == free_.begin() ? piece : join(std::prev(piece), piece);
  }

  // Large pages are asked for: transposing would otherwise miss the page table at every step. The
  // system puts new memory below what it gave before; so at the end of it, pieces join.
  Pieces::iterator fetch(std::size_t bytes) {
    const std::size_t room = bytes + huge_page;
    void* mapped =
        ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
    auto* first = static_cast<std::byte*>(mapped);
    const std::size_t after = address(first) % huge_page, before = huge_page - after;
    ::munmap(first, before);
    if (after > 0) ::munmap(first + before + bytes, after);
    ::madvise(first + before, bytes, MADV_HUGEPAGE);  // a wish: failing does no harm
    return add(first + before, bytes);
  }

  // At least `wanted` bytes of whole large pages, as far as there are so many.
  void give_back(std::size_t wanted) {
    for (auto piece = free_.begin(); piece != free_.end() && wanted > 0;) {
      const auto [at, bytes] = *piece++;
      const std::size_t before = rounded_up(address(at), huge_page) - address(at);
      if (bytes < before + huge_page) continue;
      const std::size_t most = (bytes - before) / huge_page * huge_page;
      const std::size_t given = std::min(most, rounded_up(wanted, huge_page));
      ::munmap(at + before, given);
      free_bytes_ -= given;
      wanted -= std::min(wanted, given);
      free_.erase(at);
      if (before > 0) free_.emplace(at, before);
      if (const std::size_t rest = bytes - before - given; rest > 0)
        free_.emplace(at + before + given, rest);
    }
  }

  static std::uintptr_t address(const std::byte* at) {
    return reinterpret_cast<std::uintptr_t>(at);
  }

  std::mutex mutex_;
  Pieces free_;
  std::size_t free_bytes_ = 0;
};

#ifdef GIMBAL_SANITIZED
constexpr bool pooled = false;  // so that use after free is seen
#else
constexpr bool pooled = true;
#endif

}  // namespace

void* allocate_pixels(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  if (bytes > most_bytes) throw std::bad_alloc();
  if (pooled && bytes >= pooled_from) return Pool::instance().take(pooled_size(bytes));
  void* pixels = std::aligned_alloc(line, rounded_up(bytes, line));
  if (pixels == nullptr) throw std::bad_alloc();
  return pixels;
}

void free_pixels(void* pixels, std::size_t bytes) {
  if (pooled && bytes >= pooled_from)
    Pool::instance().put(pixels, pooled_size(bytes));
  else
    std::free(pixels);
}

}  // namespace gimbal::detail
