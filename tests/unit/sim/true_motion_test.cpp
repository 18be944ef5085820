// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/true_motion.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal::sim {
namespace {

TEST(Drift, StartsAtZeroAndEndsAtTheTotal) {
  for (DriftKind kind : {DriftKind::linear, DriftKind::exponential, DriftKind::jump}) {
    const auto drift = make_drift(kind, 10, {4.0, -2.25}, 5);
    ASSERT_EQ(drift.size(), 10U);
    EXPECT_EQ(drift.front(), Vec2{});
    EXPECT_NEAR(drift.back().x, 4.0, 1e-12);
    EXPECT_NEAR(drift.back().y, -2.25, 1e-12);
  }
  EXPECT_EQ(make_drift(DriftKind::none, 3, {4.0, 1.0}, 5).back(), Vec2{});
  for (DriftKind kind : {DriftKind::jitter, DriftKind::mixed})
    EXPECT_EQ(make_drift(kind, 10, {4.0, 1.0}, 5).front(), Vec2{});
}

TEST(Drift, JumpsBetweenTwoFramesOnly) {
  const auto drift = make_drift(DriftKind::jump, 8, {6.0, 0.0}, 11);
  const double step = 4.0 / 7.0;
  int jumps = 0;
  for (std::size_t i = 1; i < drift.size(); ++i) {
    const double moved = drift[i].x - drift[i - 1].x;
    if (moved > step + 1e-9) {
      EXPECT_NEAR(moved, step + 2.0, 1e-12);
      ++jumps;
    }
  }
  EXPECT_EQ(jumps, 1);
}

TEST(Drift, SurvivesMoviesOfOneAndTwoFrames) {
  for (DriftKind kind : {DriftKind::none, DriftKind::linear, DriftKind::exponential,
                         DriftKind::jitter, DriftKind::jump, DriftKind::mixed})
    for (int n : {1, 2}) {
      const auto drift = make_drift(kind, n, {3.0, 1.0}, 2);
      ASSERT_EQ(drift.size(), static_cast<std::size_t>(n));
      for (Vec2 d : drift) EXPECT_TRUE(std::isfinite(d.x) && std::isfinite(d.y));
    }
}

double rms(const LocalDisplacement& local, Size2 size, int frame) {
  double squares = 0.0;
  constexpr int n = 50;
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < n; ++i) {
      const Vec2 d = local((i + 0.5) * size.nx / n, (j + 0.5) * size.ny / n, frame);
      squares += d.x * d.x + d.y * d.y;
    }
  return std::sqrt(squares / (n * n));
}

TEST(LocalMotion, HasTheRmsAskedForAndNoneAtFirst) {
  const Size2 size{600, 400};
  for (const auto& local : {beam_induced_motion(size, 8, 2.5, 3), wavy_motion(size, 8, 2.5, 3)}) {
    EXPECT_EQ(rms(local, size, 0), 0.0);
    EXPECT_NEAR(rms(local, size, 7), 2.5, 0.02);
    EXPECT_GT(rms(local, size, 3), 1.25);  // it settles: more than half is over by then
  }
}

TEST(LocalMotion, IsTheNegativeOfTheReportedShift) {
  LocalMotionModel model;
  model.x[0] = 0.5;   // z
  model.y[7] = -0.1;  // x^2 z^2
  TrueMotion motion{{{0, 0}, {1, 2}, {3, 5}}, polynomial_motion(model, {100, 50})};
  const Shift shift = motion.shift(75.0, 25.0, 2);
  EXPECT_DOUBLE_EQ(shift.x, -3.0 + 1.0);
  EXPECT_DOUBLE_EQ(shift.y, -5.0 - 0.1 * 0.0625 * 4.0);
}

}  // namespace
}  // namespace gimbal::sim
