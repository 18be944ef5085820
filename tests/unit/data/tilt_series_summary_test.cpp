// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/tilt_series_summary.h"

#include "gimbal/data/labels.h"

#include <gtest/gtest.h>

namespace gimbal {
namespace {

TiltSeries series_of(const std::vector<double>& angles_deg, double dose_e_A2) {
  TiltSeries series;
  series.global.set(label::tomo_name, "TS_01");
  series.global.set(label::original_pixel, 1.35);
  for (std::size_t i = 0; i < angles_deg.size(); ++i) {
    Tilt& tilt = series.tilts.emplace_back();
    tilt.set(label::nominal_angle, angles_deg[i]);
    tilt.set(label::pre_exposure, dose_e_A2 * static_cast<double>(i));
  }
  return series;
}

TEST(TiltSeriesSummary, CountsTheLastTiltsDoseToo) {
  const auto summary = summarise(series_of({0, 3, -3, 6}, 3.0));
  EXPECT_EQ(summary.n_tilts, 4);
  EXPECT_EQ(summary.min_angle_deg, -3.0);
  EXPECT_EQ(summary.max_angle_deg, 6.0);
  EXPECT_EQ(summary.dose_e_A2, 12.0);
  EXPECT_EQ(text_of(summary), "4 tilts from -3.0 to 6.0 degrees, 1.35 A, 12 e/A^2");
}

TEST(TiltSeriesSummary, LeavesOutWhatTheFileDoesNotSay) {
  auto series = series_of({0}, 0.0);
  EXPECT_EQ(text_of(summarise(series)), "1 tilt from 0.0 to 0.0 degrees, 1.35 A, dose not known");
  series.tilts.emplace_back();  // without values
  const auto summary = summarise(series);
  EXPECT_FALSE(summary.min_angle_deg);
  EXPECT_FALSE(summary.dose_e_A2);
}

TEST(TiltSeriesSummary, PrefersRefinedAngles) {
  auto series = series_of({0, 3}, 3.0);
  series.tilts[0].set(label::y_tilt, 0.25);
  EXPECT_EQ(summarise(series).max_angle_deg, 3.0);  // not all are refined
  series.tilts[1].set(label::y_tilt, 3.5);
  EXPECT_EQ(summarise(series).max_angle_deg, 3.5);
  EXPECT_TRUE(summarise(series).refined_angles);
}

}  // namespace
}  // namespace gimbal
