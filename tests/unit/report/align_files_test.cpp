// SPDX-License-Identifier: GPL-3.0-or-later
// report.html and logfile.pdf of an alignment: well-formed, complete, escaped, whatever the
// numbers.
#include "example_alignment.h"
#include "markup.h"

#include "gimbal/core/parallel.h"
#include "gimbal/io/file.h"
#include "gimbal/report/align_report_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>

namespace gimbal {
namespace {

class AlignFiles : public testing::Test {
 protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() / ("gimbal_align_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::filesystem::path folder;
};

TEST_F(AlignFiles, HtmlIsWellFormedAndComplete) {
  const auto html = align_html(example_align_report());
  EXPECT_EQ(markup_problem(html), "");
  for (const char* name : {"TS_pass", "TS_warn", "TS_fail", "TS_failed", "TS_skipped"})
    EXPECT_NE(html.find(std::string(">") + name + "<"), std::string::npos) << name;
  EXPECT_EQ(occurrences(html, "class=\"series\" id="), 5u);
  EXPECT_EQ(occurrences(html, "data:image/jpeg"), 33u);
  EXPECT_LT(html.find(">TS_failed</a>"), html.find(">TS_fail</a>"));
  EXPECT_LT(html.find(">TS_fail</a>"), html.find(">TS_warn</a>"));
  EXPECT_LT(html.find(">TS_warn</a>"), html.find(">TS_pass</a>"));
  for (const char* text : {"it is dark", "the file is truncated", "none of the 41 images",
                           "Beads were chosen", "two rows were the same", "1.35 Å"})
    EXPECT_NE(html.find(text), std::string::npos) << text;
  for (const char* outside : {"http:", "https:", "//cdn", "@import", "url(h"})
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
}

TEST_F(AlignFiles, HtmlEscapesNames) {
  auto report = example_align_report();
  const std::string evil = "\"><script>alert(1)</script>\xff";
  auto& series = report.series[0];
  series.name = series.problems.emplace_back() = evil;
  series.alignment.method = evil;
  series.alignment.notes = report.warnings = {evil};
  report.options = {{evil, evil}};
  for (auto& tilt : series.alignment.tilts) tilt.key = tilt.reason = evil;
  report.series[3].reason = report.series[3].name = evil;
  const auto html = align_html(report);
  EXPECT_EQ(markup_problem(html), "");
  EXPECT_EQ(html.find("<script>alert"), std::string::npos);
  EXPECT_EQ(occurrences(html, "<script"), 1u);
  EXPECT_EQ(html.find('\xff'), std::string::npos);
}

TEST_F(AlignFiles, HtmlOfManySeriesIsBuiltWhenOpened) {
  AlignJobReport report;
  for (int i = 0; i < 21; ++i)
    report.series.push_back(example_alignment("TS_" + std::to_string(i), {5, 2, false}));
  const auto html = align_html(report);
  EXPECT_EQ(markup_problem(html), "");
  EXPECT_EQ(occurrences(html, "<script type=\"text/html\">"), 21u);
  EXPECT_EQ(occurrences(html, "</script>"), 22u);
}

TEST_F(AlignFiles, NumbersOfAnyKindDoNoHarm) {
  for (const double value : {std::nan(""), std::numeric_limits<double>::infinity(), -1e300, 0.0}) {
    AlignJobReport report;
    report.series = {example_alignment("all"), example_alignment("some"), {}};
    auto& a = report.series[0].alignment;
    a.residual_px = a.leave_out_px = a.score = a.thickness_A = a.pixel_A = value;
    a.y_offset_deg = value;
    report.series[0].pictures.slices_at_px = {value, value, value};
    report.series[0].pictures.after.voxel_A = value;
    const Projection odd{value, value, value, {value, value}, value};
    for (auto& tilt : a.tilts) {
      tilt.projection = tilt.standard_error = odd;
      tilt.nominal_tilt_deg = tilt.score = tilt.residual_px = value;
    }
    for (auto& track : a.tracks) {
      track.point_px = {value, value, value};
      for (auto& seen : track.observations) seen.residual_px = {value, value};
    }
    auto& b = report.series[1].alignment;
    b.tilts[3].projection = b.tilts[2].standard_error = odd;
    b.tilts[5].nominal_tilt_deg = b.tilts[1].score = value;
    b.tracks[1].observations[2].residual_px = {value, 1.0};
    report.series[1].pictures.tilts[0].jpeg = "\xFF\xD8\xFF damaged";
    EXPECT_EQ(markup_problem(align_html(report)), "") << value;
    report.series[1].pictures.tilts[0].jpeg.clear();
    EXPECT_GE(write_align_pdf(folder / "x.pdf", report), 5) << value;
  }
}

TEST_F(AlignFiles, EmptyReports) {
  AlignJobReport report;
  EXPECT_EQ(markup_problem(align_html(report)), "");
  EXPECT_EQ(write_align_pdf(folder / "x.pdf", report), 1);
  report.series.resize(2);
  EXPECT_EQ(markup_problem(align_html(report)), "");
}

TEST_F(AlignFiles, SameReportSameBytes) {
  const auto report = example_align_report();
  auto resumed = report;
  for (std::size_t i = 0; i < 3; ++i)
    resumed.series[i] = align_record_from_json(align_record_to_json(report.series[i]));
  Arena(1).run([&] { write_align_pdf(folder / "a.pdf", report); });
  Arena(3).run([&] { write_align_pdf(folder / "b.pdf", resumed); });
  const auto bytes = read_text(folder / "a.pdf");
  EXPECT_EQ(bytes, read_text(folder / "b.pdf"));
  EXPECT_TRUE(bytes.starts_with("%PDF-1."));
  EXPECT_EQ(occurrences(bytes, "/Filter /DCTDecode"), 33u);
  EXPECT_EQ(align_html(report), align_html(resumed));
}

}  // namespace
}  // namespace gimbal
