// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/stack.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace gimbal::tilt {

TEST(Stack, BinningIsTheLargestWholeFactorThatFits) {
  EXPECT_EQ(binning_for(1.35, 5.4), 4);
  EXPECT_EQ(binning_for(1.35, 5.3), 3);
  EXPECT_EQ(binning_for(10.0, 5.4), 1);
}

TEST(Stack, AFineWaveKeepsItsPlaceAndHeight) {
  // A wave of whole periods over the (padded) field: cropping must return it sampled at p *
  // binning.
  constexpr int nx = 96, ny = 60, binning = 3;
  Image<float> image(nx, ny);
  const auto wave = [](double x, double y) {
    return std::cos(2.0 * std::numbers::pi * (5.0 * x / nx - 3.0 * y / ny) + 0.4);
  };
  for (int y = 0; y < ny; ++y)
    for (int x = 0; x < nx; ++x) image(x, y) = static_cast<float>(wave(x, y));
  const Image<float> small = fourier_binned(image, binning);
  ASSERT_EQ(small.size(), (Size2{32, 20}));
  for (int y = 0; y < small.ny(); ++y)
    for (int x = 0; x < small.nx(); ++x)
      EXPECT_NEAR(small(x, y), wave(x * binning, y * binning), 1e-5);
}

TEST(Stack, OddSizesAreContinuedAtTheirUpperEnd) {
  Image<float> image(41, 31);
  image.fill(2.5F);
  const Image<float> small = fourier_binned(image, 4);
  ASSERT_EQ(small.size(), (Size2{11, 8}));
  for (int y = 0; y < small.ny(); ++y)
    for (int x = 0; x < small.nx(); ++x) EXPECT_NEAR(small(x, y), 2.5, 1e-5);
}

}  // namespace gimbal::tilt
