// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/recon/slices.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal::recon {
namespace {

float value_at(int x, int y, int z) {
  return static_cast<float>(x % 97 + 100 * y + 10000 * (z % 7));
}

Slices collected(const VolumeGrid& grid, int most_px) {
  SliceCollector collector(grid, most_px);
  for (int z = 0; z < grid.nz; ++z)
    for (int first = 0; first < grid.ny; first += 16) {
      Image<float> rows(grid.nx, std::min(16, grid.ny - first));
      for (int y = 0; y < rows.ny(); ++y)
        for (int x = 0; x < grid.nx; ++x) rows(x, y) = value_at(x, first + y, z);
      collector.take(z, first, rows);
    }
  return collector.slices();
}

// Voxels of 40 A: a slice is one voxel thick.
TEST(Slices, ShowTheCentre) {
  const VolumeGrid grid{21, 35, 10, 40.0, {}};
  const Slices slices = collected(grid, SliceCollector::never_binned);
  ASSERT_EQ(slices.xy.size(), (Size2{21, 35}));
  ASSERT_EQ(slices.xz.size(), (Size2{21, 10}));
  ASSERT_EQ(slices.yz.size(), (Size2{10, 35}));
  EXPECT_EQ(slices.xy(7, 30), value_at(7, 30, 5));
  EXPECT_EQ(slices.xz(7, 3), value_at(7, 17, 3));
  EXPECT_EQ(slices.yz(3, 34), value_at(10, 34, 3));
  EXPECT_EQ(slices.voxel_A, 40.0);
}

TEST(Slices, LargeOnesAreMeansOfTheirVoxels) {
  const VolumeGrid grid{150, 35, 10, 40.0, {}};
  const Slices whole = collected(grid, SliceCollector::never_binned);
  const Slices small = collected(grid, 50);
  EXPECT_EQ(small.voxel_A, 160.0);
  const auto check = [](const Image<float>& fine, const Image<float>& coarse) {
    ASSERT_EQ(coarse.size(), (Size2{fine.nx() / 4, fine.ny() / 4}));
    for (int y = 0; y < coarse.ny(); ++y)
      for (int x = 0; x < coarse.nx(); ++x) {
        double sum = 0.0;
        for (int i = 0; i < 16; ++i) sum += static_cast<double>(fine(4 * x + i % 4, 4 * y + i / 4));
        EXPECT_NEAR(coarse(x, y), sum / 16.0, 0.01) << x << ' ' << y;
      }
  };
  check(whole.xy, small.xy);
  check(whole.xz, small.xz);
  check(whole.yz, small.yz);
}

}  // namespace
}  // namespace gimbal::recon
