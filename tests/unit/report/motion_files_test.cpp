// SPDX-License-Identifier: GPL-3.0-or-later
// report.html and logfile.pdf as files: well-formed, escaped, the same bytes for the same report.
#include "example_report.h"
#include "markup.h"

#include "gimbal/core/parallel.h"
#include "gimbal/io/file.h"
#include "gimbal/report/cairo_canvas.h"
#include "gimbal/report/motion_plots.h"
#include "gimbal/report/motion_record.h"
#include "gimbal/report/motion_report_files.h"
#include "gimbal/report/report_pictures.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace gimbal {
namespace {

class MotionFiles : public testing::Test {
 protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() / ("gimbal_report_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::filesystem::path folder;
};

TEST_F(MotionFiles, HtmlIsWellFormedAndEscaped) {
  const auto html = motion_html(example_report({3, 41, 8, true, true}));
  EXPECT_EQ(markup_problem(html), "");
  EXPECT_EQ(html.find("<script>alert"), std::string::npos);
  EXPECT_EQ(occurrences(html, "<script"), 1u);
  EXPECT_EQ(occurrences(html, "data:image/jpeg"), 240u);
  EXPECT_EQ(occurrences(html, "class=\"series\" id="), 3u);
  for (const char* outside : {"http:", "https:", "//cdn", "@import", "url(h"})
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
  EXPECT_NE(html.find("power spectrum (edge at 4.0 Å), drift"), std::string::npos);
  EXPECT_LT(html.find("2 of 123 movies failed"), html.find("<h2>Tilt series"));
  EXPECT_LT(html.find("the file is truncated"), html.find("<h2>Tilt series"));
}

TEST_F(MotionFiles, HtmlOfManySeriesIsBuiltWhenOpened) {
  const auto report = example_report({21, 3, 4, false, true});
  const auto html = motion_html(report);
  EXPECT_EQ(markup_problem(html), "");
  EXPECT_EQ(occurrences(html, "<script type=\"text/html\">"), 21u);
  EXPECT_EQ(occurrences(html, "</script>"), 22u);
}

TEST_F(MotionFiles, HtmlOfSpecialReports) {
  MotionJobReport report;
  EXPECT_EQ(markup_problem(motion_html(report)), "");
  report.series.resize(2);
  report.series[1].movies.resize(1);
  report.series[1].movies[0].sum_jpeg = "\xFF\xD8\xFF damaged";
  report.series[1].movies[0].spectrum_jpeg = "no picture";
  report.series[1].movies[0].movie = "\"><img src=x onerror=alert(1)>";
  report.warnings = {"</style></script><b>"};
  const auto html = motion_html(report);
  EXPECT_EQ(markup_problem(html), "");
  EXPECT_EQ(html.find("<img src=x"), std::string::npos);
  EXPECT_EQ(html.find("<b>\""), std::string::npos);
  report.series[1].movies[0].sum_jpeg.clear();
  EXPECT_EQ(write_motion_pdf(folder / "x.pdf", report), 3);
}

TEST_F(MotionFiles, SameReportSameBytes) {
  const auto report = example_report({2, 11, 8, true, true});
  auto resumed = report;
  for (auto& series : resumed.series)
    for (auto& movie : series.movies) {
      const int order = movie.order;  // the job knows it
      movie = movie_record_from_json(movie_record_to_json(movie));
      movie.order = order;
    }
  Arena(1).run([&] { write_motion_pdf(folder / "a.pdf", report); });
  Arena(3).run([&] { write_motion_pdf(folder / "b.pdf", resumed); });
  EXPECT_EQ(read_text(folder / "a.pdf"), read_text(folder / "b.pdf"));
  EXPECT_EQ(motion_html(report), motion_html(resumed));
  EXPECT_EQ(motion_summary_json(report), motion_summary_json(resumed));
}

TEST_F(MotionFiles, PdfHasItsPages) {
  const int pages =
      write_motion_pdf(folder / "logfile.pdf", example_report({3, 41, 8, true, true}));
  EXPECT_EQ(pages, 1 + 3 * 2);
  const auto bytes = read_text(folder / "logfile.pdf");
  EXPECT_TRUE(bytes.starts_with("%PDF-1."));
  EXPECT_NE(bytes.rfind("%%EOF"), std::string::npos);
  EXPECT_EQ(occurrences(bytes, "/Filter /DCTDecode"), 240u);
}

TEST_F(MotionFiles, PdfBreaksPagesAndLongWords) {
  auto report = example_report({150, 1, 3, false, false});
  report.series[0].name = std::string(4000, 'x') + " " + std::string(500, ' ');
  for (int i = 0; i < 100; ++i)
    report.warnings.push_back("warning " + std::string(static_cast<std::size_t>(i), 'w'));
  const int pages = write_motion_pdf(folder / "logfile.pdf", report);
  EXPECT_GE(pages, 1 + 3 + 300);
}

TEST_F(MotionFiles, PlotsAsPng) {
  const auto report = example_report({1, 11, 8, false, true});
  const auto plot = drift_plot(report.series[0], summarise(report.series[0]));
  write_png(folder / "drift.png", {400, 300}, 2.0, [&](CairoCanvas& canvas) {
    draw_plot(canvas, {0, 0, 400, 300}, plot);
  });
  const auto bytes = read_text(folder / "drift.png");
  EXPECT_TRUE(bytes.starts_with("\x89PNG"));
  EXPECT_EQ(bytes.substr(16, 8), std::string("\0\0\x03\x20\0\0\x02\x58", 8));  // 800 x 600
}

TEST_F(MotionFiles, PicturesFitTheBudget) {
  const auto report = example_report({1, 9, 4, true, false});
  const auto size = [](const std::vector<MoviePictures>& pictures) {
    std::size_t sum = 0;
    for (const auto& movie : pictures) sum += movie.sum_jpeg.size() + movie.spectrum_jpeg.size();
    return sum;
  };
  const auto whole = size(fitted_pictures(report, 1'000'000'000));
  EXPECT_EQ(fitted_pictures(report, whole)[3].sum_jpeg, report.series[0].movies[3].sum_jpeg);
  for (const std::size_t share : {2, 4, 10}) {
    const auto pictures = fitted_pictures(report, whole / share);
    ASSERT_EQ(pictures.size(), 9u);
    EXPECT_LE(size(pictures), whole / share);
    EXPECT_GT(size(pictures), whole / share / 4);
  }
}

}  // namespace
}  // namespace gimbal
