// SPDX-License-Identifier: GPL-3.0-or-later
// Movies that RELION has processed: its sums show whether frames are read the right way round.
#include "support/shared_data.h"

#include "gimbal/io/frame_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

Image<float> sum_of(const FrameReader& reader) {
  Image<float> sum(reader.info().nx, reader.info().ny);
  RawFrame frame;
  std::vector<float> row(static_cast<std::size_t>(sum.nx()));
  for (int i = 0; i < reader.info().n_frames; ++i) {
    reader.read(i, frame);
    for (int y = 0; y < sum.ny(); ++y) {
      frame.row_to_float(y, row.data());
      for (int x = 0; x < sum.nx(); ++x) sum(x, y) += row[static_cast<std::size_t>(x)];
    }
  }
  return sum;
}

// Means over blocks of 8 x 8 pixels, so that drift matters little.
Image<float> blocks(const Image<float>& image) {
  Image<float> out(image.nx() / 8, image.ny() / 8);
  for (int y = 0; y < out.ny() * 8; ++y)
    for (int x = 0; x < out.nx() * 8; ++x) out(x / 8, y / 8) += image(x, y) / 64;
  return out;
}

double correlation(const Image<float>& a, const Image<float>& b, bool flip_y) {
  double sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
  const double n = static_cast<double>(a.count());
  for (int y = 0; y < a.ny(); ++y)
    for (int x = 0; x < a.nx(); ++x) {
      const double u = a(x, y), v = b(x, flip_y ? b.ny() - 1 - y : y);
      sa += u, sb += v, saa += u * u, sbb += v * v, sab += u * v;
    }
  return (sab - sa * sb / n) / std::sqrt((saa - sa * sa / n) * (sbb - sb * sb / n));
}

void expect_same_orientation(const char* movie, const char* sum, const char* gain = nullptr) {
  const auto folder = shared_data("relion_reference");
  if (folder.empty()) GTEST_SKIP() << missing_shared_data("relion_reference");
  const auto reader = open_frames(folder / movie, {.grouping = 3, .upsampling = 1});
  auto summed = sum_of(*reader);
  if (gain != nullptr) {
    const auto factor = read_image(folder / gain);
    for (int y = 0; y < summed.ny(); ++y)
      for (int x = 0; x < summed.nx(); ++x)
        summed(x, y) = std::min(summed(x, y) * factor(x, y), 100.0f);  // hot pixels
  }
  const auto ours = blocks(summed);
  const auto theirs = blocks(read_image(folder / sum));
  ASSERT_EQ(ours.size(), theirs.size());
  EXPECT_GT(correlation(ours, theirs, false), 0.8);
  EXPECT_LT(correlation(ours, theirs, true), 0.3);
}

TEST(RelionReference, EerIsReadAsRelionReadsIt) {
  expect_same_orientation("eer/frames/TS_01_000_0.0.eer",
                          "eer/MotionCorr/job002/frames/TS_01_000_0_0.mrc");
}

TEST(RelionReference, MrcIsReadAsRelionReadsIt) {
  expect_same_orientation("mrc/frames/TS_01_000_0.0.mrc",
                          "mrc/MotionCorr/job002/frames/TS_01_000_0_0.mrc");
}

TEST(RelionReference, TiffIsReadAsRelionReadsIt) {
  expect_same_orientation("tiff_gain/frames/TS_01_000_0.0.tif",
                          "tiff_gain/MotionCorr/job002/frames/TS_01_000_0_0.mrc",
                          "tiff_gain/MotionCorr/job002/gain.mrc");
}

}  // namespace
}  // namespace gimbal
