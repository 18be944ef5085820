// SPDX-License-Identifier: GPL-3.0-or-later
// A project as gimbal and RELION leave it, told from its files, whatever is wrong with them.
#include "gimbal/report/project.h"

#include "markup.h"
#include "support/working_folder.h"

#include "gimbal/core/error.h"
#include "gimbal/io/file.h"
#include "gimbal/io/mrc.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal {
namespace {

namespace fs = std::filesystem;

void write(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  write_text_atomically(path, text);
}

// A table of tilt series, each with tilts at -3, 0, 3 degrees and what `columns` and `values` add.
void write_series(const std::string& job, const std::string& star,
                  const std::vector<std::string>& names, const std::string& columns = "",
                  const std::string& values = "", const std::string& globals = "",
                  const std::string& global_values = "") {
  std::string all = "data_global\nloop_\n_rlnTomoName\n_rlnTomoTiltSeriesStarFile\n" + globals;
  for (const auto& name : names) {
    const auto path = job + "/tilt_series/" + name + ".star";
    all += name + " " + path + " " + global_values + "\n";
    std::string text = "data_" + name +
                       "\nloop_\n_rlnMicrographMovieName\n_rlnTomoNominalStageTiltAngle\n" +
                       columns;
    for (const int angle : {-3, 0, 3})
      text += fmt::format("f/{}_{}.mrc {} {}\n", name, angle, angle, values);
    write(path, text);
  }
  write(job + "/" + star, all);
}

void write_example() {
  write_series("Import/job001", "tilt_series.star", {"TS_1", "TS_2", "TS_3", "TS_10"});
  write_series("MotionCorr/job002", "corrected_tilt_series.star", {"TS_1", "TS_2", "TS_3", "TS_10"},
               "_rlnAccumMotionTotal\n", "4.5");
  write("MotionCorr/job002/RELION_JOB_EXIT_SUCCESS", "");
  write_series("AlignTiltSeries/job9", "aligned_tilt_series.star", {"TS_1", "TS_3", "TS_10"},
               "_gimbalAlignmentScore\n", "0.4", "_gimbalAlignmentVerdict\n", "fail");
  write_series("AlignTiltSeries/job10", "aligned_tilt_series.star", {"TS_1", "TS_10"}, "", "",
               "_gimbalAlignmentVerdict\n_gimbalLeaveOutErrorAngst\n", "pass 1.25");
  write("AlignTiltSeries/job10/gimbal-align.json", R"({"program":"gimbal","version":"7"})");
  write("AlignTiltSeries/job10/report.html", "x");
  write("AlignTiltSeries/job10/summary.json",
        R"({"series":[{"name":"TS_10","status":"done","score":0.5,"verdict":"pass","problems":[],
            "tilts":[{"image":"f/TS_10_3.mrc","state":"excluded","reason":"it is dark"}]},
            {"name":"TS_1","status":"done","score":0.7,"verdict":"pass"},
            {"name":"TS_2","status":"failed","reason":"no beads"}]})");
}

const ProjectSeries& series_of(const ProjectReport& report, const std::string& name) {
  for (const auto& series : report.series)
    if (series.name == name) return series;
  throw std::runtime_error("no series " + name);
}

TEST(Project, NewestJobOfEveryStepCounts) {
  const WorkingFolder folder;
  write_example();
  const auto report = read_project();
  EXPECT_TRUE(report.warnings.empty());
  ASSERT_EQ(report.jobs.size(), 4u);
  EXPECT_EQ(report.jobs[1].outcome, "done");
  EXPECT_EQ(report.jobs[1].program, "RELION");
  EXPECT_EQ(report.jobs[3].folder, "AlignTiltSeries/job10");
  EXPECT_EQ(report.jobs[3].program, "gimbal 7");
  const auto& one = series_of(report, "TS_1");
  EXPECT_EQ(one.alignment.verdict, "pass");
  EXPECT_EQ(one.median_motion_A, 4.5);
  EXPECT_EQ(one.alignment.score, 0.7);
  ASSERT_NE(one.at(Stage::align), nullptr);
  EXPECT_EQ(one.at(Stage::align)->in_report, 2u);
  EXPECT_EQ(one.at(Stage::reconstruct), nullptr);
  EXPECT_EQ(series_of(report, "TS_3").alignment.verdict, "fail");
  EXPECT_EQ(excluded_tilts(series_of(report, "TS_10").tilts), 1);
  EXPECT_TRUE(series_of(report, "TS_2").at(Stage::align)->failed);
}

constexpr const char* pose_columns =
    "_rlnTomoZRot\n_rlnTomoYTilt\n_rlnTomoXShiftAngst\n_rlnTomoYShiftAngst\n";

