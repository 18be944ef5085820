// SPDX-License-Identifier: GPL-3.0-or-later
// Where tilts see the voxels: the same as project() says, whatever the geometry.
#include "gimbal/core/random.h"
#include "gimbal/recon/series.h"

#include <gtest/gtest.h>

namespace gimbal::recon {
namespace {

Series random_series(std::uint64_t seed, bool deformed) {
  Random random(seed, 0);
  const auto within = [&](double limit) { return limit * (2.0 * random.uniform() - 1.0); };
  Series series;
  series.full_size = {401 + static_cast<int>(seed), 300};
  series.pixel_A = 2.0;
  for (int i = 0; i < 5; ++i)
    series.tilts.push_back({"tilt",
                            {within(8.0),
                             within(70.0),
                             within(180.0),
                             {within(30.0), within(30.0)},
                             1.0 + within(0.02)},
                            40.0 * random.uniform(),
                            {}});
  if (deformed) {
    const auto coefficients = [&] {
      return std::vector<double>{within(0.02), within(0.02), within(2e-5),
                                 within(2e-5), within(2e-5), within(0.02)};
    };
    series.deformation = {30.0, 10.0, coefficients(), {}, coefficients()};
  }
  return series;
}

TEST(Geometry, LinesSeePointsWhereTheProjectionDoes) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Series series = random_series(seed, seed > 5);
    for (const SeriesTilt& tilt : series.tilts) {
      const LineView view = line_view(series, tilt, 7.0);
      for (const Vec3 voxel : {Vec3{0, 0, 0}, Vec3{50, -40, 20}, Vec3{-13.5, 60, -25}}) {
        Vec3 point = (7.0 / series.pixel_A) * voxel;
        if (!series.deformation.empty())
          point = series.deformation.at(point, tilt.pre_exposure_e_A2);
        const Vec2 expected = project(tilt.projection, point, series.full_size);
        EXPECT_LT(length(view.image_px(voxel) - expected), 1e-8);
      }
    }
  }
}

TEST(Geometry, VoxelsLieAtRelionsPixels) {
  // A point at pixel p of a tomogram of w pixels is p - floor(w / 2) from its centre.
  for (const int w : {512, 511, 1001}) {
    const VolumeGrid grid = tomogram_grid(w, w + 2, 300, 1.35, 10.0);
    const double binning = 10.0 / 1.35;
    EXPECT_EQ(grid.nx, static_cast<int>(std::lround(w / binning)));
    EXPECT_NEAR((grid.first.x + 3) * binning, 3 * binning - w / 2, 1e-9);
    EXPECT_NEAR((grid.first.y + 3) * binning, 3 * binning - (w + 2) / 2, 1e-9);
  }
  const VolumeGrid whole = tomogram_grid(512, 480, 240, 5.4, 21.6);
  EXPECT_EQ(whole.nx, 128);
  EXPECT_EQ(whole.nz, 60);
  EXPECT_DOUBLE_EQ(whole.first.x, -64.0);
  EXPECT_DOUBLE_EQ(whole.first.z, -30.0);
}

TEST(Geometry, ShapesOfLines) {
  const VolumeGrid grid = tomogram_grid(400, 400, 200, 1.0, 4.0);
  Series series;
  series.full_size = {400, 400};
  series.tilts.push_back({"tilt", {0.0, 40.0, 85.0, {3.0, 4.0}, 1.01}, 0.0, {}});
  const auto shape = [&] { return line_shape({line_view(series, series.tilts[0], 4.0)}, grid); };
  EXPECT_EQ(shape(), LineShape::straight);
  series.tilts[0].projection.x_tilt_deg = 1.0;
  EXPECT_EQ(shape(), LineShape::shifted);
  series.deformation.z = {0, 0, 1e-4, 0, 1e-4, 0};
  EXPECT_EQ(shape(), LineShape::shifted) << "nothing has happened at dose 0";
  series.tilts[0].pre_exposure_e_A2 = 50.0;
  EXPECT_EQ(shape(), LineShape::curved);
}

TEST(Geometry, ATiltAlongItsOwnAxisIsRefused) {
  Series series;
  series.full_size = {64, 64};
  series.tilts.push_back({"TS_01_003.mrc", {90.0, 0.0, 0.0, {}, 1.0}, 0.0, {}});
  try {
    line_view(series, series.tilts[0], 4.0);
    FAIL() << "no error";
  } catch (const std::exception& error) {
    EXPECT_NE(std::string(error.what()).find("TS_01_003.mrc"), std::string::npos);
  }
}

}  // namespace
}  // namespace gimbal::recon
