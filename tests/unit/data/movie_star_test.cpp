// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/movie_star.h"

#include "gimbal/core/error.h"
#include "gimbal/data/output_names.h"

#include <gtest/gtest.h>

namespace gimbal {
namespace {

MovieMetadata example() {
  MovieMetadata m;
  m.movie = {"frames/TS_01_000_0.0.mrc", 5.4, 300.0, 0.0, 0.375};
  m.n_frames = 3;
  m.motion.size = {512, 480};
  m.motion.global = {{0.0, 0.0}, {-1.21305, 0.17165}, {-1.85651, 0.315665}};
  return m;
}

// RELION's own bytes for the same content.
TEST(MovieStar, IsRelionsFile) {
  auto m = example();
  m.bad_pixels = {{417, 337}};
  EXPECT_EQ(star_text(movie_star(m)), R"(
# version 50001

data_general

_rlnImageSizeX                                      512
_rlnImageSizeY                                      480
_rlnImageSizeZ                                        3
_rlnMicrographMovieName                    frames/TS_01_000_0.0.mrc
_rlnMicrographBinning                          1.000000
_rlnMicrographOriginalPixelSize                5.400000
_rlnMicrographDoseRate                         0.375000
_rlnMicrographPreExposure                      0.000000
_rlnVoltage                                  300.000000
_rlnMicrographStartFrame                              1
_rlnMotionModelVersion                                0
 

# version 50001

data_global_shift

loop_ 
_rlnMicrographFrameNumber #1 
_rlnMicrographShiftX #2 
_rlnMicrographShiftY #3 
           1     0.000000     0.000000 
           2     -1.21305     0.171650 
           3     -1.85651     0.315665 
 

# version 50001

data_hot_pixels

loop_ 
_rlnCoordinateX #1 
_rlnCoordinateY #2 
  417.000000   337.000000 
 
)");
}

TEST(MovieStar, MarksUnusedFrames) {
  auto m = example();
  m.n_frames = 6;
  m.motion.first_frame = 2;
  const auto star = movie_star(m);
  EXPECT_EQ(star.at("general").at(0, "rlnMicrographStartFrame"), "3");
  const auto& shifts = star.at("global_shift");
  ASSERT_EQ(shifts.n_rows(), 6U);
  for (const std::size_t row : {0U, 1U, 5U})
    EXPECT_EQ(shifts.number(row, "rlnMicrographShiftX"), -9999.0);
  EXPECT_EQ(shifts.number(2, "rlnMicrographShiftX"), 0.0);
  EXPECT_NEAR(shifts.number(4, "rlnMicrographShiftY"), 0.315665, 1e-6);
}

TEST(MovieStar, GivesTheLocalModelInBinnedPixels) {
  auto m = example();
  m.bin_factor = 2.0;
  m.motion.local.emplace();
  for (std::size_t i = 0; i < LocalMotionModel::n_coefficients; ++i) {
    m.motion.local->x[i] = static_cast<double>(i);
    m.motion.local->y[i] = -static_cast<double>(i);
  }
  const auto star = movie_star(m);
  EXPECT_EQ(star.at("general").at(0, "rlnMotionModelVersion"), "1");
  const auto& model = star.at("local_motion_model");
  ASSERT_EQ(model.n_rows(), 36U);
  EXPECT_EQ(model.number(17, "rlnMotionModelCoeff"), 8.5);
  EXPECT_EQ(model.number(35, "rlnMotionModelCoeff"), -8.5);
  EXPECT_EQ(model.at(35, "rlnMotionModelCoeffsIdx"), "35");
}

TEST(MovieStar, NamesDetectorFilesAndEerRendering) {
  auto m = example();
  m.movie.dose_per_frame_e_A2 = 0.0;  // unknown: no column
  m.gain = "MotionCorr/job002/gain.mrc";
  m.defect_file = "defects.txt";
  m.eer = EerRendering{3, 2};
  const auto star = movie_star(m);
  EXPECT_EQ(star.at("general").labels(),
            (std::vector<std::string>{"rlnImageSizeX", "rlnImageSizeY", "rlnImageSizeZ",
                                      "rlnMicrographMovieName", "rlnMicrographGainName",
                                      "rlnMicrographDefectFile", "rlnMicrographBinning",
                                      "rlnMicrographOriginalPixelSize", "rlnMicrographPreExposure",
                                      "rlnVoltage", "rlnMicrographStartFrame", "rlnEERUpsampling",
                                      "rlnEERGrouping", "rlnMotionModelVersion"}));
}

TEST(OutputRoot, FollowsRelionAndStaysInsideTheFolder) {
  EXPECT_EQ(output_root("MotionCorr/job002/", "frames/TS_01_000_0.0.mrc"),
            "MotionCorr/job002/frames/TS_01_000_0_0");
  EXPECT_EQ(output_root("o", "a.b/c.d.tif.zst"), "o/a_b/c_d_tif");
  EXPECT_EQ(output_root("o", "./x.mrc"), "o/x");
  EXPECT_EQ(output_root("o", "/data/raw/x.eer"), "o/data/raw/x");
  EXPECT_EQ(output_root("o", "../../raw/x.eer"), "o/__/__/raw/x");
  EXPECT_EQ(output_root("o", "noextension"), "o/noextension");
  for (const char* bad : {"", "/", "..", "frames/"}) EXPECT_THROW(output_root("o", bad), Error);
}

}  // namespace
}  // namespace gimbal
