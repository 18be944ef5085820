// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/mdoc.h"

#include "support/shared_data.h"

#include "gimbal/io/file.h"

#include <gtest/gtest.h>

#include <map>

namespace gimbal {
namespace {

const std::string small =
    "\xef\xbb\xbfPixelSpacing = 5.4\r\nImageFile = TS_01.mrc\r\n\r\n"
    "[T = SerialEM: Digitized on EMBL Krios   30-Nov-15  15:14:20    ]\r\n\r\n"
    "[T =     Tilt axis angle = 85.3, binning = 4  spot = 8  camera = 2]\r\n\r\n"
    "[ZValue = 0]\r\nTiltAngle = 0.001\r\nDateTime = 30-Nov-15  15:21:38\r\n"
    "SubFramePath = D:\\DATA\\frames\\a=b.mrc\r\nChannelName =\r\nCameraLength = NaN\r\n\r\n"
    "[ZValue = 1]\r\nTiltAngle = 3\r\n";

TEST(Mdoc, KeepsKeysValuesAndLineNumbers) {
  const auto mdoc = parse_mdoc(small, "x.mdoc");
  EXPECT_EQ(mdoc.kind, MdocKind::tilt_series);
  EXPECT_EQ(mdoc.global.text("imagefile"), "TS_01.mrc");
  EXPECT_EQ(mdoc.title_axis_deg, 85.3);
  ASSERT_EQ(mdoc.images.size(), 2u);
  const auto& image = mdoc.images[0];
  EXPECT_EQ(image.line, 8);
  EXPECT_EQ(image.find("TiltAngle")->line, 9);
  EXPECT_EQ(image.number("TiltAngle"), 0.001);
  EXPECT_EQ(image.text("SubFramePath"), "D:\\DATA\\frames\\a=b.mrc");
  EXPECT_EQ(image.text("ChannelName"), "");
  EXPECT_NE(image.find("ChannelName"), nullptr);
  EXPECT_FALSE(image.number("CameraLength"));
  EXPECT_FALSE(image.number("ExposureDose"));
  EXPECT_TRUE(mdoc.findings.empty());
}

TEST(Mdoc, TimesOfAllStylesAreTheSameTime) {
  const double time = 1679660006.0;  // 2023-03-24 12:13:26
  for (const char* text : {"24-Mar-2023 12:13:26", "24-Mar-23  12:13:26", "2023-Mar-24 12:13:26",
                           "2023-03-24 12:13:26", "2023-03-24T12:13:26", "24.03.2023 12:13:26",
                           "24-MAR-2023 12:13:26 PM", "2023/03/24 12:13:26"})
    EXPECT_EQ(parse_mdoc_time(text), time) << text;
  EXPECT_EQ(parse_mdoc_time("24-Mar-2023 00:13:26"), parse_mdoc_time("24-Mar-2023 12:13:26 AM"));
  EXPECT_EQ(parse_mdoc_time("24-Mar-2023 1:13:26 pm"), parse_mdoc_time("24-Mar-2023 13:13:26"));
  EXPECT_EQ(*parse_mdoc_time("24-Mar-2023 12:13:26.25"), time + 0.25);
  EXPECT_EQ(parse_mdoc_time("01-Jan-70 00:00:00"), 0.0);
  for (const char* text :
       {"", "yesterday", "30-Feb-15 12:00:00", "24-Mar-2023", "12:13:26", "24-Mar-2023 25:00:00",
        "24-Mar-2023 13:00:00 PM", "24-Mar-2023 12:61:00", "24-Foo-2023 12:00:00",
        "-- ::", "1-2-3 4:5:nan"})
    EXPECT_FALSE(parse_mdoc_time(text)) << text;
}

TEST(Mdoc, NamesComeFromEitherKindOfPath) {
  EXPECT_EQ(file_name_of("X:\\a\\TS_01_000_0.0.mrc"), "TS_01_000_0.0.mrc");
  EXPECT_EQ(file_name_of("/data/a/b.eer"), "b.eer");
  EXPECT_EQ(file_name_of("\\\\192.168.10.81\\x//b.eer"), "b.eer");
  EXPECT_EQ(file_name_of("017_01.mrc"), "017_01.mrc");
}

TEST(Mdoc, MontagesAreToldFromSeriesThatOnlyCarryTheFlag) {
  const std::string head = "Montage = 1\n";
  EXPECT_EQ(parse_mdoc(head + "[ZValue = 0]\nPieceCoordinates = 0 0 0\n[ZValue = 1]\n"
                              "PieceCoordinates = 0 3400 0\n",
                       "x")
                .kind,
            MdocKind::montage);
  EXPECT_EQ(
      parse_mdoc(head + "[ZValue = 0]\nTiltAngle = 0\n[ZValue = 1]\nTiltAngle = 3\n", "x").kind,
      MdocKind::tilt_series);
  EXPECT_EQ(parse_mdoc("[MontSection = 0]\n[ZValue = 0]\nTiltAngle = 0\n", "x").kind,
            MdocKind::montage);
}

TEST(Mdoc, WhatIsNotAnMdocIsRefusedAndBadLinesAreReported) {
  EXPECT_THROW(parse_mdoc("", "x"), Error);
  EXPECT_THROW(parse_mdoc("hello\nworld\n", "x"), Error);
  EXPECT_THROW(parse_mdoc(std::string("[ZValue = 0]\n\0", 14), "x"), Error);
  const auto mdoc = parse_mdoc("[ZValue = 0]\nnonsense\n[ZValue\n= 3\nTiltAngle = 3\n", "x");
  EXPECT_EQ(mdoc.images.size(), 1u);
  ASSERT_EQ(mdoc.findings.size(), 3u);
  EXPECT_NE(mdoc.findings[0].text.find("line 2"), std::string::npos);
}

TEST(Mdoc, ChecksFindDoubtfulSections) {
  const auto findings = check_mdoc(
      parse_mdoc("[ZValue = 0]\nTiltAngle = 0\nA = 1\nB = 1\nSubFramePath = a\\x.mrc\n"
                 "DateTime = soon\nExposureDose = -1\n"
                 "[ZValue = 0]\nTiltAngle = 400\nSubFramePath = b/x.mrc\n[ZValue = 2]\nA = 2\n",
                 "x.mdoc"));
  std::string all;
  for (const auto& finding : findings) all += finding.text + '\n';
  for (const char* part :
       {"at line 1 has a DateTime that is no date: 'soon'", "negative ExposureDose",
        "at line 8 has the TiltAngle 400", "has the ZValue 0, as has line 1",
        "has the movie x.mrc, as has line 1", "at line 11 has no TiltAngle"})
    EXPECT_NE(all.find(part), std::string::npos) << part << " in\n" << all;
  const auto cut = check_mdoc(parse_mdoc(small, "x"));
  ASSERT_EQ(cut.size(), 1u);
  EXPECT_EQ(cut[0].defect, Defect::truncated);
}

TEST(Mdoc, RealFilesAreUnderstood) {
  const auto folder = shared_data("real") / "mdoc";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << missing_shared_data("real/mdoc");
  struct Expected {
    MdocKind kind;
    std::size_t images;
    double axis;  // 0: none
  };
  const std::map<std::string, Expected> expected{
      {"serialem_4digit_year.mdoc", {MdocKind::tilt_series, 11, 83.8}},
      {"serialem_crlf.mdoc", {MdocKind::tilt_series, 41, 85.3}},
      {"serialem_frameset.mdoc", {MdocKind::frame_set, 1, 0}},
      {"serialem_k2_41.mdoc", {MdocKind::tilt_series, 41, 85.3}},
      {"serialem_k4_dosesym_60.mdoc", {MdocKind::tilt_series, 60, 82.9}},
      {"serialem_montage.mdoc", {MdocKind::montage, 62, -86.7}},
      {"tomo5_position10.mdoc", {MdocKind::tilt_series, 3, -171.35}}};
  for (const auto& [name, want] : expected) {
    const auto mdoc = read_mdoc(folder / name);
    EXPECT_EQ(mdoc.kind, want.kind) << name;
    EXPECT_EQ(mdoc.images.size(), want.images) << name;
    EXPECT_EQ(mdoc.title_axis_deg.value_or(0), want.axis) << name;
    EXPECT_TRUE(check_mdoc(mdoc).empty()) << name << ": " << check_mdoc(mdoc)[0].text;
    for (const auto& image : mdoc.images)
      EXPECT_TRUE(parse_mdoc_time(image.text("DateTime"))) << name;
  }
  EXPECT_TRUE(read_mdoc(folder / "tomo5_position10.mdoc").tomography5);
}

}  // namespace
}  // namespace gimbal
