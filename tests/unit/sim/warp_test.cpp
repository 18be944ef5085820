// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/warp.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace gimbal::sim {
namespace {

// A sum of waves of up to 0.4 cycles per pixel, at any real position.
double waves(double x, double y) {
  return std::sin(2.0 * std::numbers::pi * (0.31 * x + 0.07 * y)) +
         0.5 * std::cos(2.0 * std::numbers::pi * (-0.12 * x + 0.33 * y) + 0.4) +
         std::sin(0.2 * x - 0.1 * y);
}

TEST(Warp, GivesTheValueOfThePointThatArrived) {
  Image<float> image(300, 260);
  for (int y = 0; y < image.ny(); ++y)
    for (int x = 0; x < image.nx(); ++x) image(x, y) = static_cast<float>(waves(x, y));
  const auto displacement = [](double x, double y) {
    const double u = x / 200.0 - 0.5, v = y / 160.0 - 0.5;
    return Vec2{2.3 + 3.0 * u - 2.0 * v * v + u * v, -1.7 + 4.0 * v + 2.5 * u * u};
  };
  Image<float> out(200, 160);
  warp(image, 50, 50, displacement, out);
  double worst = 0.0;
  for (int y = 0; y < out.ny(); ++y)
    for (int x = 0; x < out.nx(); ++x) {
      const Vec2 d = arrived_displacement(displacement, x, y);
      worst = std::max(
          worst, std::abs(static_cast<double>(out(x, y)) - waves(50.0 + x - d.x, 50.0 + y - d.y)));
    }
  EXPECT_LT(worst, 0.006);  // of waves with an amplitude of 2.5
}

TEST(Warp, LeavesAnUnmovedImageAsItIs) {
  Image<float> image(9, 7), out(5, 3);
  for (int y = 0; y < image.ny(); ++y)
    for (int x = 0; x < image.nx(); ++x) image(x, y) = static_cast<float>(x * x + 10 * y);
  warp(
      image, 2, 2, [](double, double) { return Vec2{}; }, out);
  for (int y = 0; y < out.ny(); ++y)
    for (int x = 0; x < out.nx(); ++x) EXPECT_NEAR(out(x, y), image(x + 2, y + 2), 1e-4);
}

TEST(Warp, FindsWhereAPointCameFrom) {
  const auto displacement = [](double x, double y) { return Vec2{0.05 * x, -0.04 * y + 0.01 * x}; };
  const Vec2 d = arrived_displacement(displacement, 105.0, 97.0);
  EXPECT_NEAR(d.x, 5.0, 1e-4);
  EXPECT_NEAR(d.y, displacement(100.0, 97.0 - d.y).y, 1e-4);
}

}  // namespace
}  // namespace gimbal::sim
