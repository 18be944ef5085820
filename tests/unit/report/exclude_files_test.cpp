// SPDX-License-Identifier: GPL-3.0-or-later
// The faces of a job that selects tilts: well-formed, complete, escaped, whatever the numbers.
#include "markup.h"
#include "support/working_folder.h"

#include "gimbal/core/error.h"
#include "gimbal/io/file.h"
#include "gimbal/report/exclude_report_files.h"
#include "gimbal/report/survey_record.h"
#include "gimbal/report/thumbnail.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

namespace gimbal {
namespace {

std::string picture() {
  Image<float> image(24, 16);
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 24; ++x) image(x, y) = static_cast<float>(x * y % 7);
  return sum_thumbnail(image.view());
}

SeriesExclusion series_of(const std::string& name, int n, int excluded) {
  SeriesExclusion series;
  series.name = name;
  for (int i = 0; i < n; ++i) {
    TiltChoice& tilt = series.tilts.emplace_back();
    tilt.key = fmt::format("frames/{}_{}.tif", name, i);
    tilt.number = i + 1;
    tilt.nominal_tilt_deg = 3.0 * (i % 2 == 0 ? i : -i);
    tilt.motion_A = 5.0 + i;
    tilt.brightness = 1.0;
    tilt.shadow = 0.0;
    tilt.jpeg = picture();
    tilt.excluded = i < excluded;
    if (tilt.excluded) tilt.reason = fmt::format("it is dark: {} % of its neighbours'", i + 10);
  }
  return series;
}

ExcludeJobReport example() {
  ExcludeJobReport report;
  report.version = "1";
  report.command = "gimbal exclude --i 'a b.star' --o out/ --auto";
  report.tilts = "TS_01:1";
  report.options = {{"auto", "yes"}};
  report.series = {series_of("TS_good", 5, 0), series_of("TS_some", 5, 2),
                   series_of("TS_all", 3, 3)};
  SeriesExclusion& failed = report.series.emplace_back();
  failed.name = "TS_failed";
  failed.status = SeriesStatus::failed;
  failed.reason = "its file is not there";
  return report;
}

TEST(ExcludeFiles, SentencesAndOrder) {
  auto report = example();
  EXPECT_EQ(
      job_sentence(report),
      "5 of 13 tilts are excluded, from 2 of 4 tilt series. 1 tilt series could not be read.");
  EXPECT_EQ(worst_first(report), (std::vector<std::size_t>{3, 2, 1, 0}));
  report.series.resize(1);
  EXPECT_EQ(job_sentence(report), "All 5 tilts of 1 tilt series are kept.");
  EXPECT_EQ(by_angle(report.series[0]), (std::vector<std::size_t>{3, 1, 0, 2, 4}));
}

TEST(ExcludeFiles, HtmlIsWellFormedAndComplete) {
  const auto html = exclude_html(example());
  EXPECT_EQ(markup_problem(html), "");
  EXPECT_EQ(occurrences(html, "data:image/jpeg"), 13u);
  EXPECT_EQ(occurrences(html, "type=\"checkbox\" data-s"), 13u);
  EXPECT_EQ(occurrences(html, "data-was=\"1\" checked"), 5u);
  EXPECT_EQ(occurrences(html, "trio one crossed"), 5u);
  for (const char* text : {"TS_good", "it is dark: 11 %", "its file is not there",
                           "data-tilts=\"TS_01:1\"", "it is dark (2)"})
    EXPECT_NE(html.find(text), std::string::npos) << text;
  for (const char* outside : {"http:", "https:", "//cdn", "@import", "url(h"})
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
}

TEST(ExcludeFiles, HtmlEscapesNames) {
  auto report = example();
  const std::string evil = "\"><script>alert(1)</script>\xff";
  report.command = report.tilts = report.keep = evil;
  report.options = {{evil, evil}};
  report.warnings = {evil};
  for (auto& series : report.series) {
    series.name = series.reason = evil;
    series.problems = {evil};
    for (auto& tilt : series.tilts) tilt.key = tilt.reason = tilt.problem = evil;
  }
  const auto html = exclude_html(report);
  EXPECT_EQ(markup_problem(html), "");
  EXPECT_EQ(html.find("<script>alert"), std::string::npos);
  EXPECT_EQ(occurrences(html, "<script"), 2u);
  EXPECT_EQ(html.find('\xff'), std::string::npos);
  EXPECT_FALSE(nlohmann::json::parse(exclude_summary_json(report), nullptr, false).is_discarded());
}

TEST(ExcludeFiles, ManySeriesAreBuiltWhenOpened) {
  ExcludeJobReport report;
  for (int i = 0; i < 21; ++i) report.series.push_back(series_of("TS_" + std::to_string(i), 3, 1));
  const auto html = exclude_html(report);
  EXPECT_EQ(markup_problem(html), "");
  EXPECT_EQ(occurrences(html, "<script type=\"text/html\">"), 21u);
}

TEST(ExcludeFiles, SheetsAndPagesOfAnything) {
  const WorkingFolder folder;
  for (const double value : {std::nan(""), std::numeric_limits<double>::infinity(), -1e300, 0.0}) {
    auto report = example();
    for (auto& tilt : report.series[1].tilts) {
      tilt.nominal_tilt_deg = tilt.motion_A = tilt.brightness = tilt.shadow = tilt.score = value;
      tilt.reason = std::string(3000, 'x') + " \xff\n y";
    }
    report.series[1].tilts[0].jpeg.clear();
    EXPECT_EQ(markup_problem(exclude_html(report)), "") << value;
    EXPECT_GE(write_exclude_pdf("x.pdf", report), 4) << value;
    write_contact_sheet("x.png", report.series[1]);
    EXPECT_TRUE(read_text("x.png").starts_with("\x89PNG"));
  }
  ExcludeJobReport empty;
  EXPECT_EQ(markup_problem(exclude_html(empty)), "");
  EXPECT_EQ(write_exclude_pdf("x.pdf", empty), 1);
}

TEST(ExcludeFiles, SameReportSameBytes) {
  const WorkingFolder folder;
  for (const char* name : {"a", "b"}) {
    write_exclude_pdf(std::string(name) + ".pdf", example());
    write_contact_sheet(std::string(name) + ".png", example().series[1]);
  }
  EXPECT_EQ(read_text("a.pdf"), read_text("b.pdf"));
  EXPECT_EQ(read_text("a.png"), read_text("b.png"));
}

TEST(ExcludeFiles, SummaryHoldsEveryTilt) {
  const auto json = nlohmann::json::parse(exclude_summary_json(example()));
  EXPECT_EQ(json["job"], "exclude");
  EXPECT_EQ(json["excluded"], 5);
  EXPECT_EQ(json["series"][1]["tilts"][1]["state"], "excluded");
  EXPECT_EQ(json["series"][1]["tilts"][1]["reason"], "it is dark: 11 % of its neighbours'");
  EXPECT_TRUE(json["series"][1]["tilts"][1]["score"].is_null());
  EXPECT_EQ(json["series"][3]["status"], "failed");
}

TEST(SurveyRecords, ComeBackExactly) {
  std::vector<SurveyRecord> records(2);
  records[0] = {{4096, 4096}, 1.0 / 3.0, 1e-300, {1.5F, -0.1F, 3e-39F}, "\xff\xd8\xff\0x", ""};
  records[1].problem = "bad \xff name";
  records[1].mean = std::nan("");
  const auto text = survey_records_to_json(records);
  const auto back = survey_records_from_json(text);
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(back[0].size, records[0].size);
  EXPECT_EQ(back[0].mean, records[0].mean);
  EXPECT_EQ(back[0].deviation, records[0].deviation);
  EXPECT_EQ(back[0].cells, records[0].cells);
  EXPECT_EQ(back[0].jpeg, records[0].jpeg);
  EXPECT_EQ(back[1].problem, records[1].problem);
  EXPECT_TRUE(std::isnan(back[1].mean));
  for (const char* bad : {"", "{}", "[1]", "[{}]", "[{\"nx\":\"x\"}]", "[null]"})
    EXPECT_THROW(survey_records_from_json(bad), Error) << bad;
  for (std::size_t n = 0; n < text.size(); n += 3)
    EXPECT_THROW(survey_records_from_json(text.substr(0, n)), Error) << n;
}

}  // namespace
}  // namespace gimbal
