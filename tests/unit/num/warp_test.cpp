// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/num/warp.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace gimbal {
namespace {

// A wave of 0.3 cycles per px along x (0.6 of Nyquist) and 0.2 along y.
double wave(double x, double y) {
  return std::cos(2.0 * std::numbers::pi * (0.3 * x + 0.2 * y));
}

Image<float> wave_image(int nx, int ny) {
  Image<float> image(nx, ny);
  for (int y = 0; y < ny; ++y)
    for (int x = 0; x < nx; ++x) image(x, y) = static_cast<float>(wave(x, y));
  return image;
}

TEST(Warp, NoDisplacementChangesNothing) {
  for (const int nx : {1, 5, 16, 37}) {
    const auto image = wave_image(nx, 9);
    Image<float> out(nx, 9);
    warp_rows(image, {}, SincTable(), 0, out);
    for (int y = 0; y < 9; ++y)
      for (int x = 0; x < nx; ++x) EXPECT_NEAR(out(x, y), image(x, y), 1e-6F) << x << ' ' << y;
  }
}

TEST(Warp, FollowsASlowlyVaryingDisplacementClosely) {
  const int nx = 303, ny = 200;
  const auto image = wave_image(nx, ny);
  QuadraticDisplacement d;
  d.x = {2.3, 1.5, -2.0, 0.7, 1.0, -0.5};
  d.y = {-1.6, 0.8, 1.0, -1.2, 0.5, 0.9};
  Image<float> out(nx, 6);
  const auto at = [](const std::array<double, 6>& c, double u, double v) {
    return c[0] + c[1] * u + c[2] * u * u + c[3] * v + c[4] * v * v + c[5] * u * v;
  };
  for (const int first_y : {20, 101, 180}) {
    warp_rows(image, d, SincTable(), first_y, out);
    for (int i = 0; i < out.ny(); ++i)
      for (int x = 12; x < nx - 12; ++x) {
        const int y = first_y + i;
        const double u = static_cast<double>(x) / nx - 0.5, v = static_cast<double>(y) / ny - 0.5;
        EXPECT_NEAR(out(x, i), wave(x - at(d.x, u, v), y - at(d.y, u, v)), 0.015) << x << ' ' << y;
      }
  }
}

TEST(Warp, WeightsOfAllFractionsAddUpToOne) {
  const SincTable table;
  for (double fraction = -0.25; fraction <= 1.25; fraction += 0.01) {
    double sum = 0.0;
    for (int t = 0; t < SincTable::taps; ++t)
      sum += static_cast<double>(table.weights(fraction)[t]);
    EXPECT_NEAR(sum, 1.0, 1e-6) << fraction;
  }
}

}  // namespace
}  // namespace gimbal
