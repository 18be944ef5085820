// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/image.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <vector>

namespace gimbal::detail {
namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20U, line = 64;
constexpr std::size_t kept_from = std::size_t{16} << 20U;  // bytes

// Steps of a sixteenth, so that images and transforms of one frame size can take each other's
// place.
std::size_t rounded_up(std::size_t bytes) {
  std::size_t unit = bytes >= 2 * huge_page ? huge_page : line;
  while (bytes >= kept_from && unit < bytes / 32) unit *= 2;
  return (bytes + unit - 1) / unit * unit;
}

// The system clears every page that it hands out, which takes a tenth of the time of a movie whose
// images come and go. So the last freed blocks wait here for an image of the same size. They are
// given up as soon as one of another size is wanted: the memory at its peak is what it would be.
class BlockCache {
 public:
  static BlockCache& instance() {
    static BlockCache cache;
    return cache;
  }
  ~BlockCache() { release_all(); }

  void* take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(free_.rbegin(), free_.rend(),
                                    [&](const auto& block) { return block.bytes == bytes; });
    if (found == free_.rend()) {
      release_all();
      return nullptr;
    }
    void* pixels = found->pixels;
    free_.erase(std::next(found).base());
    kept_bytes_ -= bytes;
    sizes_[pixels] = bytes;
    return pixels;
  }
  void handed_out(void* pixels, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    sizes_[pixels] = bytes;
  }
  // False: not one of ours.
  bool keep(void* pixels) {
    const std::lock_guard lock(mutex_);
    const auto found = sizes_.find(pixels);
    if (found == sizes_.end()) return false;
    free_.push_back({pixels, found->second});
    sizes_.erase(found);
    kept_bytes_ += free_.back().bytes;
    for (; kept_bytes_ > most_kept_bytes; free_.erase(free_.begin())) {
      std::free(free_.front().pixels);
      kept_bytes_ -= free_.front().bytes;
    }
    return true;
  }

 private:
  static constexpr std::size_t most_kept_bytes = std::size_t{384} << 20U;
  struct Block {
    void* pixels;
    std::size_t bytes;
  };
  void release_all() {
    for (const Block& block : free_) std::free(block.pixels);
    free_.clear();
    kept_bytes_ = 0;
  }
  std::mutex mutex_;
  std::vector<Block> free_;  // oldest first
  std::size_t kept_bytes_ = 0;
  std::map<void*, std::size_t> sizes_;  // of the large blocks in use
};

#ifdef GIMBAL_SANITIZED
constexpr bool reuses_blocks = false;  // so that use after free is seen
#else
constexpr bool reuses_blocks = true;
#endif

}  // namespace

// Large images ask for large pages: transposing would otherwise miss the page table at every step.
void* allocate_pixels(std::size_t bytes) {
  const std::size_t rounded = rounded_up(bytes);
  if (rounded == 0) return nullptr;
  const bool kept = reuses_blocks && rounded >= kept_from;
  if (kept)
    if (void* pixels = BlockCache::instance().take(rounded)) return pixels;
  const bool large = rounded >= 2 * huge_page;
  void* pixels = std::aligned_alloc(large ? huge_page : line, rounded);
  if (pixels == nullptr || rounded < bytes) throw std::bad_alloc();
  if (large) ::madvise(pixels, rounded, MADV_HUGEPAGE);  // a wish: failing does no harm
  if (kept) BlockCache::instance().handed_out(pixels, rounded);
  return pixels;
}

void free_pixels(void* pixels) {
  if (reuses_blocks && pixels != nullptr && BlockCache::instance().keep(pixels)) return;
  std::free(pixels);
}

}  // namespace gimbal::detail
