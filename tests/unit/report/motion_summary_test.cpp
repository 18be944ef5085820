// SPDX-License-Identifier: GPL-3.0-or-later
#include "example_report.h"

#include "gimbal/report/motion_report_files.h"
#include "gimbal/report/text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gimbal {
namespace {

TEST(MotionSummary, CountsAndFindsWhatStandsOut) {
  const auto report = example_report({3, 41, 8, false, true});
  const auto job = summarise(report);
  EXPECT_EQ(job.movies, 123);
  EXPECT_EQ(job.failed, 2);
  EXPECT_EQ(job.skipped, 1);
  EXPECT_EQ(job.done, 120);
  EXPECT_EQ(job.doubtful, 3);
  EXPECT_EQ(job.outcome, JobSummary::Outcome::some_failed);
  EXPECT_EQ(job.verdict,
            "2 of 123 movies failed; 120 are motion-corrected; 1 skipped; 3 worth a look.");
  ASSERT_GE(job.remarks.size(), 6u);
  EXPECT_EQ(job.remarks[0].kind, Remark::Kind::failure);
  EXPECT_EQ(job.remarks[1].kind, Remark::Kind::failure);
  EXPECT_EQ(job.remarks[2].kind, Remark::Kind::skipped);
  EXPECT_EQ(job.series[2].doubts[12].texts.size(), 1u);
  EXPECT_NE(job.series[2].doubts[12].texts[0].find("far more than the median"), std::string::npos);
  EXPECT_NE(job.series[2].doubts[20].texts[0].find("beam blocked"), std::string::npos);
  EXPECT_DOUBLE_EQ(job.series[0].max_tilt_deg, 60.0);
}

TEST(MotionSummary, FindsMoviesOfAnotherKind) {
  SeriesReport series;
  for (int i = 0; i < 5; ++i) {
    MovieReport& movie = series.movies.emplace_back();
    movie.status = MovieStatus::done;
    movie.nx = 128;
    movie.ny = 96;
    movie.shift_x_A.assign(10, 0.0);
  }
  series.movies[1].nx = 64;
  series.movies[2].shift_x_A.resize(5);
  series.movies[3].shift_x_A.resize(9);  // EER movies differ so much
  const auto summary = summarise(series);
  EXPECT_EQ(summary.doubtful, 2);
  ASSERT_EQ(summary.doubts[1].texts.size(), 1U);
  EXPECT_NE(summary.doubts[1].texts[0].find("64 x 96 px, most movies of its series have 128 x 96"),
            std::string::npos);
  ASSERT_EQ(summary.doubts[2].texts.size(), 1U);
  EXPECT_NE(summary.doubts[2].texts[0].find("5 frames, most movies of its series have 10"),
            std::string::npos);
}

TEST(MotionSummary, SaysWhenAllIsWell) {
  const auto job = summarise(example_report({2, 5, 8, false, false}));
  EXPECT_EQ(job.outcome, JobSummary::Outcome::good);
  EXPECT_EQ(job.verdict, "All 10 movies of 2 tilt series are motion-corrected.");
  EXPECT_TRUE(job.remarks.empty());
}

TEST(MotionSummary, VerdictsOfSpecialJobs) {
  EXPECT_EQ(summarise(MotionJobReport{}).verdict, "There are no movies: nothing was done.");
  MotionJobReport one;
  one.series.resize(1);
  one.series[0].movies.resize(1);
  EXPECT_EQ(summarise(one).verdict, "The 1 movie of 1 tilt series is motion-corrected.");
  one.series[0].movies[0].status = MovieStatus::failed;
  EXPECT_EQ(summarise(one).verdict, "1 of 1 movie failed; none is motion-corrected.");
  EXPECT_EQ(summarise(one).outcome, JobSummary::Outcome::failed);
}

TEST(MotionSummary, GroupsRemarksThatDifferInNumbersOnly) {
  MotionJobReport report;
  report.series.resize(2);
  for (int s = 0; s < 2; ++s)
    for (int m = 0; m < 10; ++m) {
      MovieReport movie;
      movie.warnings = {std::to_string(17 * m + s) + " hot pixels"};
      report.series[static_cast<std::size_t>(s)].movies.push_back(movie);
    }
  const auto job = summarise(report);
  ASSERT_EQ(job.remarks.size(), 1u);
  EXPECT_EQ(job.remarks[0].movies, 20);
  EXPECT_EQ(job.remarks[0].series, 2);
}

TEST(MotionSummary, JsonHasItsMembers) {
  const auto report = example_report({3, 41, 8, false, true});
  const auto text = motion_summary_json(report);
  EXPECT_EQ(text, motion_summary_json(report));
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["program"], "gimbal");
  EXPECT_EQ(json["job"], "motion");
  EXPECT_EQ(json["outcome"], "some_failed");
  EXPECT_EQ(json["counts"]["movies"], 123);
  EXPECT_EQ(json["counts"]["failed"], 2);
  EXPECT_EQ(json["options"]["bin_factor"], "2");
  ASSERT_EQ(json["series"].size(), 3u);
  const auto& series = json["series"][1];
  EXPECT_EQ(series["name"], "TS_02");
  EXPECT_EQ(series["counts"]["done"], 38);
  ASSERT_EQ(series["movies"].size(), 41u);
  EXPECT_EQ(series["movies"][7]["status"], "failed");
  EXPECT_FALSE(series["movies"][7].contains("shift_x_A"));
  EXPECT_EQ(series["movies"][0]["shift_x_A"].size(), 8u);
  EXPECT_EQ(series["movies"][1]["shift_y_A"][3].get<double>(),
            report.series[1].movies[1].shift_y_A[3]);
  EXPECT_EQ(json["series"][2]["name"], printable(report.series[2].name));
}

TEST(MotionSummary, WhatIsUnknownIsNull) {
  MotionJobReport report;
  report.series.resize(1);
  report.series[0].movies.resize(1);
  report.series[0].movies[0].shift_x_A = {MovieReport::unknown};
  const auto json = nlohmann::json::parse(motion_summary_json(report));
  const auto& movie = json["series"][0]["movies"][0];
  EXPECT_TRUE(movie["tilt_angle_deg"].is_null());
  EXPECT_TRUE(movie["shift_x_A"][0].is_null());
}

}  // namespace
}  // namespace gimbal
