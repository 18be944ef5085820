// SPDX-License-Identifier: GPL-3.0-or-later
// Hot and dead pixels, found in the unaligned sum of a movie's gain-corrected frames.
#pragma once

#include "gimbal/core/image.h"

#include <cstdint>
#include <vector>

namespace gimbal {

// Bad pixels, as a byte image: 0 good, else bad. An empty image: none.
using DefectMask = Image<std::uint8_t>;

struct Pixel {
  int x = 0;
  int y = 0;
  friend bool operator==(const Pixel&, const Pixel&) = default;
};

// Scan order: y, then x. A pixel is in one list at most.
struct OutlierPixels {
  std::vector<Pixel> hot;
  std::vector<Pixel> dead;  // not finite ones, too
  // Of the whole sum, as RELION reports them (it calls a pixel hot above mean + 6 deviations).
  double mean = 0.0;
  double deviation = 0.0;
  double hot_threshold = 0.0;
  // Counting noise: variance / mean, the value that one electron adds. 0: not counting data.
  double counts_scale = 0.0;
};

// Pixels that cannot be right: far above or below what counting noise allows around their own
// neighbourhood, so that beads, edges and illumination are left alone; and columns and rows (over
// segments of 128 px) that are, as a whole. Masked pixels are neither judged nor used. Works from
// 0.1 to any number of counts per pixel; where single dead pixels cannot be told from chance
// (below about 18 counts), only dead columns and rows are found. See docs/methods.md, "Detector".
OutlierPixels find_outliers(View<const float> sum, const DefectMask& mask);

// Adds pixels to a mask, which gets the given size when it is empty.
void add_to_mask(DefectMask& mask, Size2 size, const std::vector<Pixel>& pixels);

}  // namespace gimbal