// TS_1 and TS_2 aligned twice, then a selection and a tomogram from the older alignment, TS_3's
// from one that is not there any more.
void write_two_alignments() {
  const auto align = [](const char* job, const std::vector<std::string>& names, const char* pose,
                        const char* verdict) {
    write_series(job, "aligned_tilt_series.star", names, pose_columns, pose,
                 "_gimbalAlignmentVerdict\n", verdict);
  };
  align("AlignTiltSeries/job004", {"TS_1", "TS_2", "TS_3"}, "85 1 2 3", "warn");
  align("AlignTiltSeries/job008", {"TS_1", "TS_2"}, "85.3 1 2 3", "pass");
  const std::string selected = "85.000 1.0 2.0005 3.00";  // written anew
  write_series("ExcludeTiltImages/job005", "selected_tilt_series.star", {"TS_1"}, pose_columns,
               selected);
  write_series("Tomograms/job006", "tomograms.star", {"TS_1"}, pose_columns, selected);
  write_series("Tomograms/job007", "tomograms.star", {"TS_3"}, pose_columns, "85 1 2 4");
  write_series("Tomograms/job009", "tomograms.star", {"TS_2"}, pose_columns, "85.3 1 2 3");
}

TEST(Project, TheAlignmentOfTheTomogramIsShownAndANewerOneBesideIt) {
  const WorkingFolder folder;
  write_two_alignments();
  const auto report = read_project();
  EXPECT_TRUE(report.warnings.empty());
  const auto job_of = [&](const StageResult& result) { return report.jobs[result.job].folder; };
  const auto& one = series_of(report, "TS_1");
  EXPECT_EQ(job_of(*one.at(Stage::align)), "AlignTiltSeries/job004");
  EXPECT_EQ(one.alignment.verdict, "warn");
  ASSERT_TRUE(one.newer.has_value());
  EXPECT_EQ(job_of(one.newer->result), "AlignTiltSeries/job008");
  EXPECT_EQ(one.newer->figures.verdict, "pass");
  const auto& two = series_of(report, "TS_2");
  EXPECT_EQ(job_of(*two.at(Stage::align)), "AlignTiltSeries/job008");
  EXPECT_FALSE(two.newer.has_value());
  EXPECT_FALSE(two.tomogram_of_another);
  EXPECT_TRUE(series_of(report, "TS_3").tomogram_of_another);
  EXPECT_FALSE(series_of(report, "TS_3").newer.has_value());
  const auto html = project_html(report);
  EXPECT_EQ(markup_problem(html), "");
  EXPECT_EQ(occurrences(html, "<b>Alignment of the tomogram</b>"), 1u);
  EXPECT_EQ(occurrences(html, "<b>Newer alignment, without tomogram</b>"), 1u);
  EXPECT_EQ(occurrences(html, "<b>Alignment (not the tomogram's)</b>"), 1u);
  EXPECT_EQ(occurrences(html, "<b>Alignment</b>"), 1u);
}

TEST(Project, ANewerAlignmentThatFailedIsNotForgotten) {
  const WorkingFolder folder;
  write_two_alignments();
  write("AlignTiltSeries/job010/gimbal-align.json", R"({"program":"gimbal","version":"7"})");
  write("AlignTiltSeries/job010/summary.json",
        R"({"series":[{"name":"TS_1","status":"failed","reason":"no beads"}]})");
  const auto report = read_project();
  const auto& one = series_of(report, "TS_1");
  EXPECT_EQ(one.alignment.verdict, "warn");
  ASSERT_TRUE(one.newer.has_value());
  EXPECT_TRUE(one.newer->result.failed);
  EXPECT_EQ(report.standing(one), ProjectStanding::failed);
  EXPECT_NE(project_html(report).find("no beads"), std::string::npos);
}

TEST(Project, WorstFirstAndInWords) {
  const WorkingFolder folder;
  write_example();
  const auto report = read_project();
  std::string order;
  for (const auto i : worst_first(report)) order += report.series[i].name + ' ';
  EXPECT_EQ(order, "TS_2 TS_3 TS_10 TS_1 ");
  EXPECT_EQ(project_sentence(report),
            "4 tilt series, 1 failed in a job, 1 not to be trusted, 2 well.");
  const auto html = project_html(report);
  EXPECT_EQ(markup_problem(html), "");
  EXPECT_NE(html.find("AlignTiltSeries/job10/report.html#s2"), std::string::npos);
  EXPECT_NE(html.find("Alignment: no beads"), std::string::npos);
  for (const char* outside : {"http:", "https:", "//cdn", "@import", "url(h"})
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
}

