// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/acquisition.h"

#include "gimbal/data/import_checks.h"
#include "gimbal/data/import_dose.h"
#include "gimbal/data/import_match.h"
#include "gimbal/io/pattern.h"

#include <gtest/gtest.h>

namespace gimbal {
namespace {

std::vector<AcquiredTilt> tilts_named(const std::vector<std::string>& names) {
  std::vector<AcquiredTilt> tilts;
  for (const auto& name : names) tilts.emplace_back().movie = name;
  return tilts;
}

std::string words_of(const Findings& findings) {
  std::string text;
  for (const auto& finding : findings) text += finding.text + '\n';
  return text;
}

TEST(TiltName, HasSeriesNumberAngleAndTime) {
  const auto name = parse_tilt_name("TS_01_012_-36.0.mrc");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->series, "TS_01");
  EXPECT_EQ(name->number, "012");
  EXPECT_EQ(name->angle_deg, -36.0);
  EXPECT_FALSE(name->time_s);

  const auto serialem = parse_tilt_name("s_mmm_00993_33.0_Oct08_07.39.05.tif");
  ASSERT_TRUE(serialem);
  EXPECT_EQ(serialem->series, "s_mmm");
  EXPECT_EQ(serialem->angle_deg, 33.0);
  ASSERT_TRUE(serialem->time_s);
  EXPECT_EQ(*parse_tilt_name("s_mmm_00994_36.0_Oct08_07.40.06.tif")->time_s - *serialem->time_s,
            61.0);

  const auto tomo5 = parse_tilt_name("Position_10_001_-20.00_20230324_121311_EER.eer");
  ASSERT_TRUE(tomo5);
  EXPECT_EQ(tomo5->series, "Position_10");
  EXPECT_EQ(tomo5->number, "001");
  EXPECT_EQ(tomo5->angle_deg, -20.0);
  EXPECT_TRUE(tomo5->time_s);

  EXPECT_EQ(parse_tilt_name("TS_02.5_000_0.0.mrc.zst")->series, "TS_02.5");
  EXPECT_EQ(parse_tilt_name("TS_003[12.50].tif")->angle_deg, 12.5);
  for (const char* bad : {"017_01.mrc", "gain.mrc", "12.0.mrc", "a_nan.mrc", "a_1e1.mrc", ""})
    EXPECT_FALSE(parse_tilt_name(bad)) << bad;
}

TEST(TiltName, StemsKeepTheDotsThatAreNotExtensions) {
  EXPECT_EQ(image_stem("TS_01_000_0.0.mrc"), "TS_01_000_0.0");
  EXPECT_EQ(image_stem("TS_01_000_0.5"), "TS_01_000_0.5");
  EXPECT_EQ(image_stem("a.b.mrc.mdoc"), "a.b");
  EXPECT_EQ(image_stem("a.TIFF.bz2"), "a");
  EXPECT_EQ(image_stem(".mrc"), ".mrc");
}

// A number that all tilts of a series share is part of the series' name.
TEST(TiltName, NumbersAreOfTiltsOrOfSeries) {
  std::vector<FailedItem> failed;
  auto series = group_by_name(
      tilts_named({"t_100_0.0_May30_22.19.28.tif", "t_100_3.0_May30_22.20.28.tif",
                   "t_101_0.0_May31_22.19.28.tif", "t_101_3.0_May31_22.20.28.tif", "x.tif"}),
      failed);
  ASSERT_EQ(series.size(), 2u);
  EXPECT_EQ(series[0].name, "t_100");
  EXPECT_EQ(series[1].name, "t_101");
  EXPECT_FALSE(series[0].tilts[0].order);
  EXPECT_TRUE(series[0].tilts[0].time_s);
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0].item, "x.tif");

  series = group_by_name(tilts_named({"t_1_002_0.0.tif", "t_1_001_3.0.tif"}), failed);
  ASSERT_EQ(series.size(), 1u);
  EXPECT_EQ(series[0].name, "t_1");
  EXPECT_EQ(series[0].tilts[0].order, 2.0);
}

// RELION strips all extensions, so 0.0 and 0.5 collide (#1165).
TEST(MovieIndex, NamesThatDifferBehindADotAreDifferent) {
  const MovieIndex index({"frames/TS_01_000_0.0.mrc", "frames/TS_01_001_0.5.mrc"});
  EXPECT_EQ(index.find("X:\\d\\TS_01_001_0.5.mrc"), "frames/TS_01_001_0.5.mrc");
  EXPECT_EQ(index.find("/d/TS_01_000_0.0.mrc"), "frames/TS_01_000_0.0.mrc");
  EXPECT_EQ(index.find("TS_01_001_0.0.mrc"), "");
  EXPECT_EQ(index.find(""), "");
}

