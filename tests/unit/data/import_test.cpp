// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/import.h"

#include "support/shared_data.h"
#include "support/working_folder.h"

#include "gimbal/core/text.h"
#include "gimbal/data/labels.h"
#include "gimbal/io/file.h"

#include <gtest/gtest.h>

namespace gimbal {
namespace {

namespace fs = std::filesystem;

// Movies are empty files: a probe says what would be in them.
class Import : public testing::Test {
 protected:
  void SetUp() override { options_.angpix = 1.35; }
  static void touch(const std::vector<std::string>& names) {
    for (const auto& name : names) write_text_atomically(name, "");
  }
  // Sections "angle movie": dates rise with the sections.
  static void write_mdoc(const std::string& name, const std::vector<std::string>& sections,
                         const std::string& extra = "ExposureDose = 3\nNumSubFrames = 8\n") {
    std::string text = "[T = Tilt axis angle = 85.3, binning = 1]\n";
    for (std::size_t i = 0; i < sections.size(); ++i) {
      const auto words = split_words(sections[i]);
      text += fmt::format(
          "[ZValue = {}]\nTiltAngle = {}\nSubFramePath = {}\n"
          "DateTime = 14-Nov-23  22:{:02}:00\n{}\n",
          i, words[0], words[1], i, extra);
    }
    write_text_atomically(name, text);
  }
  ImportResult run(MovieFacts facts = {64, 48, 8}) {
    return import_tilt_series(options_, [=](const fs::path&) { return facts; });
  }
  static std::string all_words(const ImportResult& result) {
    std::string text;
    for (const auto& series : result.series)
      for (const auto& finding : series.findings) text += finding.text + '\n';
    for (const auto& [item, reason] : result.failed) text += item + ": " + reason + '\n';
    return text;
  }

