// SPDX-License-Identifier: GPL-3.0-or-later
// Words, figures and plots that the reports of an alignment share.
#include "gimbal/report/align_digest.h"

#include "example_alignment.h"

#include "gimbal/report/align_plots.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal {
namespace {

TEST(AlignDigest, WorstFirstThenTheLowerScore) {
  auto report = example_align_report();
  report.series.push_back(example_alignment("TS_low"));
  report.series.back().alignment.score = 0.5;
  report.series.push_back(example_alignment("TS_unknown"));
  report.series.back().alignment.score = 0.0;
  EXPECT_EQ(worst_first(report), (std::vector<std::size_t>{3, 2, 1, 4, 5, 0, 6}));
  EXPECT_EQ(worst_of(report), Standing::not_aligned);
}

TEST(AlignDigest, SentenceCountsEverySeries) {
  auto report = example_align_report();
  EXPECT_EQ(job_sentence(report),
            "1 of 5 tilt series is aligned and passes; 1 with a warning; 1 is not to be trusted; 1 "
            "could not be aligned; 1 skipped.");
  report.series.resize(1);
  EXPECT_EQ(job_sentence(report), "The tilt series is aligned and passes.");
  report.series[0].alignment.verdict = Verdict::fail;
  EXPECT_EQ(job_sentence(report), "The tilt series is aligned, but not to be trusted.");
  report.series.clear();
  EXPECT_EQ(job_sentence(report), "There is no tilt series.");
  EXPECT_EQ(worst_of(report), Standing::pass);
}

TEST(AlignDigest, FiguresAreInAngstromAndUnknownWhereNotMeasured) {
  auto a = example_alignment("x").alignment;
  auto figures = figures_of(a);
  EXPECT_NEAR(figures.leave_out_A, 1.35, 1e-12);
  EXPECT_NEAR(figures.residual_A, 1.08, 1e-12);
  EXPECT_EQ(figures.used, 20);
  EXPECT_EQ(figures.excluded, 1);
  EXPECT_GT(figures.shift_error_A, 5.4 * 0.07);
  EXPECT_LT(figures.shift_error_A, 5.4 * 0.12);
  a.score = a.leave_out_px = 0.0;
  a.residual_px = std::nan("");
  figures = figures_of(a);
  EXPECT_TRUE(std::isnan(figures.score));
  EXPECT_TRUE(std::isnan(figures.leave_out_A));
  EXPECT_TRUE(std::isnan(figures.residual_A));
}

TEST(AlignDigest, FactsSayOnlyWhatIsKnown) {
  const auto has = [](const Alignment& a, const std::string& name) {
    for (const auto& fact : facts_of(a))
      if (fact.name == name) return fact.value;
    return std::string("none");
  };
  const auto a = example_alignment("x").alignment;
  EXPECT_EQ(has(a, "Thickness"), "1,520 Å");
  EXPECT_EQ(has(a, "Levelled about Y by"), "−3.20°");
  EXPECT_EQ(has(a, "Levelled about X by"), "none");
  EXPECT_EQ(has(a, "Tilt range"), "none");
  EXPECT_NE(has(a, "Tilt range, levelled"), "none");
  EXPECT_EQ(has(a, "Tilts"), "20 of 21");
  EXPECT_EQ(has(a, "Beads"), "12");
  EXPECT_EQ(has({}, "Score"), "none");
  EXPECT_EQ(has({}, "Tilts"), "0 of 0");
}

TEST(AlignPlots, ShowWhatThereIs) {
  auto a = example_alignment("x").alignment;
  EXPECT_EQ(align_plots(a).size(), 9u);  // shifts, errors, axis, angle, magnification, score ...
  a.tracks.clear();
  EXPECT_EQ(align_plots(a).size(), 7u);
  for (auto& tilt : a.tilts) {
    tilt.score = tilt.residual_px = 0.0;
    tilt.standard_error = {};
    tilt.projection = {0.0, tilt.nominal_tilt_deg, 85.0, {}, 1.0};
  }
  EXPECT_EQ(align_plots(a).size(), 1u);
  EXPECT_EQ(align_plots({}).size(), 1u);
}

TEST(AlignPlots, ShiftsAreOfUsedTiltsWithTheirErrors) {
  const auto a = example_alignment("x").alignment;
  const Plot plot = shift_plot(a);
  ASSERT_EQ(plot.curves.size(), 3u);
  EXPECT_EQ(plot.curves[0].points.size(), 20u);
  EXPECT_EQ(plot.curves[0].errors.size(), 20u);
  EXPECT_DOUBLE_EQ(plot.curves[1].points[3].y, a.tilts[3].projection.shift_px.y * 5.4);
  EXPECT_DOUBLE_EQ(plot.curves[0].errors[3], a.tilts[3].standard_error.shift_px.x * 5.4);
  ASSERT_EQ(plot.curves[2].points.size(), 1u);
  EXPECT_EQ(plot.curves[2].points[0].x, a.tilts[6].nominal_tilt_deg);
  EXPECT_NE(plot.curves[2].point_names[0].find("it is dark"), std::string::npos);
}

TEST(AlignPlots, TracksLeftOutAreMarked) {
  const Plot plot = track_plot(example_alignment("x").alignment);
  EXPECT_EQ(plot.curves.size(), 12u + 2u);
  EXPECT_EQ(plot.curves.back().points.size(), 1u);
  EXPECT_NEAR(plot.curves.back().points[0].y, std::hypot(6.0, 4.0) * 5.4, 1e-12);
}

TEST(AlignPlots, FieldIsThinnedOut) {
  const auto a = example_alignment("x", {41, 200, false}).alignment;
  const Plot plot = residual_field_plot(a);
  EXPECT_LT(plot.curves.size(), 1300u);
  EXPECT_EQ(plot.note.find("100 times enlarged; the bar is 5 Å"), 0u) << plot.note;
  EXPECT_NE(plot.note.find("1 of 7 shown"), std::string::npos) << plot.note;
}

}  // namespace
}  // namespace gimbal
