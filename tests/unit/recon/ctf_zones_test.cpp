// SPDX-License-Identifier: GPL-3.0-or-later
// Lines made zone by zone, beside what flipping the whole image by each zone's defocus gives.
#include "gimbal/recon/ctf_zones.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/random.h"
#include "gimbal/recon/tilt_lines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace gimbal::recon {
namespace {

struct Case {
  Series series;
  Request request;
  ReconOptions options;
  Image<float> image;
};

// White noise, the hardest: nothing of it is where it was after flipping.
Case make_case(Size2 size, double z_rot_deg, double x_tilt_deg) {
  Case c;
  c.series.full_size = size;
  c.series.pixel_A = 3.0;
  c.series.tilts.push_back({"tilt",
                            {x_tilt_deg, 55.0, z_rot_deg, {3.0, -2.0}, 1.0},
                            0.0,
                            Defocus{21000.0, 19000.0, 30.0, 0.0}});
  c.request.grid = tomogram_grid(size.nx, size.ny, 20, 3.0, 3.0);
  c.options.filter = "none";
  c.options.no_dose_weighting = true;
  c.options.ctf = true;
  c.image = Image<float>(size.nx, size.ny);
  Random random(7, 1);
  for (int y = 0; y < size.ny; ++y)
    for (int x = 0; x < size.nx; ++x) c.image(x, y) = 10.0F + static_cast<float>(random.normal());
  return c;
}

LineSet lines_with(const Case& c, const Series& series) {
  const Plan plan = make_plan(series, c.request, c.options);
  return lines_of(plan, 0, c.image.clone(), {0, c.request.grid.ny}).lines;
}

// As it was before blocks: the whole image for each zone.
Series with_one_defocus(const Series& series, double extra_A) {
  Series one = series;
  one.hand = 0.0;
  one.tilts[0].defocus->u_A += extra_A;
  one.tilts[0].defocus->v_A += extra_A;
  return one;
}

struct Sums {
  double product = 0.0, mine = 0.0, other = 0.0;
  double correlation() const { return product / std::sqrt(mine * other); }
};

void compare(const LineSet& a, const LineSet& b, const Zone& zone, Sums& sums) {
  for (int i = 0; i < a.rows.ny(); ++i) {
    const double u = a.first_u + 0.5 * i;
    if (u < zone.from_u || u >= zone.to_u) continue;
    for (int x = 0; x < a.rows.nx(); ++x) {
      const auto p = static_cast<double>(a.rows(x, i)), q = static_cast<double>(b.rows(x, i));
      sums.product += p * q, sums.mine += p * p, sums.other += q * q;
    }
  }
}

// At a zone's outline all of the next block's flips differ, so lines that were cut wrongly
// would correlate by much less.
void expect_blocks_are_as_good(Size2 size, double z_rot_deg, double x_tilt_deg) {
  const Case c = make_case(size, z_rot_deg, x_tilt_deg);
  const LineView view = line_view(c.series, c.series.tilts[0], c.request.grid.voxel_A);
  const auto zones = defocus_zones(c.series, c.series.tilts[0], view, c.request.grid);
  ASSERT_GE(zones.size(), 2u);
  const LineSet lines = lines_with(c, c.series);
  Sums all, neighbour;
  for (std::size_t i = 0; i < zones.size(); ++i) {
    const Series own = with_one_defocus(c.series, zones[i].extra_defocus_A);
    compare(lines, lines_with(c, own), zones[i], all);
    const Series next = with_one_defocus(c.series, zones[i > 0 ? i - 1 : i + 1].extra_defocus_A);
    compare(lines, lines_with(c, next), zones[i], neighbour);
  }
  EXPECT_GT(all.correlation(), 0.98);
  EXPECT_LT(neighbour.correlation(), 0.9);
  EXPECT_NEAR(all.mine / all.other, 1.0, 0.005);
}

TEST(CtfZones, BlocksGiveWhatTheWholeImageGives) {
  expect_blocks_are_as_good({901, 300}, 0.0, 0.0);
}

TEST(CtfZones, InAnyDirection) {
  expect_blocks_are_as_good({410, 903}, 88.0, 0.0);
  expect_blocks_are_as_good({620, 640}, 37.0, 3.0);
}

TEST(CtfZones, ThreadsChangeNothing) {
  const Case c = make_case({400, 310}, 5.0, 2.0);
  LineSet one, three;
  Arena(1).run([&] { one = lines_with(c, c.series); });
  Arena(3).run([&] { three = lines_with(c, c.series); });
  ASSERT_EQ(one.size, three.size);
  for (int y = 0; y < one.rows.ny(); ++y)
    ASSERT_EQ(0, std::memcmp(one.rows.row(y), three.rows.row(y),
                             static_cast<std::size_t>(one.rows.nx()) * sizeof(float)));
}

TEST(CtfZones, CoverTheLinesOnceWhateverTheHeader) {
  Case c = make_case({300, 200}, 5.0, 0.0);
  for (const double hand : {-1.0, 1e12, 0.0})
    for (const double tilt_deg : {0.0, 55.0, 89.999, 90.0}) {
      c.series.hand = hand;
      c.series.tilts[0].projection.y_tilt_deg = tilt_deg;
      const LineView view = line_view(c.series, c.series.tilts[0], c.request.grid.voxel_A);
      const auto zones = defocus_zones(c.series, c.series.tilts[0], view, c.request.grid);
      ASSERT_LE(zones.size(), 256u);
      EXPECT_EQ(zones.front().from_u, -std::numeric_limits<double>::infinity());
      EXPECT_EQ(zones.back().to_u, std::numeric_limits<double>::infinity());
      for (std::size_t i = 1; i < zones.size(); ++i) EXPECT_EQ(zones[i].from_u, zones[i - 1].to_u);
      lines_with(c, c.series);  // and memory does not grow with nonsense
    }
}

// What is beyond 3 A has too little depth in focus to be worth zones of its own.
TEST(CtfZones, FinerVoxelsDoNotNeedMoreZonesThanThreeAngstromDo) {
  const auto count = [](double pixel_A) {
    Series series;
    series.full_size = {static_cast<int>(5000.0 / pixel_A), 100};
    series.pixel_A = pixel_A;
    series.tilts.push_back({"tilt", {0.0, 60.0, 0.0, {}, 1.0}, 0.0, Defocus{2e4, 2e4, 0.0, 0.0}});
    const VolumeGrid grid = tomogram_grid(series.full_size.nx, 100, 1, pixel_A, pixel_A);
    return defocus_zones(series, series.tilts[0], line_view(series, series.tilts[0], pixel_A), grid)
        .size();
  };
  EXPECT_EQ(count(1.5), count(0.675));
  EXPECT_LT(count(4.0), count(1.5) / 4);
  // 2500 A from the centre, 2165 A higher or lower: 14.9 rad at 3 A.
  EXPECT_EQ(count(1.5), 30u);
}

}  // namespace
}  // namespace gimbal::recon