  ImportOptions options_;
  WorkingFolder folder_;
};

TEST_F(Import, ColumnsAndValuesAreRelions) {
  touch({"frames/TS_01_000_0.0.mrc", "frames/TS_01_001_3.0.mrc"});
  write_mdoc("mdoc/TS_01.mrc.mdoc",
             {"0.001 D:\\x\\TS_01_000_0.0.mrc", "3 D:\\x\\TS_01_001_3.0.mrc"},
             "TargetDefocus = -4\nNumSubFrames = 8\n");
  options_.mdoc = {"mdoc/*.mdoc"};
  options_.dose = 3;
  const auto result = run();
  ASSERT_EQ(result.set.series.size(), 1u) << all_words(result);
  EXPECT_TRUE(result.series[0].findings.empty()) << all_words(result);
  write_tilt_series("Import/job001/tilt_series.star", result.set);
  const auto text = read_text("Import/job001/tilt_series/TS_01.star");
  EXPECT_EQ(text,
            "\n# version 50001\n\ndata_TS_01\n\nloop_ \n_rlnMicrographMovieName #1 \n"
            "_rlnTomoTiltMovieFrameCount #2 \n_rlnTomoNominalStageTiltAngle #3 \n"
            "_rlnTomoNominalTiltAxisAngle #4 \n_rlnMicrographPreExposure #5 \n"
            "_rlnTomoNominalDefocus #6 \n"
            "frames/TS_01_000_0.0.mrc            8     0.001000    85.000000     0.000000     "
            "-4.00000 \n"
            "frames/TS_01_001_3.0.mrc            8     3.000000    85.000000     3.000000     "
            "-4.00000 \n \n");
}

// RELION loses all series when a prefix is given (#1187).
TEST_F(Import, PrefixesGoBeforeTheName) {
  touch({"frames/a_0.0.mrc"});
  write_mdoc("TS 1.mrc.mdoc", {"0 a_0.0.mrc"});
  options_.mdoc = {"*.mdoc"};
  options_.prefix = "grid 2";
  EXPECT_EQ(run().set.series.at(0).name(), "grid_2_TS_1");
}

// RELION pairs mdocs with movies by position when one of them is filtered out (#1327).
TEST_F(Import, ASeriesWithoutMoviesDoesNotShiftTheOthers) {
  touch({"frames/b_0.0.mrc", "frames/b_3.0.mrc", "frames/c_0.0.mrc"});
  write_mdoc("a.mrc.mdoc", {"0 a_0.0.mrc"});
  write_mdoc("b.mrc.mdoc", {"0 b_0.0.mrc", "3 b_3.0.mrc"});
  write_mdoc("c.mrc.mdoc", {"0 c_0.0.mrc", "3 c_3.0.mrc"});
  options_.mdoc = {"*.mdoc"};
  const auto result = run();
  ASSERT_EQ(result.set.series.size(), 2u);
  EXPECT_EQ(result.set.series[0].name(), "b");
  EXPECT_NE(result.set.series[0].find("frames/b_3.0.mrc"), nullptr);
  EXPECT_EQ(result.set.series[1].tilts.size(), 1u);
  EXPECT_EQ(result.series[1].without_movie, (std::vector<std::string>{"c_3.0.mrc"}));
  ASSERT_EQ(result.failed.size(), 1u);
  EXPECT_NE(result.failed[0].reason.find("none of its 1 movies"), std::string::npos);
}

TEST_F(Import, AMovieBelongsToOneRowOnly) {
  touch({"frames/a.mrc", "frames/b.mrc"});
  write_mdoc("x.mdoc", {"0 a.mrc", "3 b.mrc"});
  write_mdoc("y.mdoc", {"0 a.mrc"});
  write_mdoc("z.mdoc", {"0 b.mrc", "3 b.mrc"});
  options_.mdoc = {"*.mdoc"};
  const auto result = run();
  EXPECT_EQ(result.set.series.size(), 1u);
  ASSERT_EQ(result.failed.size(), 2u);
  EXPECT_NE(result.failed[0].reason.find("claimed by both"), std::string::npos);
}

TEST_F(Import, MissingMoviesCountForTheDose) {
  touch({"frames/a.mrc", "frames/c.mrc", "frames/other.mrc"});
  write_mdoc("x.mdoc", {"0 a.mrc", "3 b.mrc", "6 c.mrc"});
  options_.mdoc = {"*.mdoc"};
  const auto result = run();
  EXPECT_EQ(result.set.series[0].find("frames/c.mrc")->pre_exposure_e_A2(), 6.0);
  EXPECT_EQ(result.unclaimed_movies, (std::vector<fs::path>{"frames/other.mrc"}));
}

TEST_F(Import, FramesComeFromTheMovieAndDisagreementIsSaid) {
  touch({"frames/a.mrc", "frames/b.mrc"});
  write_mdoc("x.mdoc", {"0 a.mrc", "3 b.mrc"});
  options_.mdoc = {"*.mdoc"};
  const auto result = run({64, 48, 5});
  EXPECT_EQ(result.set.series[0].tilts[0].integer(label::frame_count), 5);
  EXPECT_NE(all_words(result).find("differs from the record in 2 movies"), std::string::npos);
}

TEST_F(Import, UnreadableMoviesKeepTheirRow) {
  touch({"frames/a.mrc", "frames/b.mrc"});
  write_mdoc("x.mdoc", {"0 a.mrc", "3 b.mrc"});
  options_.mdoc = {"*.mdoc"};
  const auto result = import_tilt_series(options_, [](const fs::path& path) -> MovieFacts {
    if (path == "frames/b.mrc") fail("it is cut");
    return {100, 100, 8};
  });
  EXPECT_EQ(result.series[0].unreadable, (std::vector<std::string>{"frames/b.mrc"}));
  EXPECT_EQ(result.set.series[0].tilts.size(), 2u);
}

TEST_F(Import, MdocsOfSingleMoviesBecomeSeries) {
  for (const std::string name : {"g_001_0.0", "g_002_3.0", "h_001_0.0"}) {
    touch({"frames/" + name + ".tif"});
    write_mdoc("frames/" + name + ".tif.mdoc", {name.substr(6) + " D:\\f\\" + name + ".tif"});
  }
  options_.movies = {"frames/*.tif"};
  options_.mdoc = {"frames/*.mdoc"};
  const auto result = run();
  ASSERT_EQ(result.set.series.size(), 2u) << all_words(result);
  EXPECT_EQ(result.set.series[0].name(), "g");
  EXPECT_EQ(result.set.series[0].tilts[1].nominal_angle_deg(), 3.0);
  EXPECT_EQ(result.set.series[1].name(), "h");
}

TEST_F(Import, MontagesAndOtherFilesAreRefusedWithTheReason) {
  touch({"frames/a.mrc"});
  write_mdoc("x.mdoc", {"0 a.mrc"});
  write_text_atomically("map.mdoc",
                        "Montage = 1\n[ZValue = 0]\nPieceCoordinates = 0 0 0\n"
                        "[ZValue = 1]\nPieceCoordinates = 0 9 0\n");
  write_text_atomically("bad.mdoc", "no");
  options_.mdoc = {"*.mdoc"};
  const auto result = run();
  EXPECT_EQ(result.set.series.size(), 1u);
  EXPECT_NE(all_words(result).find("map.mdoc: it is a montage"), std::string::npos);
  EXPECT_NE(all_words(result).find("bad.mdoc has no section"), std::string::npos);
}

TEST_F(Import, CorrectedImagesHaveNoMovieColumns) {
  touch({"sums/a.mrc"});
  write_mdoc("x.mdoc", {"0 a.tif"});
  options_.movies = {"sums/*.mrc"};
  options_.mdoc = {"*.mdoc"};
  options_.images_are_motion_corrected = true;
  const auto result = run({64, 48, 1});
  const auto& series = result.set.series.at(0);
  EXPECT_TRUE(result.series[0].findings.empty()) << all_words(result);
  EXPECT_FALSE(series.tilts[0].has(label::movie_name));
  EXPECT_FALSE(series.tilts[0].has(label::frame_count));
  EXPECT_EQ(series.tilts[0].fields().back().label, label::micrograph_name);
  EXPECT_EQ(series.global.number(label::tilt_series_pixel), 1.35);
  EXPECT_NE(series.find("sums/a.mrc"), nullptr);
}

TEST_F(Import, TablesOfAnglesAndDoses) {
  touch({"frames/a.mrc", "frames/b.mrc", "frames/c.mrc"});
  write_text_atomically("t.txt",
                        "# mine\nseries movie angle pre_exposure\nS1 a.mrc 3 2.5\nS1 b.mrc 0 0\n"
                        "S2 c.mrc -3 0\n");
  options_.table = {"t.txt"};
  const auto result = run();
  ASSERT_EQ(result.set.series.size(), 2u) << all_words(result);
  EXPECT_EQ(result.set.series[0].tilts[0].movie_name(), "frames/b.mrc");
  EXPECT_EQ(result.set.series[0].tilts[1].pre_exposure_e_A2(), 2.5);
  EXPECT_EQ(result.set.series[1].tilts[0].integer(label::frame_count), 8);

  write_text_atomically("t.star",
                        "data_\nloop_\n_rlnMicrographMovieName\n_rlnTomoNominalStageTiltAngle\n"
                        "a.mrc 3\nb.mrc 0\n");
  options_.table = {"t.star"};
  EXPECT_EQ(run().set.series.at(0).name(), "t");
}

TEST_F(Import, BadTablesSayTheLine) {
  touch({"frames/a.mrc"});
  options_.table = {"t.csv"};
  const std::pair<const char*, const char*> cases[] = {
      {"a.mrc,3\n", "'a.mrc' is none of them"},
      {"movie,angle\na.mrc\n", "line 2"},
      {"movie,angle\na.mrc,x\n", "_rlnTomoNominalStageTiltAngle is 'x' in line 2"},
      {"movie,angle\na.mrc,123\n", "must be from -90 to 90"},
      {"movie,angle\n", "no rows"},
      {"movie,dose\na.mrc,1\n", "_rlnTomoNominalStageTiltAngle is missing"}};
  for (const auto& [text, words] : cases) {
    write_text_atomically("t.csv", text);
    EXPECT_NE(all_words(run()).find(words), std::string::npos) << all_words(run());
  }
}

TEST_F(Import, OptionsThatContradictAreUsageErrors) {
  touch({"frames/a.mrc"});
  EXPECT_THROW(run(), UsageError);
  options_.mdoc = {"*.mdoc"};
  EXPECT_THROW(run(), UsageError);
  options_.table = {"x"};
  EXPECT_THROW(run(), UsageError);
  options_ = {};
  options_.movies = {"nothing/*"};
  EXPECT_THROW(run(), UsageError);
}

// The reference rounds what its mdocs give with 5 decimals.
TEST_F(Import, RelionsOwnImportsComeOutTheSame) {
  const auto shared = shared_data("relion_reference");
  if (shared.empty()) GTEST_SKIP() << missing_shared_data("relion_reference");
  const std::tuple<std::string, std::string, double, double> jobs[] = {
      {"mrc", "mrc", 5.4, 3.0}, {"tiff_gain", "tif", 5.4, 3.0}, {"eer", "eer", 1.96, 0.4}};
  for (const auto& [job, extension, angpix, dose] : jobs) {
    fs::current_path(shared / job);
    options_ = {};
    options_.movies = {"frames/*." + extension};
    options_.mdoc = {"mdoc/*.mdoc"};
    options_.angpix = angpix;
    options_.dose = dose;
    options_.optics_group_name = "opticsGroup1";
    const int n_frames = job == "eer" ? 60 : 8;
    const auto result = run({512, 480, n_frames});
    EXPECT_EQ(all_words(result), "") << job;
    const auto expected = read_tilt_series("Import/job001/tilt_series.star");
    fs::current_path(folder_.path());
    write_tilt_series("Import/job001/tilt_series.star", result.set);
    const auto written = read_tilt_series("Import/job001/tilt_series.star");
    ASSERT_EQ(written.series.size(), expected.series.size());
    const auto same = [&, name = job](const Record& a, const Record& b) {
      ASSERT_EQ(a.fields().size(), b.fields().size()) << name;
      for (std::size_t i = 0; i < a.fields().size(); ++i) {
        EXPECT_EQ(a.fields()[i].label, b.fields()[i].label);
        const auto x = parse_double(a.fields()[i].value), y = parse_double(b.fields()[i].value);
        if (x && y)
          EXPECT_NEAR(*x, *y, 1e-5) << a.fields()[i].label;
        else
          EXPECT_EQ(a.fields()[i].value, b.fields()[i].value);
      }
    };
    same(written.series[0].global, expected.series[0].global);
    ASSERT_EQ(written.series[0].tilts.size(), expected.series[0].tilts.size());
    for (std::size_t i = 0; i < written.series[0].tilts.size(); ++i)
      same(written.series[0].tilts[i], expected.series[0].tilts[i]);
  }
}

}  // namespace
}  // namespace gimbal
