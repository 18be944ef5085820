// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/frames.h"

#include "gimbal/motion/low_spectra.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

namespace gimbal {
namespace {

RawFrame frame_of(PixelType type, int nx, int ny, int largest) {
  RawFrame frame;
  frame.type = type;
  frame.nx = nx;
  frame.ny = ny;
  for (int i = 0; i < nx * ny; ++i)
    frame.bytes.push_back(static_cast<std::byte>((7 * i + i / 5) % (largest + 1)));
  return frame;
}

TEST(KeptFrame, PacksFewElectronsWithoutChangingThem) {
  for (const PixelType type : {PixelType::int8, PixelType::uint8})
    for (const auto& [nx, ny] : {std::pair{1, 1}, std::pair{2, 3}, std::pair{37, 5}}) {
      RawFrame raw = frame_of(type, nx, ny, 15);
      raw.bytes.back() = static_cast<std::byte>(200);  // a hot pixel; negative as int8
      KeptFrame kept(raw);
      kept.pack_if_possible();
      kept.pack_if_possible();  // again: nothing happens
      EXPECT_TRUE(kept.is_packed());
      std::vector<float> row(static_cast<std::size_t>(nx)), expected(row);
      for (int y = 0; y < ny; ++y) {
        kept.row_to_float(y, row.data());
        raw.row_to_float(y, expected.data());
        EXPECT_EQ(row, expected);
        for (int x = 0; x < nx; ++x) EXPECT_EQ(kept.pixel(x, y), raw.pixel(x, y));
      }
    }
}

TEST(KeptFrame, LeavesWhatDoesNotFitAsItIs) {
  for (const auto& [type, largest] :
       {std::pair{PixelType::uint8, 40}, std::pair{PixelType::int8, 255}}) {
    const RawFrame raw = frame_of(type, 100, 70, largest);  // int8: negative values, too
    KeptFrame kept(raw);
    kept.pack_if_possible();
    EXPECT_FALSE(kept.is_packed());
    EXPECT_EQ(kept.pixel(33, 60), raw.pixel(33, 60));
  }
  RawFrame wide = frame_of(PixelType::int16, 4, 4, 0);
  wide.bytes.resize(32);
  KeptFrame kept(wide);
  kept.pack_if_possible();
  EXPECT_FALSE(kept.is_packed());
}

TEST(FrameGroups, CoverAllFramesAndStayBelowTheirLimit) {
  for (const int n : {1, 2, 16, 17, 40, 41, 199, 200, 1000})
    for (const int size : {1, 3})
      for (const int most : {16, 40}) {
        const FrameGroups groups = at_most(most, n, size);
        EXPECT_EQ(groups.size % size, 0);
        EXPECT_LE(groups.count(), most);
        if (n <= most * size) {
          EXPECT_EQ(groups.size, size);
        }
        EXPECT_EQ(groups.begin(0), 0);
        EXPECT_EQ(groups.end(groups.count() - 1), n);
        for (int g = 1; g < groups.count(); ++g) EXPECT_EQ(groups.begin(g), groups.end(g - 1));
      }
  EXPECT_EQ((FrameGroups{10, 4}.count()), 2);  // the remainder joins the last group
  EXPECT_EQ((FrameGroups{10, 4}.centre(1)), 6.5);
}

}  // namespace
}  // namespace gimbal
