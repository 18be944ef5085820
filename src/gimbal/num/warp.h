// SPDX-License-Identifier: GPL-3.0-or-later
// Resampling of an image under a displacement that varies slowly: windowed-sinc interpolation of 10
// taps, first along y, then along x, in blocks of 16 pixels whose weights change linearly.
// Within 1.5 % up to 0.6 of the Nyquist frequency for displacements that change by less than a
// pixel in 100.
#pragma once

#include "gimbal/core/image.h"

#include <array>
#include <vector>

namespace gimbal {

// A displacement in px, quadratic in the position: terms 1, u, u^2, v, v^2, u v with u = x / nx -
// 0.5.
struct QuadraticDisplacement {
  std::array<double, 6> x{}, y{};
};

// Kaiser-windowed sinc weights for fractions of a pixel.
class SincTable {
 public:
  static constexpr int taps = 10;
  static constexpr int steps = 1024;  // per px
  SincTable();
  // Weights of the taps at offsets -4 .. 5 from a base pixel, for the value `fraction` px after it;
  // -0.25 <= fraction <= 1.25.
  const float* weights(double fraction) const;

 private:
  std::vector<float> table_;
};

// out(x, i) = image(x - dx(x, y), y - dy(x, y)) with y = first_y + i, for all rows of `out`, which
// are as long as the image's; outside the image its edge goes on. The rows of `image` must be
// padded to a multiple of 16 pixels, as those of an Image are.
void warp_rows(View<const float> image, const QuadraticDisplacement& displacement,
               const SincTable& table, int first_y, View<float> out);

}  // namespace gimbal
