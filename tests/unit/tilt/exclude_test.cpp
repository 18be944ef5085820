// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/exclude.h"

#include "gimbal/core/error.h"
#include "gimbal/tilt/align_methods.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace gimbal::tilt {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

// Eleven tilts from -50 to 50 degrees, all alike; scores fall with the angle.
struct Series {
  Stack stack;
  Alignment alignment;
  std::vector<double> motion_A;

  Series() {
    for (int i = 0; i < 11; ++i) {
      StackTilt& tilt = stack.tilts.emplace_back();
      tilt.key = "tilt_" + std::to_string(i);
      tilt.nominal_tilt_deg = 10.0 * (i - 5);
      tilt.pre_exposure_e_A2 = 3.0 * i;
      tilt.mean = 100.0;
      tilt.deviation = 5.0;
      tilt.image = Image<float>(16, 16);
      motion_A.push_back(4.0 + 0.1 * i);
    }
    alignment = nominal_alignment(stack);
    for (AlignedTilt& tilt : alignment.tilts)
      tilt.score = 0.8 - 0.006 * std::abs(tilt.nominal_tilt_deg);
  }

  // "2 5 ": what is excluded.
  std::string excluded(const ExcludeOptions& options) const {
    Alignment result = alignment;
    exclude_by_rules(stack, motion_A, result, options);
    std::string found;
    for (std::size_t i = 0; i < result.tilts.size(); ++i) {
      EXPECT_EQ(result.tilts[i].state == TiltState::excluded, !result.tilts[i].reason.empty());
      if (result.tilts[i].state == TiltState::excluded) found += std::to_string(i) + ' ';
    }
    return found;
  }
};

TEST(Exclude, NothingWithoutARule) {
  EXPECT_FALSE(ExcludeOptions{}.asks_for_anything());
  Series series;
  series.stack.tilts[3].mean = 1.0;
  series.stack.tilts[4].image = {};
  series.motion_A[5] = 1e4;
  series.alignment.tilts[6].score = 0.0;
  EXPECT_EQ(series.excluded({}), "");
  EXPECT_EQ(Series().excluded({.automatic = true}), "");
}

TEST(Exclude, ByRangeAndDose) {
  EXPECT_EQ(Series().excluded({.tilt_min = -40.0}), "0 ");
  EXPECT_EQ(Series().excluded({.tilt_max = 35.0}), "9 10 ");
  EXPECT_EQ(Series().excluded({.pre_exposure_max = 24.0}), "9 10 ");
}

TEST(Exclude, ByMotion) {
  EXPECT_EQ(Series().excluded({.motion_max = 4.85}), "9 10 ");
  Series series;
  series.motion_A[2] = unknown;
  series.motion_A[3] = 24.0;  // above five medians, and 10 A more
  EXPECT_EQ(series.excluded({.automatic = true}), "3 ");
  for (double& motion : series.motion_A) motion = unknown;
  EXPECT_EQ(series.excluded({.automatic = true, .motion_max = 1.0}), "");
}

TEST(Exclude, ByScore) {
  EXPECT_EQ(Series().excluded({.score_min = 0.52}), "0 10 ");
  Series series;
  series.alignment.tilts[4].score = 0.2;
  series.alignment.tilts[7].score = unknown;
  EXPECT_EQ(series.excluded({.automatic = true}), "4 ");
  for (AlignedTilt& tilt : series.alignment.tilts) tilt.score = unknown;
  EXPECT_EQ(series.excluded({.automatic = true, .score_min = 0.9}), "");
}

TEST(Exclude, ByLight) {
  Series series;
  series.stack.tilts[2].mean = 55.0;
  series.stack.tilts[8].mean = 30.0;
  EXPECT_EQ(series.excluded({.automatic = true}), "8 ");
  EXPECT_EQ(series.excluded({.brightness_min = 0.6}), "2 8 ");
  EXPECT_EQ(series.excluded({.automatic = true, .brightness_min = 0.6}), "2 8 ");
  series.stack.tilts[2].mean = 160.0;
  EXPECT_EQ(series.excluded({.brightness_max = 1.5}), "2 ");
}

TEST(Exclude, AutomaticTakesOutWhatHasNoImageAndWhatIsRepeated) {
  Series series;
  series.stack.tilts[1].image = {};
  series.stack.tilts[1].problem = "cannot open it";
  series.stack.tilts[6].nominal_tilt_deg = series.stack.tilts[4].nominal_tilt_deg;
  EXPECT_EQ(series.excluded({.automatic = true}), "1 6 ");
  EXPECT_EQ(series.excluded({.brightness_min = 0.5}), "");
}

TEST(Exclude, WhatIsDecidedStaysAndCountsNoMore) {
  Series series;
  for (const std::size_t i : {0u, 1u, 2u}) {
    series.alignment.tilts[i].state = TiltState::excluded;
    series.alignment.tilts[i].reason = "by hand";
    series.motion_A[i] = 1e6;
  }
  series.motion_A[5] = 40.0;
  EXPECT_EQ(series.excluded({.automatic = true}), "0 1 2 5 ");
}

TEST(Exclude, OptionsThatContradictEachOther) {
  EXPECT_THROW(check(ExcludeOptions{.tilt_min = 10.0, .tilt_max = 10.0}), UsageError);
  EXPECT_THROW(check(ExcludeOptions{.brightness_max = 0.5}), UsageError);
  EXPECT_NO_THROW(check(ExcludeOptions{}));
}

}  // namespace
}  // namespace gimbal::tilt
