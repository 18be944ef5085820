// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/imod.h"

#include "scratch.h"
#include "support/shared_data.h"

#include "gimbal/io/bytes.h"
#include "gimbal/io/imod_model.h"

#include <cstring>

namespace gimbal {
namespace {

using test::error_of;

TEST(Imod, TransformsAndAnglesSurviveWriting) {
  const std::vector<ImodTransform> before{
      {0.104528463, 0.994521895, -0.994521895, 0.104528463, {-1234.567891234, 0.000000123}},
      {1.01, -0.002, 0.003, 0.99, {1e5, -1e-5}}};
  const auto after = parse_xf(xf_text(before), "x.xf");
  ASSERT_EQ(after.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(after[i].a12, before[i].a12, 1e-12);
    EXPECT_NEAR(after[i].a22, before[i].a22, 1e-12);
    EXPECT_NEAR(after[i].d.x, before[i].d.x, 1e-9);
    EXPECT_NEAR(after[i].d.y, before[i].d.y, 1e-9);
    const Vec2 back = before[i].inverse_linear(before[i].linear({3.5, -7.0}));
    EXPECT_NEAR(back.x, 3.5, 1e-12);
    EXPECT_NEAR(back.y, -7.0, 1e-12);
  }
  const std::vector<double> angles{-60.0123456789, 0.0, 59.99};
  EXPECT_EQ(parse_angles(angles_text(angles), "x.tlt"), angles);
}

TEST(Imod, OtherDialectsAreRead) {
  EXPECT_EQ(parse_angles("0.001 0\r\n3 1\r\n-3 2\r\n\n", "x.rawtlt"),
            (std::vector<double>{0.001, 3, -3}));
  EXPECT_EQ(parse_xf("\n 1 0 0 1 5 6 \n", "x.xf").at(0).d, (Vec2{5, 6}));
  const auto residuals = parse_residuals(
      " 2 residuals\n   100.00    200.50    3    0.10   -0.20\n    1.0 2.0 0 1 2\n", "x.resid");
  ASSERT_EQ(residuals.size(), 2u);
  EXPECT_EQ(residuals[0].view, 3);
  EXPECT_EQ(residuals[0].position_px, (Vec2{100, 200.5}));
  EXPECT_EQ(residuals[0].residual_px, (Vec2{0.1, -0.2}));
  EXPECT_TRUE(parse_residuals("0 residuals\n", "x.resid").empty());
}

TEST(ImodHostile, WhatIsWrongIsSaidWithTheLine) {
  EXPECT_EQ(error_of([] { parse_xf("1 0 0 1 0 0\n1 0 0 1 0\n", "x.xf"); }),
            "line 2 of x.xf has 5 columns, but 6 were expected");
  EXPECT_NE(error_of([] { parse_xf("1 0 0 nan 0 0\n", "x.xf"); }).find("'nan'"), std::string::npos);
  EXPECT_NE(error_of([] { parse_xf("1 1 1 1 0 0\n", "x.xf"); }).find("no transform"),
            std::string::npos);
  EXPECT_NE(error_of([] { parse_xf(" \n\n", "x.xf"); }).find("holds no numbers"),
            std::string::npos);
  EXPECT_NE(error_of([] { parse_angles("1\nabc\n", "x.tlt"); }).find("line 2 of x.tlt"),
            std::string::npos);
  EXPECT_FALSE(error_of([] { parse_angles("4000\n", "x.tlt"); }).empty());
  EXPECT_FALSE(error_of([] { parse_residuals("", "x.resid"); }).empty());
  EXPECT_FALSE(error_of([] { parse_residuals("\v\n2 x\n", "x.resid"); }).empty());
  EXPECT_FALSE(error_of([] { parse_residuals("-1 residuals\n", "x.resid"); }).empty());
  EXPECT_FALSE(error_of([] { parse_residuals("2 residuals\n1 2 3 4 5\n", "x.resid"); }).empty());
  EXPECT_FALSE(error_of([] { parse_residuals("1 residuals\n1 2 1e300 4 5\n", "x"); }).empty());
}

TEST(Imod, RealFilesAreRead) {
  const auto folder = shared_data("real/alignments/imod");
  if (folder.empty()) GTEST_SKIP() << missing_shared_data("real/alignments/imod");
  const auto xf = read_xf(folder / "TS_001.xf");
  ASSERT_EQ(xf.size(), 40u);
  EXPECT_EQ(xf[1].a12, 0.9947464);
  EXPECT_EQ(xf[0].d, (Vec2{2.395, -3.871}));
  EXPECT_EQ(read_angles(folder / "TS_001.tlt").at(0), -57.12);
  EXPECT_EQ(read_angles(folder / "TS_001.xtilt").size(), 40u);
  EXPECT_EQ(read_angles(folder / "TS_001.rawtlt").size(), 40u);
}

ImodModel sample_model() {
  ImodModel model;
  model.name = "sample";
  model.nx = 1024, model.ny = 768, model.nz = 41;
  model.pixel_nm = 0.54;
  model.objects.push_back({"beads", true, {}});
  model.objects[0].contours.push_back({{{1.5, 2.25, 0}, {3.5, 4.5, 1}}});
  model.objects[0].contours.push_back({});
  model.objects.push_back({"others", false, {{{{9, 8, 7}}}}});
  model.reference = ImodImageReference{{5.4, 5.4, 5.4}, {-10, 20, 0}};
  return model;
}

TEST(Imod, ModelsSurviveWriting) {
  const auto bytes = imod_model_bytes(sample_model());
  // 240 of the header; an object is 180, a contour 20 + 12 n, IMAT 24, MINX 80, IEOF 4.
  EXPECT_EQ(bytes.size(), 240u + 180 + (20 + 24) + 20 + 24 + 180 + (20 + 12) + 24 + 80 + 4);
  const auto model = parse_imod_model(bytes, "x.fid");
  EXPECT_EQ(model.name, "sample");
  EXPECT_EQ(model.ny, 768);
  EXPECT_FLOAT_EQ(static_cast<float>(model.pixel_nm), 0.54f);
  ASSERT_EQ(model.objects.size(), 2u);
  EXPECT_EQ(model.objects[0].name, "beads");
  EXPECT_TRUE(model.objects[0].open);
  EXPECT_FALSE(model.objects[1].open);
  ASSERT_EQ(model.objects[0].contours.size(), 2u);
  EXPECT_EQ(model.objects[0].contours[0].points.at(1).y, 4.5);
  EXPECT_TRUE(model.objects[0].contours[1].points.empty());
  EXPECT_EQ(model.reference.value().translation.y, 20.0);
}

// What the format puts at fixed places, so that reader and writer cannot share a mistake.
TEST(Imod, ModelsHaveTheLayoutOfTheFormat) {
  const auto bytes = imod_model_bytes(sample_model());
  const auto integer = [&](std::size_t at) {
    return load<std::int32_t>(bytes, at, std::endian::big);
  };
  const auto number = [&](std::size_t at) { return load<float>(bytes, at, std::endian::big); };
  EXPECT_EQ(std::memcmp(bytes.data(), "IMODV1.2sample", 14), 0);
  EXPECT_EQ(integer(136), 1024);
  EXPECT_EQ(integer(144), 41);
  EXPECT_EQ(integer(148), 2);    // objects
  EXPECT_EQ(number(184), 1.0f);  // scale in x
  EXPECT_FLOAT_EQ(number(216), 0.54f);
  EXPECT_EQ(integer(220), -9);
  EXPECT_EQ(std::memcmp(bytes.data() + 240, "OBJTbeads", 9), 0);
  EXPECT_EQ(integer(240 + 4 + 128), 2);  // contours
  EXPECT_EQ(integer(240 + 4 + 132), 0x1008);
  EXPECT_EQ(std::memcmp(bytes.data() + 420, "CONT", 4), 0);
  EXPECT_EQ(integer(424), 2);
  EXPECT_EQ(number(440), 1.5f);
}

TEST(ImodHostile, UnknownChunksAreSkippedAndTheEndMarkIsNotNeeded) {
  auto bytes = imod_model_bytes(sample_model());
  bytes.resize(bytes.size() - 4);
  const std::string extra = std::string("VIEW") + '\0' + '\0' + '\0' + '\3' + "abc" + "MESH";
  for (const char c : extra) bytes.push_back(static_cast<std::byte>(c));
  for (int i = 0; i < 3; ++i) bytes.push_back(std::byte{0});
  bytes.push_back(std::byte{1});  // one vertex, no indices
  for (int i = 0; i < 12 + 12; ++i) bytes.push_back(std::byte{0});
  EXPECT_EQ(parse_imod_model(bytes, "x.fid").objects.size(), 2u);
}

TEST(ImodHostile, EveryTruncationIsRefusedOrLeavesWholeParts) {
  const auto bytes = imod_model_bytes(sample_model());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const std::span part(bytes.data(), n);
    const auto error = error_of([&] { parse_imod_model(part, "x.fid"); });
    if (n < 240 || !error.empty()) {
      EXPECT_NE(error.find("truncated"), std::string::npos) << n << ": " << error;
    }
  }
}

TEST(ImodHostile, WrongCountsAndNumbersAreRefused) {
  const auto good = imod_model_bytes(sample_model());
  const auto with = [&](std::size_t at, std::initializer_list<int> values) {
    auto bytes = good;
    for (const int value : values) bytes[at++] = static_cast<std::byte>(value);
    return error_of([&] { parse_imod_model(bytes, "x.fid"); });
  };
  EXPECT_NE(with(0, {'X'}).find("no IMOD model"), std::string::npos);
  EXPECT_NE(with(424, {0xff, 0xff, 0xff, 0xff}).find("-1 points at byte 420"), std::string::npos)
      << with(424, {0xff, 0xff, 0xff, 0xff});
  EXPECT_NE(with(424, {0x7f, 0xff, 0xff, 0xff}).find("truncated"), std::string::npos);
  EXPECT_NE(with(440, {0x7f, 0xc0, 0, 0}).find("NaN"), std::string::npos);
  EXPECT_NE(with(240, {'C', 'O', 'N', 'T'}).find("before any object"), std::string::npos);
}

}  // namespace
}  // namespace gimbal
