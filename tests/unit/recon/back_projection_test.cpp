// SPDX-License-Identifier: GPL-3.0-or-later
// Volumes of known content: without weights, a voxel is the mean of what the images show where the
// projection sees it.
#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/recon/reconstruct.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal::recon {
namespace {

// Smooth enough for voxels of 3 px, and asymmetric: three blobs of different heights.
double picture(double x, double y) {
  const auto blob = [&](double cx, double cy, double height) {
    const double r2 = (x - cx) * (x - cx) + (y - cy) * (y - cy);
    return height * std::exp(-r2 / (2.0 * 36.0));
  };
  return blob(40.0, 36.0, 1.0) + blob(62.0, 45.0, 0.5) + blob(48.0, 66.0, -0.7);
}

struct Case {
  Size2 size{97, 104};
  Series series;
  Request request;
  ReconOptions options;
  std::vector<Image<float>> images;
  std::vector<double> means;
};

// Tilts that see different pictures: the first one times 1, 2, 3, ...
Case make_case(Size2 size, const std::vector<Projection>& projections) {
  Case c;
  c.size = size;
  c.series.full_size = size;
  c.series.pixel_A = 2.0;
  for (std::size_t i = 0; i < projections.size(); ++i) {
    c.series.tilts.push_back({"tilt", projections[i], 3.0 * static_cast<double>(i), std::nullopt});
    auto& image = c.images.emplace_back(size.nx, size.ny);
    double mean = 0.0;
    for (int y = 0; y < size.ny; ++y)
      for (int x = 0; x < size.nx; ++x) {
        image(x, y) = static_cast<float>(10.0 + (1.0 + static_cast<double>(i)) * picture(x, y));
        mean += static_cast<double>(image(x, y));
      }
    c.means.push_back(mean / static_cast<double>(image.count()));
  }
  c.request.grid = tomogram_grid(size.nx - 6, size.ny + 9, 60, 2.0, 6.0);
  c.request.scale = 1.0;
  c.options.filter = "none";
  c.options.no_dose_weighting = true;
  return c;
}

std::vector<Image<float>> run(const Case& c) {
  const VolumeGrid& grid = c.request.grid;
  std::vector<Image<float>> planes;
  for (int z = 0; z < grid.nz; ++z) planes.emplace_back(grid.nx, grid.ny);
  reconstruct(
      c.series, c.request, c.options,
      [&](int tilt) { return c.images[static_cast<std::size_t>(tilt)].clone(); },
      [&](int z, int first_y, View<const float> rows) {
        for (int y = 0; y < rows.ny(); ++y)
          std::copy_n(rows.row(y), rows.nx(), planes[static_cast<std::size_t>(z)].row(first_y + y));
      });
  return planes;
}

// Largest difference from the formula, away from the rims of the images.
double worst_error(const Case& c) {
  const auto planes = run(c);
  const VolumeGrid& grid = c.request.grid;
  const double voxel_px = grid.voxel_A / c.series.pixel_A, margin = 12.0;
  double worst = 0.0;
  int n = 0;
  for (int z = 0; z < grid.nz; ++z)
    for (int y = 0; y < grid.ny; ++y)
      for (int x = 0; x < grid.nx; ++x) {
        const Vec3 voxel = voxel_px * (grid.first + Vec3{1.0 * x, 1.0 * y, 1.0 * z});
        double expected = 0.0;
        bool inside = true;
        for (std::size_t i = 0; i < c.images.size(); ++i) {
          const SeriesTilt& tilt = c.series.tilts[i];
          const Vec3 moved = c.series.deformation.empty()
                                 ? voxel
                                 : c.series.deformation.at(voxel, tilt.pre_exposure_e_A2);
          const Vec2 p = project(tilt.projection, moved, c.size);
          inside &=
              p.x > margin && p.y > margin && p.x < c.size.nx - margin && p.y < c.size.ny - margin;
          const double factor = 1.0 + static_cast<double>(i);
          expected += (10.0 + factor * picture(p.x, p.y) - c.means[i]) / c.means[i];
        }
        if (!inside) continue;
        const float found = planes[static_cast<std::size_t>(z)](x, y);
        worst = std::max(worst, std::abs(found - expected / static_cast<double>(c.images.size())));
        ++n;
      }
  EXPECT_GT(n, 500);
  return worst;
}

std::vector<Projection> tilted(double x_tilt_deg, double z_rot_deg, double magnification) {
  return {{x_tilt_deg, -50.0, z_rot_deg, {1.5, -2.25}, magnification},
          {x_tilt_deg, 3.0, z_rot_deg + 0.3, {-0.5, 3.0}, 1.0},
          {x_tilt_deg, 41.0, z_rot_deg - 0.2, {2.0, 0.75}, 1.0 / magnification}};
}

constexpr double fine = 0.004;  // of blobs with a contrast of 0.1 to 0.3

TEST(BackProjection, SeesWhatTheProjectionSaysInAnyDirection) {
  for (const Size2 size : {Size2{97, 104}, Size2{104, 97}, Size2{100, 102}, Size2{99, 101}})
    for (const double z_rot_deg : {0.0, 85.0, -95.0, 37.0})
      EXPECT_LT(worst_error(make_case(size, tilted(0.0, z_rot_deg, 1.0))), fine)
          << size.nx << ' ' << z_rot_deg;
}

TEST(BackProjection, FollowsXTiltAndMagnification) {
  EXPECT_LT(worst_error(make_case({97, 104}, tilted(6.0, 85.0, 1.03))), fine);
  EXPECT_LT(worst_error(make_case({104, 97}, tilted(-3.0, -4.0, 0.98))), fine);
}

TEST(BackProjection, FollowsTheDeformation) {
  for (const double x_tilt_deg : {0.0, 4.0}) {
    auto c = make_case({98, 103}, tilted(x_tilt_deg, 85.0, 1.0));
    c.series.deformation = {3.0,
                            0.0,
                            {0.01, 0.02, 2e-3, -1e-3, 1e-3, 0.01},
                            {},
                            {0.03, -0.02, 4e-3, 2e-3, 3e-3, -0.03}};
    EXPECT_LT(worst_error(c), 2.0 * fine);
    c.series.deformation = {};
    const auto plain = run(c);
    EXPECT_GT(worst_error(c), 0.0);
  }
}

TEST(BackProjection, AnyPixelSizeAndBinnedImages) {
  auto c = make_case({97, 104}, tilted(0.0, 85.0, 1.0));
  c.request.grid = tomogram_grid(91, 104, 55, 2.0, 5.13);
  EXPECT_LT(worst_error(c), fine);
}

TEST(BackProjection, OneVoxelThickSlicesAreSlicesOfTheVolume) {
  auto c = make_case({97, 104}, tilted(2.0, 85.0, 1.0));
  c.options.filter = "ramp";
  c.request.filter_thickness_A = 120.0;
  const auto planes = run(c);
  const VolumeGrid whole = c.request.grid;
  c.request.grid.nx = 1;
  c.request.grid.first.x += 9;
  const auto slice = run(c);
  for (int z = 0; z < whole.nz; ++z)
    for (int y = 0; y < whole.ny; ++y)
      EXPECT_NEAR(slice[static_cast<std::size_t>(z)](0, y),
                  planes[static_cast<std::size_t>(z)](9, y), 1e-3);
}

TEST(BackProjection, PiecesAndThreadsGiveTheSameBits) {
  auto c = make_case({120, 260}, tilted(1.0, 2.0, 1.0));
  c.request.grid = tomogram_grid(100, 250, 40, 2.0, 2.0);
  c.options.filter = "ramp";
  const auto whole = run(c);
  std::vector<Image<float>> threads;
  Arena(3).run([&] { threads = run(c); });
  c.request.memory_bytes = 1.0;  // 16 rows at a time
  const auto pieces = run(c);
  for (std::size_t z = 0; z < whole.size(); ++z)
    for (int y = 0; y < whole[z].ny(); ++y)
      for (int x = 0; x < whole[z].nx(); ++x) {
        ASSERT_EQ(whole[z](x, y), threads[z](x, y));
        ASSERT_NEAR(whole[z](x, y), pieces[z](x, y), 2e-4) << x << ' ' << y << ' ' << z;
      }
}

TEST(BackProjection, WhatDoesNotFitIsRefusedWithItsName) {
  auto c = make_case({97, 104}, tilted(0.0, 85.0, 1.0));
  c.series.tilts[1].key = "TS_01_002.mrc";
  const auto message = [&]() -> std::string {
    try {
      run(c);
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  };
  c.images[1](5, 6) = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(message().find("NaN"), std::string::npos) << message();
  EXPECT_NE(message().find("TS_01_002.mrc"), std::string::npos) << message();
  c.images[1] = Image<float>(96, 104);
  EXPECT_NE(message().find("96 x 104 px, but 97 x 104"), std::string::npos) << message();
  c.series.tilts.clear();
  EXPECT_NE(message().find("no tilt"), std::string::npos) << message();
}

TEST(BackProjection, ConstantImagesGiveZeros) {
  auto c = make_case({64, 64}, tilted(0.0, 85.0, 1.0));
  c.request.scale = 0.0;
  for (auto& image : c.images) image.fill(0.0F);
  for (const auto& plane : run(c))
    for (int y = 0; y < plane.ny(); ++y)
      for (int x = 0; x < plane.nx(); ++x) ASSERT_EQ(plane(x, y), 0.0F);
}

}  // namespace
}  // namespace gimbal::recon
