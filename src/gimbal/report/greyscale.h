// SPDX-License-Identifier: GPL-3.0-or-later
// Values of images as grey levels.
#pragma once

#include "gimbal/core/image.h"

#include <cstdint>
#include <vector>

namespace gimbal {

// The values shown black and white; equal: everything is middle grey.
struct Contrast {
  float black = 0.0F;
  float white = 0.0F;
};

// The finite values of some images, sorted; of large images every n-th pixel, so that a few
// million remain.
std::vector<float> sorted_values(const std::vector<View<const float>>& images);

// Percentiles (as fractions), but not further from the median than `reach` robust deviations.
Contrast contrast_of(const std::vector<float>& sorted, double low, double high, float reach);

// Turned over: the first line of the result is the last row of the image, so that pictures have
// y up. What is not finite is middle grey.
Image<std::uint8_t> grey_levels(View<const float> image, const Contrast& contrast);

}  // namespace gimbal