TEST(Project, AnAlignmentWithoutVerdictIsNotCalledWell) {
  const WorkingFolder folder;
  write_series("AlignTiltSeries/job2", "aligned_tilt_series.star", {"TS_1", "TS_2"});
  write_series("AlignTiltSeries/job3", "aligned_tilt_series.star", {"TS_3"}, "", "",
               "_gimbalAlignmentVerdict\n", "pass");
  const auto report = read_project();
  EXPECT_EQ(project_sentence(report),
            "3 tilt series, 2 not judged (aligned without a verdict), 1 well.");
  EXPECT_EQ(report.series[worst_first(report).back()].name, "TS_3");
  const auto html = project_html(report);
  EXPECT_EQ(markup_problem(html), "");
  EXPECT_EQ(occurrences(html, "not judged</td>"), 2u);
}

TEST(Project, TomogramsAndImagesAreShown) {
  const WorkingFolder folder;
  write_series("Tomograms/job005", "tomograms.star", {"TS_1"}, "_rlnMicrographName\n", "image.mrc",
               "_rlnTomoReconstructedTomogram\n", "rec.mrc");
  Image<float> image(20, 10);
  image(3, 3) = 1.0F;
  write_mrc("image.mrc", image.view(), {});
  MrcWriteOptions options;
  options.volume = true;
  options.pixel_A = 8.0;
  MrcStackWriter writer("rec.mrc", 20, 10, 6, options);
  for (int z = 0; z < 6; ++z) writer.append(image.view());
  writer.finish();
  const auto report = read_project();
  const auto& series = series_of(report, "TS_1");
  EXPECT_FALSE(series.tilt_jpeg.empty());
  EXPECT_FALSE(series.tomogram_xy.empty());
  EXPECT_FALSE(series.tomogram_xz.empty());
  EXPECT_EQ(series.tomogram_px, (std::array<int, 3>{20, 10, 6}));
  EXPECT_NEAR(series.tomogram_A, 8.0, 1e-6);
  EXPECT_EQ(occurrences(project_html(report), "data:image/jpeg"), 3u);
}

TEST(Project, DamagedFilesDoNotStopTheReport) {
  const WorkingFolder folder;
  write_example();
  write("MotionCorr/job3/corrected_tilt_series.star", "data_global\nloop_\n_rlnTomoName\nTS_1\n");
  write("MotionCorr/job4/corrected_tilt_series.star", "\xff\xfe no star");
  write("AlignTiltSeries/job10/summary.json", "{\"series\":[{\"name\":3},7,{\"name\":\"TS_1\"");
  write("AlignTiltSeries/job11/gimbal-align.json", "[]");
  write("AlignTiltSeries/job10/external/TS_1/alignment.json", "{}");
  write("ExcludeTiltImages/job12/excluded_tilts.star", "data_TS_1\nloop_\n_gimbalTiltNumber\nx\n");
  write_series("ExcludeTiltImages/job12", "selected_tilt_series.star", {"TS_1"},
               "_rlnAccumMotionTotal\n", "<b>");
  write_series("Tomograms/job13", "tomograms.star", {"TS_1"}, "", "",
               "_rlnTomoReconstructedTomogram\n_rlnTomoSizeX\n_rlnTomoTomogramBinning\n",
               "missing.mrc nan 0");
  const auto report = read_project();
  EXPECT_GE(report.warnings.size(), 2u);
  EXPECT_EQ(series_of(report, "TS_1").alignment.verdict, "pass");
  EXPECT_EQ(markup_problem(project_html(report)), "");
}

TEST(Project, NamesAreEscaped) {
  const WorkingFolder folder;
  write_example();
  auto report = read_project();
  const std::string evil = "\"><script>alert(1)</script>\xff";
  report.name = evil;
  report.warnings = {evil};
  for (auto& job : report.jobs) job.folder = job.program = evil;
  for (auto& series : report.series) {
    series.name = series.alignment.method = series.alignment.verdict = evil;
    for (auto& stage : series.stages)
      if (stage) stage->remarks = {evil};
    for (auto& tilt : series.tilts.tilts) tilt.key = tilt.reason = evil;
  }
  const auto html = project_html(report);
  EXPECT_EQ(markup_problem(html), "");
  EXPECT_EQ(html.find("<script>alert"), std::string::npos);
  EXPECT_EQ(html.find('\xff'), std::string::npos);
}

TEST(Project, FoldersWithoutJobsAreRefused) {
  const WorkingFolder folder;
  write("notes/x.txt", "x");
  fs::create_directories(".Nodes/job001");
  write(".Nodes/job001/tilt_series.star", "x");
  try {
    read_project();
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("holds no jobs of a RELION project"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace gimbal
