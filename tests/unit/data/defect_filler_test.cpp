// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/defect_filler.h"

#include "unit/data/detector_samples.h"

#include "gimbal/core/error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <set>
#include <vector>

namespace gimbal {
namespace {

// A frame whose values say where they come from.
Image<float> positions(int nx, int ny) {
  Image<float> frame(nx, ny);
  for (int y = 0; y < ny; ++y)
    for (int x = 0; x < nx; ++x) frame(x, y) = static_cast<float>(1000 * y + x);
  return frame;
}

int distance(float value, int x, int y) {
  const int from = static_cast<int>(value);
  return std::max(std::abs(from % 1000 - x), std::abs(from / 1000 - y));
}

TEST(DefectFiller, TakesGoodPixelsNearBy) {
  DefectMask mask(60, 50);
  for (int y = 0; y < 50; ++y) mask(20, y) = mask(21, y) = 1;
  mask(0, 0) = mask(59, 49) = mask(40, 25) = 1;
  const DefectFiller filler(mask);
  EXPECT_EQ(filler.n_bad(), 103U);
  std::set<float> sources;
  for (int k = 0; k < 40; ++k) {
    Image<float> frame = positions(60, 50);
    filler.apply(frame, k);
    for (int y = 0; y < 50; ++y) {
      for (int x = 0; x < 60; ++x) {
        if (mask(x, y) == 0) {
          EXPECT_EQ(frame(x, y), static_cast<float>(1000 * y + x));
        } else {
          const int from = static_cast<int>(frame(x, y));
          EXPECT_EQ(mask(from % 1000, from / 1000), 0);
          EXPECT_LE(distance(frame(x, y), x, y), 2);
        }
      }
    }
    sources.insert(frame(40, 25));
  }
  EXPECT_GE(sources.size(), 15U);  // of 24: the choice differs from frame to frame
}

TEST(DefectFiller, RowsGiveWhatWholeFramesGive) {
  DefectMask mask(64, 64);
  for (int i = 0; i < 300; ++i) mask((i * 37) % 64, (i * 29) % 64) = 1;
  const DefectFiller filler(mask);
  const Image<float> frame = positions(64, 64);
  Image<float> whole = frame.clone();
  filler.apply(whole, 5);
  for (int y = 63; y >= 0; --y) {
    std::vector<float> row(frame.row(y), frame.row(y) + 64);
    filler.apply_row(y, row.data(), 5, [&](int u, int v) { return frame(u, v); });
    for (int x = 0; x < 64; ++x) EXPECT_EQ(row[static_cast<std::size_t>(x)], whole(x, y));
  }
}

TEST(DefectFiller, WideDefectsTakeTheNearestRing) {
  DefectMask mask(200, 200);
  for (int y = 50; y < 150; ++y)
    for (int x = 50; x < 150; ++x) mask(x, y) = 1;
  const DefectFiller filler(mask);
  Image<float> frame = positions(200, 200);
  filler.apply(frame, 1);
  for (int y = 50; y < 150; ++y) {
    for (int x = 50; x < 150; ++x) {
      const int depth = std::min({x - 49, 150 - x, y - 49, 150 - y});
      const int reach = distance(frame(x, y), x, y);
      EXPECT_GE(reach, depth);
      if (depth <= 14) {
        EXPECT_LE(reach, depth + 2) << x << " " << y;
      } else {
        EXPECT_LE(reach, 100 - 14) << x << " " << y;
      }
    }
  }
}

TEST(DefectFiller, NothingIsInventedWithoutGoodPixels) {
  DefectMask mask(9, 8);
  mask.fill(1);
  Image<float> frame = positions(9, 8);
  DefectFiller(mask).apply(frame, 0);
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 9; ++x) EXPECT_EQ(frame(x, y), 0.0F);
  mask(2, 3) = 0;
  frame = positions(9, 8);
  DefectFiller(mask).apply(frame, 0);
  EXPECT_EQ(frame(8, 7), 3002.0F);
}

TEST(DefectFiller, NoiseStaysWhiteAndTheMeanLocal) {
  DefectMask mask(128, 128);
  for (int y = 0; y < 128; ++y)
    for (int x = 10; x < 120; x += 10) mask(x, y) = 1;
  const DefectFiller filler(mask);
  const int n_frames = 50;
  double sum = 0.0, square = 0.0, product = 0.0;
  std::vector<float> last(128, 0.0F);
  for (int k = 0; k < n_frames; ++k) {
    Image<float> frame(128, 128);
    Random random(static_cast<std::uint64_t>(k));
    for (int y = 0; y < 128; ++y)
      for (int x = 0; x < 128; ++x)
        frame(x, y) = static_cast<float>(random.normal()) + 0.1F * static_cast<float>(x);
    filler.apply(frame, k);
    for (int y = 0; y < 128; ++y) {
      const double v = static_cast<double>(frame(60, y)) - 6.0;
      sum += v;
      square += v * v;
      product += v * static_cast<double>(last[static_cast<std::size_t>(y)]);
      last[static_cast<std::size_t>(y)] = static_cast<float>(v);
    }
  }
  const double n = 128.0 * n_frames;
  EXPECT_NEAR(sum / n, 0.0, 4.0 / std::sqrt(n));
  EXPECT_NEAR(square / n, 1.0 + 0.01 * 2.5, 6.0 / std::sqrt(n));  // noise, and +-2 px of gradient
  EXPECT_NEAR(product / n, 0.0, 4.0 / std::sqrt(n));              // frames stay independent
}

TEST(DefectFiller, EmptyMasksAndWrongSizes) {
  Image<float> frame = positions(8, 8);
  DefectFiller().apply(frame, 0);
  DefectFiller(DefectMask(8, 8)).apply(frame, 0);
  EXPECT_EQ(frame(7, 7), 7007.0F);
  DefectMask mask(8, 9);
  mask(1, 1) = 1;
  EXPECT_THROW(DefectFiller(mask).apply(frame, 0), Error);
}

}  // namespace
}  // namespace gimbal
