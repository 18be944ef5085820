// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/aretomo.h"

#include "scratch.h"
#include "support/shared_data.h"

namespace gimbal {
namespace {

using test::error_of;

const std::string two_rows =
    "# AreTomo Alignment / Priims bprmMn\n# RawSize = 1024 768 3\n# NumPatches = 1\n"
    "# DarkFrame =     0    1    -3.00\n# AlphaOffset =     2.50\n# BetaOffset = -1.25\n"
    "# Thickness = 300\n"
    "# SEC     ROT         GMAG       TX          TY      SMEAN     SFIT    SCALE     BASE     "
    "TILT\n"
    "    0   84.5000   1.00000     9.000    -3.000    1.00     1.00     1.00     0.00    -0.50\n"
    "    2   84.6000   1.00000     7.500    -3.250    1.00     1.00     1.00     0.00     5.50\n"
    "# Local Alignment\n"
    "   0   0   -100.50   20.00   0.25  -0.75   1.0\n   1   0   -100.50   20.00   0.5  0.5   0.0\n";

TEST(AreTomo, HeaderTableAndLocalPartAreRead) {
  const auto aln = parse_aln(two_rows, "x.aln");
  EXPECT_EQ(aln.nx, 1024);
  EXPECT_EQ(aln.n_sections, 3);
  ASSERT_EQ(aln.rows.size(), 2u);
  EXPECT_EQ(aln.rows[1].section, 2);
  EXPECT_EQ(aln.rows[1].rot_deg, 84.6);
  EXPECT_EQ(aln.rows[1].tx_px, 7.5);
  EXPECT_EQ(aln.rows[1].ty_px, -3.25);
  EXPECT_EQ(aln.rows[1].tilt_deg, 5.5);
  ASSERT_EQ(aln.dark.size(), 1u);
  EXPECT_EQ(aln.dark[0].section, 1);
  EXPECT_EQ(aln.dark[0].tilt_deg, -3.0);
  EXPECT_EQ(aln.alpha_offset_deg, 2.5);
  EXPECT_EQ(aln.beta_offset_deg, -1.25);
  EXPECT_EQ(aln.thickness_px, 300.0);
  ASSERT_EQ(aln.local.size(), 2u);
  EXPECT_EQ(aln.local[0].dy_px, -0.75);
  EXPECT_TRUE(aln.local[0].good);
  EXPECT_FALSE(aln.local[1].good);
}

TEST(AreTomo, WhereSectionsCountFromIsSeen) {
  auto aln = parse_aln(two_rows, "x.aln");
  EXPECT_EQ(aln.first_section(), 0);
  aln.rows[0].section = 1, aln.rows[1].section = 3;
  EXPECT_EQ(aln.first_section(), 1);
  aln.rows[1].section = 2;  // the last one is dark, or they count from 0 and the first one is
  EXPECT_EQ(aln.first_section(), std::nullopt);
}

TEST(AreTomo, SurvivesWriting) {
  AretomoAlignment before = parse_aln(two_rows, "x.aln");
  before.rows[0] = {0, -93.123456789012, 1.000123456789, 1234.567890123, -0.000123, -60.123456789};
  before.local.clear();
  const auto after = parse_aln(aln_text(before), "y.aln");
  ASSERT_EQ(after.rows.size(), 2u);
  EXPECT_NEAR(after.rows[0].rot_deg, before.rows[0].rot_deg, 1e-10);
  EXPECT_NEAR(after.rows[0].magnification, before.rows[0].magnification, 1e-11);
  EXPECT_NEAR(after.rows[0].tx_px, before.rows[0].tx_px, 1e-10);
  EXPECT_NEAR(after.rows[0].ty_px, before.rows[0].ty_px, 1e-10);
  EXPECT_NEAR(after.rows[0].tilt_deg, before.rows[0].tilt_deg, 1e-10);
  EXPECT_EQ(after.alpha_offset_deg, 2.5);
  EXPECT_EQ(after.dark.at(0).section, 1);
  EXPECT_EQ(after.ny, 768);
}

TEST(AreTomo, RealFilesAreRead) {
  const auto folder = shared_data("real/alignments/aretomo");
  if (folder.empty()) GTEST_SKIP() << missing_shared_data("real/alignments/aretomo");
  for (const char* name : {"example_v1_2_0.aln", "example_v1_3_0.aln"}) {
    const auto aln = read_aln(folder / name);
    EXPECT_EQ(aln.rows.size(), 41u) << name;
    EXPECT_EQ(aln.n_sections, 41) << name;
    EXPECT_EQ(aln.first_section(), 0) << name;
    EXPECT_EQ(aln.rows.front().tilt_deg, -51.98) << name;
    EXPECT_EQ(aln.rows.back().tilt_deg, 68.0) << name;
  }
}

TEST(AreTomoHostile, WhatIsWrongIsSaidWithTheLine) {
  EXPECT_EQ(error_of([] { parse_aln("# SEC\n 0 85 1 2 3 1 1 1 0\n", "x.aln"); }),
            "line 2 of x.aln has 9 columns, but 10 were expected");
  EXPECT_NE(error_of([] { parse_aln("", "x.aln"); }).find("no table"), std::string::npos);
  EXPECT_NE(error_of([] { parse_aln("hello world\n", "x.aln"); }).find("line 1"),
            std::string::npos);
  EXPECT_NE(error_of([] { parse_aln("0 85 1 inf 3 1 1 1 0 0\n", "x.aln"); }).find("'inf'"),
            std::string::npos);
  EXPECT_FALSE(error_of([] { parse_aln("99999999999 85 1 0 3 1 1 1 0 0\n", "x"); }).empty());
  EXPECT_FALSE(error_of([] { parse_aln("# RawSize = 3\n", "x"); }).empty());
  EXPECT_FALSE(error_of([] { parse_aln("# DarkFrame = 3 4\n", "x"); }).empty());
  EXPECT_FALSE(error_of([] { parse_aln("# AlphaOffset = \n", "x"); }).empty());
}

}  // namespace
}  // namespace gimbal
