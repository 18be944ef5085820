// SPDX-License-Identifier: GPL-3.0-or-later
// The detector's parts on files that other programs wrote.
#include "support/shared_data.h"

#include "gimbal/data/detector.h"
#include "gimbal/data/record.h"
#include "gimbal/io/frame_reader.h"
#include "gimbal/io/star.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace gimbal {
namespace {

namespace fs = std::filesystem;

// Sum of the frames, every other one when `parity` is 0 or 1.
Image<float> sum_of(const FrameReader& reader, int parity = -1) {
  Image<float> sum(reader.info().nx, reader.info().ny);
  std::vector<float> row(static_cast<std::size_t>(sum.nx()));
  RawFrame frame;
  for (int k = 0; k < reader.info().n_frames; ++k) {
    if (parity >= 0 && k % 2 != parity) continue;
    reader.read(k, frame);
    for (int y = 0; y < sum.ny(); ++y) {
      frame.row_to_float(y, row.data());
      for (int x = 0; x < sum.nx(); ++x) sum(x, y) += row[static_cast<std::size_t>(x)];
    }
  }
  return sum;
}

std::vector<Pixel> hot_pixels(const fs::path& star) {
  const StarDocument file = read_star(star);
  std::vector<Pixel> pixels;
  for (const Record& r : records_of(file.at("hot_pixels"), star.string()))
    pixels.push_back({static_cast<int>(r.number("rlnCoordinateX")),
                      static_cast<int>(r.number("rlnCoordinateY"))});
  return pixels;
}

TEST(DetectorReal, RelionsTurnedGainIsOurs) {
  const auto folder = shared_data("relion_reference/tiff_gain");
  if (folder.empty()) GTEST_SKIP() << missing_shared_data("relion_reference/tiff_gain");
  const Image<float> expected = read_image(folder / "MotionCorr/job002/gain.mrc");
  const GainReference gain = read_gain({folder / "gain.mrc", {1, 2}, {512, 480}});
  ASSERT_EQ(gain.factors.size(), expected.size());
  for (int y = 0; y < expected.ny(); ++y)
    for (int x = 0; x < expected.nx(); ++x) ASSERT_EQ(gain.factors(x, y), expected(x, y));
  EXPECT_THROW(read_gain({folder / "gain.mrc", {0, 0}, {512, 480}}), Error);
}

// Gain-corrected sum of RELION's TIFF movie: its hot pixels, and the dead columns it cannot find.
TEST(DetectorReal, RelionsHotPixelsAreFound) {
  const auto folder = shared_data("relion_reference/tiff_gain");
  if (folder.empty()) GTEST_SKIP() << missing_shared_data("relion_reference/tiff_gain");
  const Image<float> gain = read_image(folder / "MotionCorr/job002/gain.mrc");
  for (const std::string name : {"TS_01_000_0", "TS_01_001_6"}) {
    const auto reader = open_frames(folder / "frames" / (name + ".0.tif"));
    Image<float> sum = sum_of(*reader);
    for (int y = 0; y < sum.ny(); ++y)
      for (int x = 0; x < sum.nx(); ++x) sum(x, y) *= gain(x, y);
    const OutlierPixels found = find_outliers(sum, {});
    const auto expected = hot_pixels(folder / "MotionCorr/job002/frames" / (name + "_0.star"));
    ASSERT_EQ(expected.size(), 66U);
    for (const Pixel p : expected)
      EXPECT_NE(std::find(found.hot.begin(), found.hot.end(), p), found.hot.end())
          << p.x << " " << p.y << ": " << sum(p.x, p.y);
    EXPECT_LE(found.hot.size(), expected.size() + 2);
    RecordProperty(name, static_cast<int>(found.dead.size()));
  }
}

// Raw Direct Electron frames: the amplifiers' pattern of the dark current is the same in all.
TEST(DetectorReal, DirectElectronFramesLookUncorrected) {
  const auto folder = shared_data("real/detector");
  if (folder.empty()) GTEST_SKIP() << missing_shared_data("real/detector");
  const auto reader = open_frames(folder / "frames.mrc");
  const FixedPattern raw = find_fixed_pattern(sum_of(*reader, 0), sum_of(*reader, 1));
  EXPECT_TRUE(raw.found) << raw.explanation;
  EXPECT_NEAR(raw.rms, 0.037, 0.005);
}

}  // namespace
}  // namespace gimbal