TEST(MovieIndex, TheStemDecidesWhenTheExtensionDiffers) {
  const MovieIndex index({"frames/a_0.0.tif.zst", "frames/b_0.0_EER.eer"});
  EXPECT_EQ(index.find("a_0.0.mrc"), "frames/a_0.0.tif.zst");
  EXPECT_EQ(index.find("B_0.0_eer.eer"), "frames/b_0.0_EER.eer");
}

TEST(MovieIndex, SumsOfMoviesAreFoundByTheNamesOfTheirMovies) {
  const MovieIndex index({"sums/TS_01_000_0_0.mrc", "sums/TS_01_001_0_5.mrc", "b_0_0.mrc"});
  EXPECT_EQ(index.find("X:\\TS_01_000_0.0.tif"), "sums/TS_01_000_0_0.mrc");
  EXPECT_EQ(index.find("TS_01_001_0.5.mrc"), "sums/TS_01_001_0_5.mrc");
  EXPECT_TRUE(index.find("TS_01_000_0-0.mrc").empty());
  // A dot where the file has one comes first.
  const MovieIndex both({"a_0.0.mrc", "a_0_0.mrc"});
  EXPECT_EQ(both.find("a_0.0.eer"), "a_0.0.mrc");
  EXPECT_EQ(both.find("a_0_0.eer"), "a_0_0.mrc");
}

TEST(MovieIndex, AmbiguousNamesAreNeverGuessed) {
  const MovieIndex index({"g1/frames/a.mrc", "g2/frames/a.mrc", "b.mrc", "b.tif"});
  EXPECT_EQ(index.find("X:\\g2\\frames\\a.mrc"), "g2/frames/a.mrc");
  EXPECT_EQ(index.find("b.tif"), "b.tif");
  EXPECT_THROW(index.find("a.mrc"), Error);
  try {
    index.find("b.eer");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("b.mrc or b.tif"), std::string::npos);
  }
}

TEST(Pattern, NaturalOrder) {
  EXPECT_TRUE(natural_less("TS_2.mrc", "TS_10.mrc"));
  EXPECT_FALSE(natural_less("TS_10.mrc", "TS_2.mrc"));
  EXPECT_TRUE(natural_less("TS_02", "TS_2"));
  EXPECT_FALSE(natural_less("TS_2", "TS_02"));
  EXPECT_FALSE(natural_less("a", "a"));
  EXPECT_TRUE(natural_less("a", "a1"));
  EXPECT_TRUE(natural_less("a99999999999999999998", "a99999999999999999999"));
}

TEST(AcquisitionOrder, DatesThenPriorDosesThenTheFile) {
  std::vector<AcquiredTilt> tilts = tilts_named({"a", "b", "c"});
  Findings findings;
  EXPECT_EQ(sort_by_acquisition(tilts, findings), "the order of the file");
  EXPECT_NE(words_of(findings).find("there are no dates"), std::string::npos);

  findings.clear();
  tilts[0].prior_dose_e_A2 = 6;
  tilts[1].prior_dose_e_A2 = 0;
  tilts[2].prior_dose_e_A2 = 3;
  EXPECT_EQ(sort_by_acquisition(tilts, findings), "the prior doses");
  EXPECT_EQ(tilts[0].movie + tilts[1].movie + tilts[2].movie, "bca");

  for (auto& tilt : tilts) tilt.time_s = tilt.movie == "a" ? 5.0 : 7.0;  // b and c: a tie
  EXPECT_EQ(sort_by_acquisition(tilts, findings), "the dates");
  EXPECT_EQ(tilts[0].movie + tilts[1].movie + tilts[2].movie, "abc");
  EXPECT_TRUE(findings.empty());

  tilts[0].order = 3, tilts[1].order = 2, tilts[2].order = 1;
  EXPECT_EQ(sort_by_acquisition(tilts, findings), "the recorded order");
  EXPECT_EQ(tilts[0].movie, "c");
}

