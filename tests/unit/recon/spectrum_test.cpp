// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels and the working image: what comes out of a wave that goes in.
#include "gimbal/recon/kernels.h"
#include "gimbal/recon/tilt_spectrum.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace gimbal::recon {
namespace {

constexpr double turn = 2.0 * std::numbers::pi;

TEST(Kernels, LinesKeepWavesUpToTheirBand) {
  double worst = 0.0, squares = 0.0;
  int n = 0;
  for (double f = 0.0; f <= 0.25; f += 0.01)
    for (double x = 0.0; x < 40.0; x += 0.37, ++n) {
      const int centre = static_cast<int>(std::lround(x));
      double value = 0.0;
      for (int i = centre - 1; i <= centre + 1; ++i)
        value += LineKernel::at(x - i) * std::cos(turn * f * i + 0.3) / LineKernel::transform(f);
      const double error = value - std::cos(turn * f * x + 0.3);
      worst = std::max(worst, std::abs(error));
      squares += error * error;
    }
  EXPECT_LT(worst, 0.015);
  EXPECT_LT(std::sqrt(squares / n), 0.004);
}

TEST(Kernels, ImagesKeepWavesUpToTheirBand) {
  const ImageKernel kernel;
  double worst = 0.0;
  for (double f = 0.0; f <= 0.5 / ImageKernel::oversampling; f += 0.02)
    for (double x = 3.0; x < 20.0; x += 0.37) {
      const int first = static_cast<int>(x) - 1;
      const float* weights = kernel.weights(x - std::floor(x));
      double value = 0.0;
      for (int tap = 0; tap < ImageKernel::taps; ++tap)
        value += static_cast<double>(weights[tap]) * std::cos(turn * f * (first + tap) + 0.3);
      worst = std::max(worst,
                       std::abs(value / ImageKernel::transform(f) - std::cos(turn * f * x + 0.3)));
    }
  EXPECT_LT(worst, 0.006);
}

// A blob that is narrow enough to fade well before the image's ends, and wide enough for the band.
double blob(double x, double y) {
  return std::exp(-((x - 30.3) * (x - 30.3) + (y - 22.8) * (y - 22.8)) / (2.0 * 25.0));
}

TEST(WorkingImage, KeepsPlacesAndValues) {
  for (const Size2 size : {Size2{64, 48}, Size2{65, 51}}) {
    for (const double voxel_px : {1.0, 2.5, 4.0}) {
      Image<float> image(size.nx, size.ny);
      for (int y = 0; y < size.ny; ++y)
        for (int x = 0; x < size.nx; ++x) image(x, y) = static_cast<float>(blob(x, y));
      const WorkingGrid grid = working_grid(size, voxel_px);
      const auto spectrum = low_spectrum(image.clone(), grid);
      const auto working = working_image(
          spectrum, grid, whole_window(grid),
          [&](int, float* weights) { std::fill(weights, weights + 2 * grid.rows + 1, 1.0F); });
      ASSERT_EQ(working.nx(), grid.working.nx + 2 * rim);
      for (int y = 0; y < grid.working.ny; ++y)
        for (int x = 0; x < grid.working.nx; ++x) {
          const double px = static_cast<double>(x) * grid.padded.nx / grid.working.nx;
          const double py = static_cast<double>(y) * grid.padded.ny / grid.working.ny;
          EXPECT_NEAR(working(x + rim, y + rim), blob(px, py), 0.002) << x << ' ' << y;
        }
      // Its rim goes on periodically.
      EXPECT_EQ(working(0, rim + 3), working(grid.working.nx, rim + 3));
      EXPECT_EQ(working(rim + 5, rim + grid.working.ny), working(rim + 5, rim));
      // A part of it is the same, at the image's ends, too.
      for (const Window& part : {Window{3, 2, 5, 4}, Window{grid.working.nx - 2, 0, 2, 1}}) {
        const auto cut = working_image(spectrum, grid, part, [&](int, float* weights) {
          std::fill(weights, weights + 2 * grid.rows + 1, 1.0F);
        });
        ASSERT_EQ(cut.size(), (Size2{part.nx + 2 * rim, part.ny + 2 * rim}));
        for (int y = 0; y < cut.ny(); ++y)
          for (int x = 0; x < cut.nx(); ++x)
            EXPECT_EQ(cut(x, y), working(x + part.x0, y + part.y0)) << x << ' ' << y;
      }
    }
  }
}

TEST(WorkingImage, TinyImagesAreNoProblem) {
  for (const Size2 size : {Size2{1, 1}, Size2{1, 7}, Size2{3, 2}}) {
    Image<float> image(size.nx, size.ny);
    for (int y = 0; y < size.ny; ++y)
      for (int x = 0; x < size.nx; ++x) image(x, y) = 2.0F;
    const WorkingGrid grid = working_grid(size, 3.0);
    const auto working = working_image(
        low_spectrum(image.clone(), grid), grid, whole_window(grid),
        [&](int, float* weights) { std::fill(weights, weights + 2 * grid.rows + 1, 1.0F); });
    for (int y = 0; y < working.ny(); ++y)
      for (int x = 0; x < working.nx(); ++x) EXPECT_TRUE(std::isfinite(working(x, y)));
  }
}

}  // namespace
}  // namespace gimbal::recon
