// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/level.h"

#include "gimbal/core/random.h"

#include <gtest/gtest.h>

namespace gimbal {
namespace {

// A slab 200 px thick, turned by Ry(y) Rx(x) and moved up by 30 px, seen in some tilts.
Alignment slab_of(int n, double x_deg, double y_deg, bool on_surfaces, std::uint64_t seed) {
  Random random(seed);
  Alignment alignment;
  alignment.size = {1000, 800};
  for (int i = 0; i < 7; ++i) {
    AlignedTilt tilt;
    tilt.nominal_tilt_deg = 20.0 * (i - 3);
    tilt.pre_exposure_e_A2 = 10.0 * i;
    tilt.projection = {0.3, tilt.nominal_tilt_deg, 84.0 + 0.1 * i, {3.0 * i, -2.0}, 1.001};
    alignment.tilts.push_back(tilt);
  }
  for (int i = 0; i < n; ++i) {
    Track track;
    const double x = 800.0 * (random.uniform() - 0.5), y = 800.0 * (random.uniform() - 0.5);
    double z = 200.0 * (random.uniform() - 0.5);
    if (on_surfaces) z = (z < 0.0 ? -100.0 : 100.0) + 3.0 * random.normal();
    track.point_px = rotation_y(y_deg) * (rotation_x(x_deg) * Vec3{x, y, z}) + Vec3{0, 0, 30.0};
    for (int t = 0; t < 7; ++t) {
      Observation o;
      o.tilt = t;
      track.observations.push_back(o);
    }
    alignment.tracks.push_back(track);
  }
  return alignment;
}

TEST(Level, TwoSurfacesGiveTheOffsetAndTheThickness) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto slab = tilt::find_slab(slab_of(12, 3.0, -7.0, true, seed));
    if (slab.n_surfaces != 2) continue;  // fewer than 3 on one of them
    EXPECT_TRUE(slab.is_known) << seed;
    EXPECT_LT(slab.about_x_error_deg, 0.5) << seed;  // 3 px over 230 px rms, 12 points: 0.22
    EXPECT_NEAR(slab.about_x_deg, 3.0, 4.0 * slab.about_x_error_deg) << seed;
    EXPECT_NEAR(slab.about_y_deg, -7.0, 4.0 * slab.about_y_error_deg) << seed;
    EXPECT_NEAR(slab.thickness_px, 203.0, 12.0) << seed;
  }
}

TEST(Level, FewPointsAtAllDepthsAreRefused) {
  int wrong = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const auto slab = tilt::find_slab(slab_of(9, 0.0, 0.0, false, seed));
    if (slab.is_known) ++wrong;
    if (!slab.is_known) {
      EXPECT_FALSE(slab.reason.empty());
    }
  }
  EXPECT_LE(wrong, 1);
}

TEST(Level, ErrorsOfAThickSlabAreHonest) {
  int within = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const auto slab = tilt::find_slab(slab_of(60, 0.0, 4.0, false, seed));
    within += std::abs(slab.about_y_deg - 4.0) < slab.about_y_error_deg;
  }
  EXPECT_NEAR(within, 68, 14);
}

TEST(Level, LevellingMovesNoProjection) {
  auto alignment = slab_of(12, 3.0, -7.0, true, 2);
  for (const bool deforms : {false, true}) {
    if (deforms) alignment.deformation.z = {0.0, 0.0, 0.0, 0.0, 0.0, 0.05};
    const auto slab = tilt::find_slab(alignment);
    const auto level = tilt::levelled(alignment, slab);
    EXPECT_NEAR(*level.y_offset_deg, slab.about_y_deg, 1e-12);
    EXPECT_NEAR(*level.x_offset_deg, slab.about_x_deg, 1e-12);
    for (std::size_t t = 0; t < alignment.tilts.size(); ++t)
      for (std::size_t k = 0; k < alignment.tracks.size(); ++k) {
        const double dose = alignment.tilts[t].pre_exposure_e_A2;
        const auto seen = [&](const Alignment& a) {
          return project(a.tilts[t].projection, a.deformation.at(a.tracks[k].point_px, dose),
                         a.size);
        };
        EXPECT_LT(length(seen(level) - seen(alignment)), 1e-8);
      }
    const auto again = tilt::find_slab(level);
    EXPECT_NEAR(again.about_x_deg, 0.0, 0.01);
    EXPECT_NEAR(again.about_y_deg, 0.0, 0.01);
    EXPECT_NEAR(again.depth_px, 0.0, 0.5);
  }
}

TEST(Level, ErrorsOfAnglesCountFromTheNewCentre) {
  auto alignment = slab_of(12, 0.0, 0.0, true, 2);
  AlignedTilt& tilt = alignment.tilts.front();
  tilt.projection.y_tilt_deg = 60.0;
  tilt.projection.z_rot_deg = 90.0;  // the axis is along x
  tilt.standard_error.shift_px = {0.3, 0.4};
  tilt.standard_error.y_tilt_deg = 0.1;
  tilt.standard_error.z_rot_deg = 0.05;
  tilt::move_centre(alignment, 200.0);
  const double along_px = 200.0 * std::sqrt(0.75) * 0.05 / 57.29577951,
               across_px = 200.0 * 0.5 * 0.1 / 57.29577951;
  EXPECT_NEAR(tilt.standard_error.shift_px.x, std::hypot(0.3, along_px), 1e-9);
  EXPECT_NEAR(tilt.standard_error.shift_px.y, std::hypot(0.4, across_px), 1e-9);
}

}  // namespace
}  // namespace gimbal