// RELION adds the dose of the tilt itself (#1188).
TEST(PreExposures, AreTheDoseBeforeTheTilt) {
  auto tilts = tilts_named({"a", "b", "c"});
  for (auto& tilt : tilts) tilt.dose_e_A2 = 2.0, tilt.n_frames = 10;
  tilts[1].dose_e_A2 = 2.5, tilts[1].n_frames = 20;
  ImportOptions options;
  Findings findings;
  EXPECT_EQ(pre_exposures(tilts, options, findings).e_A2, (std::vector<double>{0, 2, 4.5}));
  options.dose = 3;
  EXPECT_EQ(pre_exposures(tilts, options, findings).e_A2, (std::vector<double>{0, 3, 6}));
  options.dose_per_movie_frame = 0.5;
  EXPECT_EQ(pre_exposures(tilts, options, findings).e_A2, (std::vector<double>{0, 5, 15}));
  tilts[1].n_frames = 0;
  EXPECT_THROW(pre_exposures(tilts, options, findings), Error);
  EXPECT_TRUE(findings.empty());
}

TEST(PreExposures, RecordedPriorDosesAreUsedWhenTheyRise) {
  auto tilts = tilts_named({"a", "b", "c"});
  ImportOptions options;
  Findings findings;
  tilts[0].prior_dose_e_A2 = 0.07, tilts[1].prior_dose_e_A2 = 2.3, tilts[2].prior_dose_e_A2 = 4.5;
  EXPECT_EQ(pre_exposures(tilts, options, findings).e_A2, (std::vector<double>{0.07, 2.3, 4.5}));
  EXPECT_TRUE(findings.empty());
  tilts[2].prior_dose_e_A2 = 2.3;
  tilts[0].dose_e_A2 = 2.0, tilts[2].dose_e_A2 = 2.0;
  EXPECT_EQ(pre_exposures(tilts, options, findings).e_A2, (std::vector<double>{0, 2, 4}));
  EXPECT_NE(words_of(findings).find("do not rise"), std::string::npos);
  EXPECT_NE(words_of(findings).find("1 of 3 tilts have no dose"), std::string::npos);
}

TEST(PreExposures, WithoutAnyDoseRelionsDefaultIsAssumedAndSaid) {
  auto tilts = tilts_named({"a", "b"});
  Findings findings;
  EXPECT_EQ(pre_exposures(tilts, {}, findings).e_A2, (std::vector<double>{0, 3}));
  EXPECT_NE(words_of(findings).find("give --dose"), std::string::npos);
}

TEST(ImportChecks, TheNominalAxisIsComparedWithTheRecord) {
  AcquiredSeries series;
  EXPECT_TRUE(check_axis(series, 85).empty());
  series.rotation_deg = 175.3;  // SerialEM: axis + 90
  EXPECT_TRUE(check_axis(series, 85).empty());
  series.title_axis_deg = 85.3;
  EXPECT_TRUE(check_axis(series, 87).empty());
  EXPECT_NE(words_of(check_axis(series, 90)).find("4.7 degrees away"), std::string::npos);
  EXPECT_NE(words_of(check_axis(series, -94)).find("mirrored"), std::string::npos);

  series.tomography5 = true;
  series.title_axis_deg = -171.35;
  series.rotation_deg = 81.35;
  for (const double fine : {-171.35, 8.65, 98.0, -81.35, 82.0})
    EXPECT_TRUE(check_axis(series, fine).empty()) << fine;
  EXPECT_NE(words_of(check_axis(series, 85)).find("Tomography 5"), std::string::npos);
}

TEST(ImportChecks, DoubtfulMetadataIsReported) {
  AcquiredSeries series;
  series.tilts = tilts_named({"a", "b", "c"});
  series.tilts[0].angle_deg = 3.0, series.tilts[1].angle_deg = 0.0,
  series.tilts[2].angle_deg = 3.01;
  series.tilts[0].dose_e_A2 = 2.24;
  series.pixel_A = 1.97;
  series.voltage_kV = 200;
  ImportOptions options;
  options.angpix = 1.35;
  options.dose = 3;
  const auto words = words_of(check_acquisition(series, options));
  for (const char* part : {"recorded twice, for a and c", "recorded dose of a tilt is 2.24",
                           "--angpix is 1.35", "--kv is 300"})
    EXPECT_NE(words.find(part), std::string::npos) << part << " in\n" << words;
  series.pixel_A = 5.4;  // binned by 4
  series.voltage_kV = 300;
  options.dose = 2.3;
  series.tilts.pop_back();
  EXPECT_TRUE(check_acquisition(series, options).empty());
  options.angpix = 0.675;  // super-resolution
  EXPECT_TRUE(check_acquisition(series, options).empty());
}

}  // namespace
}  // namespace gimbal
