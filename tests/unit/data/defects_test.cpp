// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/defects.h"

#include "gimbal/io/file.h"
#include "gimbal/io/mrc.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <utility>

namespace gimbal {
namespace {

using Set = std::set<std::pair<int, int>>;

Set bad(const Defects& defects) {
  Set all;
  for (int y = 0; y < defects.mask.ny(); ++y)
    for (int x = 0; x < defects.mask.nx(); ++x)
      if (defects.mask(x, y) != 0) all.insert({x, y});
  return all;
}

Set text_defects(const std::string& text, Size2 size, bool eer = false) {
  return bad(defects_from_text(text, size, eer));
}

std::string error_of(const std::string& text) {
  try {
    defects_from_text(text, {20, 10}, false);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(DefectText, RectanglesInAnyLayout) {
  const Set expected{{1, 2}, {2, 2}, {1, 3}, {2, 3}, {19, 9}};
  EXPECT_EQ(text_defects("1 2 2 2\n19 9 1 1\n", {20, 10}), expected);
  EXPECT_EQ(text_defects("# x y w h\r\n\r\n 1,2,2,2 # two\r\n19\t9 1 1", {20, 10}), expected);
  EXPECT_TRUE(text_defects("", {20, 10}).empty());
  EXPECT_TRUE(text_defects("# nothing\n\n", {20, 10}).empty());
}

TEST(DefectText, RectanglesBeyondTheMovieAreCutAndReported) {
  const Defects defects =
      defects_from_text("18 0 5 1\n100 100 2 2\n0 9 9223372036854775807 1\n", {20, 10}, false);
  EXPECT_EQ(bad(defects).size(), 2U + 20U);
  ASSERT_EQ(defects.findings.size(), 3U);
  EXPECT_NE(defects.findings[0].text.find("line 1: the rectangle 18 0 5 1"), std::string::npos);
  EXPECT_NE(defects.findings[1].text.find("line 2"), std::string::npos);
}

TEST(DefectText, ErrorsNameTheLine) {
  EXPECT_NE(error_of("1 1 1 1\n-1 2 3 4\n").find("line 2: the position -1 2 is negative"),
            std::string::npos);
  EXPECT_NE(error_of("1 1 0 1\n").find("line 1: the size 0 x 1"), std::string::npos);
  EXPECT_NE(error_of("1 1 1\n").find("line 1 has 3 values"), std::string::npos);
  EXPECT_NE(error_of("1 1 1 1\n\n1 1.5 1 1").find("line 3: \"1.5\""), std::string::npos);
  EXPECT_NE(error_of("1 99999999999999999999 1 1").find("whole number"), std::string::npos);
}

const std::string serialem = R"(# made by hand
CameraSizeX 20
CameraSizeY 10
RotationAndFlip 0
WasScaled 0
K2Type 1
FalconType 0
NumToAvgSuperRes 0
UsableArea 0 0 0 0
)";

TEST(SerialEmDefects, RowsCountFromTheTop) {
  EXPECT_EQ(text_defects(serialem + "BadPixels 3 1 19 9\n", {20, 10}), (Set{{3, 8}, {19, 0}}));
  EXPECT_EQ(text_defects(serialem + "BadPixels 3 1\r\n", {20, 10}, true), (Set{{3, 1}}));
  Set row, column;
  for (int x = 0; x < 20; ++x) row.insert({x, 7});
  for (int y = 0; y < 10; ++y) column.insert({4, y}), column.insert({5, y});
  EXPECT_EQ(text_defects(serialem + "BadRows 2\n", {20, 10}), row);
  EXPECT_EQ(text_defects(serialem + "BadColumns 4 5\n", {20, 10}), column);
  // Column, width, first and last row; row, height, first and last column.
  EXPECT_EQ(text_defects(serialem + "PartialBadColumn 6 2 1 2\n", {20, 10}),
            (Set{{6, 8}, {7, 8}, {6, 7}, {7, 7}}));
  EXPECT_EQ(text_defects(serialem + "PartialBadRow 0 1 17 19\n", {20, 10}),
            (Set{{17, 9}, {18, 9}, {19, 9}}));
}

TEST(SerialEmDefects, WhatIsOutsideTheUsableAreaIsBad) {
  const Set found = text_defects(serialem + "UsableArea 1 2 8 17\n", {20, 10});
  for (int y = 0; y < 10; ++y)
    for (int x = 0; x < 20; ++x)
      EXPECT_EQ(found.contains({x, y}), y < 1 || y > 8 || x < 2 || x > 17) << x << " " << y;
  const Defects whole = defects_from_text(serialem + "UsableArea 0 0 9 19\n", {20, 10}, false);
  EXPECT_TRUE(bad(whole).empty());
  EXPECT_TRUE(whole.findings.empty());  // the unusable area begins at the camera's edge
}

TEST(SerialEmDefects, FollowTheMoviesSampling) {
  // Super-resolution movies of a list in camera pixels.
  EXPECT_EQ(text_defects(serialem + "BadPixels 3 1\n", {40, 20}),
            (Set{{6, 16}, {7, 16}, {6, 17}, {7, 17}}));
  // A list that was scaled for super-resolution: each bad pixel is 2 x 2.
  const std::string scaled = "CameraSizeX 40\nCameraSizeY 20\nWasScaled 1\nBadPixels 6 2\n";
  EXPECT_EQ(text_defects(scaled, {40, 20}), (Set{{6, 16}, {7, 16}, {6, 17}, {7, 17}}));
  EXPECT_EQ(text_defects(scaled, {20, 10}), (Set{{3, 8}}));
  // Binned by 2; part of the camera.
  EXPECT_EQ(text_defects(serialem + "BadPixels 3 1\nBadPixels 19 9\n", {10, 5}),
            (Set{{1, 4}, {9, 0}}));
  const Defects part = defects_from_text(serialem + "BadPixels 2 9 1 5\n", {16, 10}, false);
  EXPECT_EQ(bad(part), (Set{{0, 0}}));
  ASSERT_EQ(part.findings.size(), 1U);
  EXPECT_NE(part.findings[0].text.find("centre"), std::string::npos);
}

TEST(SerialEmDefects, RotationIsUndoneForFramesSavedWithoutIt) {
  // The camera pixel (0, 0) at the bottom left, turned by 90 degrees counter-clockwise: bottom
  // right.
  const std::string turned = "CameraSizeX 20\nCameraSizeY 10\nRotationAndFlip 1\n";
  EXPECT_EQ(text_defects(turned + "BadPixels 19 9\n", {10, 20}), (Set{{0, 0}}));
  EXPECT_EQ(text_defects(turned + "BadPixels 19 8\n", {10, 20}), (Set{{1, 0}}));
  EXPECT_EQ(text_defects(turned + "BadPixels 19 9\n", {10, 20}, true), (Set{{0, 19}}));
  // Frames saved with the rotation: positions as they are.
  EXPECT_EQ(text_defects(turned + "BadPixels 19 9\n", {20, 10}), (Set{{19, 0}}));
  // Flipped left to right first: the bottom right pixel goes bottom left, then bottom right.
  const std::string flipped = "CameraSizeX 20\nCameraSizeY 10\nRotationAndFlip 5\n";
  EXPECT_EQ(text_defects(flipped + "BadPixels 19 9\n", {10, 20}), (Set{{9, 0}}));
  EXPECT_EQ(text_defects(flipped + "BadPixels 19 8\n", {10, 20}), (Set{{8, 0}}));
}

TEST(SerialEmDefects, DoubtsAndErrors) {
  const Defects no_size = defects_from_text("K2Type 1\nBadPixels 3 1\n", {20, 10}, false);
  EXPECT_EQ(bad(no_size), (Set{{3, 8}}));
  EXPECT_EQ(no_size.findings.size(), 1U);
  const Defects unknown =
      defects_from_text(serialem + "BadMood 3\nBadPixels 90 1\n", {20, 10}, false);
  ASSERT_EQ(unknown.findings.size(), 2U);
  EXPECT_NE(unknown.findings[0].text.find("line 10: the keyword \"BadMood\""), std::string::npos);
  EXPECT_NE(error_of(serialem + "BadPixels 3\n").find("line 10: BadPixels has 1 values"),
            std::string::npos);
  EXPECT_NE(error_of(serialem + "BadRows -3\n").find("negative"), std::string::npos);
  EXPECT_NE(error_of(serialem + "BadRows x\n").find("\"x\""), std::string::npos);
  EXPECT_NE(error_of(serialem + "PartialBadRow 1 2 3\n").find("expected 4"), std::string::npos);
  EXPECT_NE(error_of("CameraSizeX 3\nCameraSizeY 2\n").find("another camera"), std::string::npos);
  EXPECT_NE(error_of(serialem + "RotationAndFlip 9\n").find("RotationAndFlip is 9"),
            std::string::npos);
}

TEST(DefectMap, EveryValueButZeroIsBad) {
  Image<float> map(5, 4);
  map(1, 2) = 1.0F;
  map(4, 3) = -0.5F;
  EXPECT_EQ(bad(defects_from_map(map, {5, 4})), (Set{{1, 2}, {4, 3}}));
  try {
    defects_from_map(map, {4, 5});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("turned by 90 degrees"), std::string::npos);
  }
  map.fill(1.0F);
  EXPECT_EQ(defects_from_map(map, {5, 4}).findings.size(), 1U);
}

TEST(DefectFiles, AreRecognisedByContent) {
  const auto folder = std::filesystem::temp_directory_path() / "gimbal_defects_test";
  std::filesystem::create_directories(folder);
  Image<float> map(5, 4);
  map(1, 2) = 1.0F;
  write_mrc(folder / "map.txt", map, {});
  EXPECT_EQ(bad(read_defects({folder / "map.txt", {5, 4}})), (Set{{1, 2}}));
  write_text_atomically(folder / "text.mrc", "# comment\n1 2 1 1\n");
  EXPECT_EQ(bad(read_defects({folder / "text.mrc", {5, 4}})), (Set{{1, 2}}));
  write_text_atomically(folder / "list", "CameraSizeX 5\nCameraSizeY 4\nBadPixels 1 1\n");
  EXPECT_EQ(bad(read_defects({folder / "list", {5, 4}})), (Set{{1, 2}}));
  write_text_atomically(folder / "wrong", "1 2 3\n");
  try {
    read_defects({folder / "wrong", {5, 4}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("wrong"), std::string::npos);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace gimbal
