// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/image.h"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace gimbal::detail {

// Large images ask for large pages: transposing would otherwise miss the page table at every step.
void* allocate_pixels(std::size_t bytes) {
  constexpr std::size_t huge_page = std::size_t{2} << 20U, line = 64;
  const bool large = bytes >= 2 * huge_page;
  const std::size_t unit = large ? huge_page : line;
  const std::size_t rounded = (bytes + unit - 1) / unit * unit;
  if (rounded == 0) return nullptr;
  void* pixels = std::aligned_alloc(unit, rounded);
  if (pixels == nullptr || rounded < bytes) throw std::bad_alloc();
  if (large) ::madvise(pixels, rounded, MADV_HUGEPAGE);  // a wish: failing does no harm
  return pixels;
}

void free_pixels(void* pixels) {
  std::free(pixels);
}

}  // namespace gimbal::detail
