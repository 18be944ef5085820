// SPDX-License-Identifier: GPL-3.0-or-later
// Doses, path lengths, and the files of a movie.
#include "gimbal/motion/output.h"

#include "support/working_folder.h"

#include "gimbal/io/mrc.h"
#include "gimbal/motion/accumulated_motion.h"
#include "gimbal/motion/frame_dose.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gimbal {
namespace {

StackInfo stack(const char* format, int n_frames, int n_raw_frames, double exposure_e_A2 = 0.0) {
  StackInfo info;
  info.format = format;
  info.n_frames = n_frames;
  info.n_raw_frames = n_raw_frames;
  info.exposure_e_A2 = exposure_e_A2;
  return info;
}

TEST(FrameDose, ComesFromTheOptionThenTheSeriesThenTheFile) {
  MotionOptions options;
  options.eer_grouping = 30;
  EXPECT_DOUBLE_EQ(frame_dose_e_A2(options, 3.0, stack("MRC mode 1", 8, 8)), 0.375);
  EXPECT_DOUBLE_EQ(frame_dose_e_A2(options, 0.0, stack("MRC mode 1", 8, 8)), 0.0);
  // 100 raw frames make 3 fractions of 30; the last 10 frames have their share of the dose.
  EXPECT_DOUBLE_EQ(frame_dose_e_A2(options, 3.0, stack("EER 65001", 3, 100)), 0.9);
  EXPECT_DOUBLE_EQ(frame_dose_e_A2(options, 0.0, stack("EER 65001", 3, 100, 2.0)), 0.6);
  options.dose_per_frame = 0.5;
  EXPECT_DOUBLE_EQ(frame_dose_e_A2(options, 3.0, stack("EER 65001", 3, 100)), 0.5);
}

TEST(AccumulatedMotion, IsInAngstromAndSplitByTheDoseAtTheEndOfAFrame) {
  MotionField motion;
  motion.global = {{0, 0}, {3, 4}, {3, 4}, {3, 5}, {4, 5}};
  Movie movie;
  movie.pixel_A = 2.0;
  auto length = accumulated_motion(motion, movie, 4.0);
  EXPECT_DOUBLE_EQ(length.total_A, 14.0);
  EXPECT_DOUBLE_EQ(length.early_A, 0.0);  // no dose is known
  EXPECT_DOUBLE_EQ(length.late_A, 14.0);
  movie.dose_per_frame_e_A2 = 1.0;
  length = accumulated_motion(motion, movie, 4.0);
  EXPECT_DOUBLE_EQ(length.early_A, 12.0);  // frames 2 to 4
  EXPECT_DOUBLE_EQ(length.late_A, 2.0);
  movie.pre_exposure_e_A2 = 2.0;
  EXPECT_DOUBLE_EQ(accumulated_motion(motion, movie, 4.0).early_A, 10.0);
  motion.first_frame = 1;
  EXPECT_DOUBLE_EQ(accumulated_motion(motion, movie, 4.0).early_A, 0.0);
  EXPECT_DOUBLE_EQ(accumulated_motion({}, movie, 4.0).total_A, 0.0);
}

MotionResult result_with_images(const MotionOptions& options) {
  MotionResult result;
  const auto filled = [](float value) {
    Image<float> image(6, 5);
    image.fill(value);
    return image;
  };
  result.sum = filled(1.0F);
  result.sum_pixel_A = 2.7;
  if (options.save_noDW) result.plain_sum = filled(2.0F);
  if (options.even_odd_split) result.even = filled(3.0F), result.odd = filled(4.0F);
  if (options.grouping_for_ps > 0) result.power_spectrum = filled(5.0F);
  result.power_spectrum_pixel_A = 3.1;
  result.motion.size = {12, 10};
  result.motion.global = {{0, 0}, {1, 2}};
  return result;
}

TEST(MotionOutput, HasExactlyTheFilesThatWereAskedFor) {
  for (int mask = 0; mask < 16; ++mask) {
    const WorkingFolder folder;
    MotionOptions options;
    options.dose_weighting = (mask & 1) != 0;
    options.save_noDW = (mask & 2) != 0;
    options.even_odd_split = (mask & 4) != 0;
    options.grouping_for_ps = (mask & 8) != 0 ? 4 : -1;
    const auto files = motion_files("o/a", options);
    write_images(files, result_with_images(options), options);
    const bool both = options.dose_weighting && options.save_noDW;
    EXPECT_EQ(std::filesystem::exists("o/a_noDW.mrc"), both);
    EXPECT_EQ(std::filesystem::exists("o/a_EVN.mrc"), options.even_odd_split);
    EXPECT_EQ(std::filesystem::exists("o/a_ODD.mrc"), options.even_odd_split);
    EXPECT_EQ(std::filesystem::exists("o/a_PS.mrc"), options.grouping_for_ps > 0);
    EXPECT_EQ(read_image("o/a.mrc")(5, 4), 1.0F);
    const auto possible = possible_motion_files("o/a");
    for (const auto& file : files.wanted())
      EXPECT_EQ(std::count(possible.begin(), possible.end(), file), 1) << file;
  }
}

TEST(MotionOutput, SumsAreFloat16OnRequestButSpectraAreNot) {
  const WorkingFolder folder;
  MotionOptions options;
  options.float16 = options.even_odd_split = true;
  options.grouping_for_ps = 4;
  write_images(motion_files("a", options), result_with_images(options), options);
  for (const char* name : {"a.mrc", "a_EVN.mrc", "a_ODD.mrc"}) {
    const auto info = open_frames(name)->info();
    EXPECT_TRUE(info.format.starts_with("MRC mode 12,"));
    EXPECT_NEAR(info.pixel_A, 2.7, 1e-6);
  }
  EXPECT_TRUE(open_frames("a_PS.mrc")->info().format.starts_with("MRC mode 2,"));
  EXPECT_NEAR(open_frames("a_PS.mrc")->info().pixel_A, 3.1, 1e-6);
}

TEST(MotionOutput, LogSaysWhatWasDone) {
  MotionOptions options;
  options.grouping_for_ps = 4;
  auto result = result_with_images(options);
  result.findings.push_back({Severity::warning, Defect::none, "look at this"});
  auto info = stack("MRC mode 0", 2, 2);
  info.nx = 12;
  info.ny = 10;
  const auto log = motion_log({"frames/a.mrc", 1.0, 300.0, 0.0, 0.0}, info,
                              motion_files("o/a", options), result, options);
  for (const char* text :
       {"Working on frames/a.mrc with gimbal", "Movie size: X = 12 Y = 10 N = 2",
        "Frames to be used: 1 2\n", "Image size after binning: X = 6 Y = 5",
        "Frame    2: X =    1.0000 Y =    2.0000", "Warning: look at this",
        "The pixel size for CTF estimation: 3.1", "Written the aligned sum to o/a.mrc"})
    EXPECT_NE(log.find(text), std::string::npos) << text << " is not in\n" << log;
}

}  // namespace
}  // namespace gimbal
