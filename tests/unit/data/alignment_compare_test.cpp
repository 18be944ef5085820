// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/alignment_compare.h"

#include "gimbal/core/error.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal {
namespace {

Alignment sample() {
  Alignment a;
  a.size = {400, 300};
  a.pixel_A = 2.0;
  for (int i = 0; i < 21; ++i) {
    AlignedTilt& tilt = a.tilts.emplace_back();
    tilt.key = "t" + std::to_string(i);
    tilt.nominal_tilt_deg = 6.0 * (i - 10);
    tilt.pre_exposure_e_A2 = 3.0 * std::abs(i - 10);
    tilt.projection.y_tilt_deg = tilt.nominal_tilt_deg + 0.01 * (i % 3);
    tilt.projection.x_tilt_deg = 0.3;
    tilt.projection.z_rot_deg = 84.0 + 0.02 * (i % 5);
    tilt.projection.shift_px = {3.0 * std::sin(i), -2.0 * std::cos(2.0 * i)};
  }
  return a;
}

// The specimen turned by R and moved by d: P' = R P + d. Every projection then has M' = M R^-1 and
// s' = s - M' d.
Projection moved_specimen(const Projection& p, double about_y_deg, Vec3 d) {
  Projection q = p;
  q.y_tilt_deg -= about_y_deg;
  const Mat3 m = rotation_of(q);
  q.shift_px.x -= m(0, 0) * d.x + m(0, 1) * d.y + m(0, 2) * d.z;
  q.shift_px.y -= m(1, 0) * d.x + m(1, 1) * d.y + m(1, 2) * d.z;
  return q;
}

TEST(CompareAlignments, TheSameIsNoDistance) {
  const auto d = compare_alignments(sample(), sample(), 1500.0);
  EXPECT_NEAR(d.mean_A, 0.0, 1e-6);
  EXPECT_NEAR(d.rigid_mean_A, 0.0, 1e-6);
  EXPECT_EQ(d.tilts.size(), 21U);
  EXPECT_TRUE(d.only_first.empty() && d.only_second.empty());
}

TEST(CompareAlignments, GaugeDoesNotCount) {
  const Alignment a = sample();
  Alignment b = a;
  // Without an X tilt, a turn about Y is an offset of the tilt angles.
  Alignment plain = a;
  for (auto* alignment : {&plain, &b})
    for (AlignedTilt& tilt : alignment->tilts) tilt.projection.x_tilt_deg = 0.0;
  for (AlignedTilt& tilt : b.tilts)
    tilt.projection = moved_specimen(tilt.projection, 4.0, {12.0, -7.0, 30.0});
  const auto d = compare_alignments(plain, b, 1500.0);
  EXPECT_NEAR(d.mean_A, 0.0, 1e-5);
  EXPECT_NEAR(d.rigid_mean_A, 0.0, 1e-5);
  EXPECT_NEAR(d.angle_deg, -4.0, 1e-9);
  EXPECT_NEAR(d.axis_deg, 0.0, 1e-9);
}

TEST(CompareAlignments, OneTiltThatIsOffIsSeenWhereItIs) {
  const Alignment a = sample();
  Alignment b = a;
  b.tilts[4].projection.shift_px.y += 5.0;  // 10 A
  const auto d = compare_alignments(a, b, 1500.0);
  const auto& tilt = d.tilts[4];
  EXPECT_EQ(tilt.key, "t4");
  // The points give way a little: one tilt of 21 with a weight of 1/21 of two coordinates.
  EXPECT_NEAR(tilt.mean_A, 10.0, 2.0);
  EXPECT_NEAR(tilt.offset_A.y, -10.0, 2.0);
  EXPECT_NEAR(tilt.offset_A.x, 0.0, 1.0);
  for (std::size_t i = 0; i < d.tilts.size(); ++i) {
    if (i == 4) continue;
    EXPECT_LT(d.tilts[i].mean_A, 2.0) << i;
  }
}

TEST(CompareAlignments, PixelSizesMayDiffer) {
  const Alignment a = sample();
  Alignment b = a;
  b.pixel_A = 4.0;
  b.size = {200, 150};
  for (AlignedTilt& tilt : b.tilts) tilt.projection.shift_px = 0.5 * tilt.projection.shift_px;
  EXPECT_NEAR(compare_alignments(a, b, 1500.0).mean_A, 0.0, 1e-6);
}

TEST(CompareAlignments, DeformationsAreComparedToo) {
  Alignment a = sample();
  a.deformation.z = {0.01, 0.0, 2e-4, 0.0, 1e-4, 0.05};
  Alignment same = a;
  same.pixel_A = 4.0;
  for (AlignedTilt& tilt : same.tilts) tilt.projection.shift_px = 0.5 * tilt.projection.shift_px;
  for (const std::size_t i : {2U, 3U, 4U}) same.deformation.z[i] *= 2.0;
  EXPECT_NEAR(compare_alignments(a, same, 1500.0).mean_A, 0.0, 1e-5);
  EXPECT_GT(compare_alignments(a, sample(), 1500.0).mean_A, 0.5);
}

TEST(CompareAlignments, TiltsAreFoundByTheirKeys) {
  const Alignment a = sample();
  Alignment b = a;
  std::swap(b.tilts[3], b.tilts[17]);
  b.tilts[5].state = TiltState::excluded;
  b.tilts.pop_back();
  const auto d = compare_alignments(a, b, 1500.0);
  EXPECT_NEAR(d.mean_A, 0.0, 1e-6);
  EXPECT_EQ(d.only_first, (std::vector<std::string>{"t20", "t5"}));
  EXPECT_TRUE(d.only_second.empty());
  EXPECT_EQ(d.tilts.size(), 19U);
  for (AlignedTilt& tilt : b.tilts) tilt.key += "x";
  EXPECT_THROW(compare_alignments(a, b, 1500.0), Error);
}

}  // namespace
}  // namespace gimbal
