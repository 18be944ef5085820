// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/tilt_series.h"

#include "support/shared_data.h"
#include "support/working_folder.h"

#include "gimbal/data/labels.h"
#include "gimbal/data/tilt_series_check.h"
#include "gimbal/io/file.h"

#include <gtest/gtest.h>

#include <set>

namespace gimbal {
namespace {

namespace fs = std::filesystem;

// A folder of its own that is the working directory while the test runs.
class TiltSeriesFiles : public testing::Test {
 protected:
  static void write(const std::string& name, const std::string& text) {
    write_text_atomically(name, text);
  }
  WorkingFolder folder_;
};

const std::string global_two =
    "# mine\n\ndata_global\n\nloop_\n_rlnTomoName #1\n_rlnTomoTiltSeriesStarFile #2\n"
    "_rlnVoltage #3\n_rlnMicrographOriginalPixelSize #4\n_rlnTomoHand #5\n_whatever #6\n"
    "TS_01 in/TS_01.star 300.0 1.35 -1 x\nTS_02 in/TS_02.star 300.0 1.35 -1 y\n\n"
    "data_notes\n_key value\n";
const std::string series_one =
    "data_TS_01\nloop_\n_rlnMicrographPreExposure\n_rlnMicrographMovieName\n_mine\n"
    "6 f/b.mrc 0.10\n0 f/a.mrc 0.2000\n3.0 f/c.mrc 3e-1\n";
const std::string series_two =
    "data_TS_02\nloop_\n_rlnMicrographMovieName\n_rlnMicrographPreExposure\nf/d.mrc 0\n";

TEST_F(TiltSeriesFiles, KeepsUnknownColumnsBlocksCommentsAndTheOrderOfRows) {
  write("in.star", global_two);
  write("in/TS_01.star", series_one);
  write("in/TS_02.star", series_two);
  auto set = read_tilt_series("in.star");
  EXPECT_TRUE(set.findings.empty());
  ASSERT_EQ(set.series.size(), 2u);
  EXPECT_EQ(set.series[0].original_pixel_A(), 1.35);
  EXPECT_EQ(set.series[0].find("f/c.mrc")->pre_exposure_e_A2(), 3.0);
  set.series[0].find("f/a.mrc")->set(label::micrograph_name, "out/a.mrc");
  set.series[0].global.set(label::tilt_series_pixel, 2.7);
  write_tilt_series("out/corrected_tilt_series.star", set);

  const auto again = read_tilt_series("out/corrected_tilt_series.star");
  ASSERT_EQ(again.series.size(), 2u);
  const auto& first = again.series[0];
  EXPECT_EQ(first.global.text(label::tilt_series_file), "out/tilt_series/TS_01.star");
  EXPECT_EQ(first.global.text("whatever"), "x");
  EXPECT_EQ(first.tilts[0].text("mine"), "0.10");
  EXPECT_EQ(first.tilts[2].text("mine"), "3e-1");
  EXPECT_EQ(first.tilts[0].text(label::micrograph_name), "None");
  EXPECT_EQ(first.tilts[1].text(label::micrograph_name), "out/a.mrc");
  EXPECT_EQ(first.tilts[1].fields().back().label, label::micrograph_name);
  EXPECT_FALSE(again.series[1].tilts[0].has(label::micrograph_name));
  EXPECT_EQ(again.comments.back(), "# mine");
  EXPECT_EQ(again.other_blocks.at(0).at(0, "key"), "value");
}

TEST_F(TiltSeriesFiles, AcquisitionOrderAndDosesDoNotDependOnTheRows) {
  write("in.star", global_two);
  write("in/TS_01.star", series_one);
  write("in/TS_02.star", series_two);
  const auto set = read_tilt_series("in.star");
  EXPECT_EQ(set.series[0].acquisition_order(), (std::vector<std::size_t>{1, 2, 0}));
  EXPECT_EQ(set.series[0].tilt_doses_e_A2(), (std::vector<double>{3, 3, 3}));
  EXPECT_EQ(set.series[1].tilt_doses_e_A2(), (std::vector<double>{0}));
  const auto movie = set.series[0].movie(set.series[0].tilts[2]);
  EXPECT_EQ(movie.path, "f/c.mrc");
  EXPECT_EQ(movie.pre_exposure_e_A2, 3.0);
}

TEST_F(TiltSeriesFiles, OneUnreadableSeriesDoesNotStopTheOthers) {
  write("in.star", global_two);
  write("in/TS_01.star", series_one);
  const auto set = read_tilt_series("in.star");
  ASSERT_EQ(set.series.size(), 1u);
  ASSERT_EQ(set.unreadable.size(), 1u);
  EXPECT_EQ(set.unreadable[0].name, "TS_02");
  EXPECT_NE(set.unreadable[0].reason.find("in/TS_02.star"), std::string::npos);
  fs::remove("in/TS_01.star");
  EXPECT_THROW(read_tilt_series("in.star"), Error);
}

TEST_F(TiltSeriesFiles, FilesBesideTheStarFileAreFoundAndMentioned) {
  write("elsewhere/in.star", global_two);
  write("elsewhere/in/TS_01.star", series_one);
  write("elsewhere/tilt_series/TS_02.star", series_two);
  const auto set = read_tilt_series("elsewhere/in.star");
  EXPECT_EQ(set.series.size(), 2u);
  ASSERT_EQ(set.findings.size(), 2u);
  EXPECT_NE(set.findings[0].text.find("elsewhere/in/TS_01.star was read instead"),
            std::string::npos);
}

TEST_F(TiltSeriesFiles, DoubtfulTablesAreReported) {
  write("in.star",
        "data_global\nloop_\n_rlnTomoName\n_rlnTomoTiltSeriesStarFile\nTS_01 TS_01.star\n");
  write("TS_01.star", "data_other\nloop_\n_rlnMicrographMovieName\n_x\na.mrc 1\na.mrc 2\n");
  const auto set = read_tilt_series("in.star");
  ASSERT_EQ(set.findings.size(), 2u);
  EXPECT_NE(set.findings[0].text.find("RELION expects data_TS_01"), std::string::npos);
  EXPECT_NE(set.findings[1].text.find("a.mrc stands in more than one row"), std::string::npos);
}

TEST_F(TiltSeriesFiles, NamesThatWouldLeaveTheFolderAreRefused) {
  write("in.star",
        "data_global\nloop_\n_rlnTomoName\n_rlnTomoTiltSeriesStarFile\n../../x TS_01.star\n");
  write("TS_01.star", series_one);
  EXPECT_THROW(read_tilt_series("in.star"), Error);
  EXPECT_THROW(tilt_series_path("out", "a/b"), Error);
  EXPECT_THROW(tilt_series_path("out", ".."), Error);
  EXPECT_EQ(tilt_series_path("out", "TS_1.5"), fs::path("out/tilt_series/TS_1.5.star"));
}

std::string words_of(const Findings& findings) {
  std::string text;
  for (const auto& finding : findings) text += finding.text + '\n';
  return text;
}

TEST_F(TiltSeriesFiles, ChecksFindWhatRelionWouldStumbleOver) {
  write("in.star", global_two);
  write("in/TS_01.star", series_one);
  write("in/TS_02.star", series_two);
  write("f/a.mrc", "");
  const auto words = words_of(check_star_file("in.star"));
  for (const char* part : {"TS_01: the rows are not in order",
                           "TS_01: 2 of 3 movies do not exist; the first one is f/b",
                           "TS_02 has other columns than TS_01"})
    EXPECT_NE(words.find(part), std::string::npos) << part << " in\n" << words;
  EXPECT_EQ(words_of(check_star_file("in/TS_01.star")), "");

  write("in/TS_02.star",
        "data_TS_02\nloop_\n_rlnMicrographMovieName\n_rlnMicrographPreExposure\nf/d.mrc x\nf/e.mrc "
        "y\n");
  const auto values = check_star_file("in/TS_02.star");
  ASSERT_EQ(values.size(), 1u);
  EXPECT_EQ(values[0].defect, Defect::inconsistent);
  EXPECT_NE(values[0].text.find("is 'x' in row 1, and wrong in 1 more rows"), std::string::npos);

  fs::remove_all("in");
  EXPECT_NE(words_of(check_star_file("in.star")).find("no tilt series of in.star can be read"),
            std::string::npos);
}

TEST_F(TiltSeriesFiles, RelionsOwnFilesAreReadAndWrittenTheSame) {
  const auto shared = shared_data("relion_reference");
  if (shared.empty()) GTEST_SKIP() << missing_shared_data("relion_reference");
  for (const std::string job : {"mrc", "tiff_gain", "eer"}) {
    fs::current_path(shared / job);
    const auto set = read_tilt_series("MotionCorr/job002/corrected_tilt_series.star");
    fs::current_path(folder_.path());
    EXPECT_TRUE(set.findings.empty());
    write_tilt_series("MotionCorr/job002/corrected_tilt_series.star", set);
    for (const std::string name : {"corrected_tilt_series.star", "tilt_series/TS_01.star"})
      EXPECT_EQ(read_text("MotionCorr/job002/" + name),
                read_text(shared / job / "MotionCorr/job002" / name))
          << job;
  }
}

TEST(Record, ValuesAreTypedAndErrorsNameThePlace) {
  auto records = records_of(
      parse_star("data_a\nloop_\n_x\n_y\n1 b\n2.5 c\n", "f.star").tables.at(0), "f.star");
  EXPECT_EQ(records[0].integer("x"), 1);
  EXPECT_EQ(records[1].number("x"), 2.5);
  EXPECT_THROW(records[1].integer("x"), Error);
  EXPECT_FALSE(records[0].optional_number("z").has_value());
  try {
    records[1].number("y");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "_y is 'c' in row 2 of data_a in f.star, but a number was expected");
  }
}

TEST(Labels, AreUniqueAndFound) {
  std::set<std::string_view> names;
  for (const auto& info : all_labels()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_TRUE(info.name.starts_with("rln") || info.name.starts_with("gimbal"));
    EXPECT_FALSE(info.meaning.empty());
  }
  EXPECT_EQ(find_label(label::pre_exposure)->unit, "e/A^2");
  EXPECT_EQ(find_label("rlnNothing"), nullptr);
}

}  // namespace
}  // namespace gimbal
