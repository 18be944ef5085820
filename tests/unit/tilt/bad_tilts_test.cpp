// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/bad_tilts.h"

#include "gimbal/core/random.h"
#include "gimbal/tilt/align_methods.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal::tilt {
namespace {

constexpr int bad = 6;  // the tilt that something happens to

// Eleven tilts whose brightness falls with the angle as in ice; means are not in the images.
Stack good_stack() {
  Stack stack;
  stack.full_size = stack.size = {64, 48};
  Random random(1);
  for (int i = 0; i < 11; ++i) {
    StackTilt& tilt = stack.tilts.emplace_back();
    tilt.key = "tilt_" + std::to_string(i);
    tilt.nominal_tilt_deg = 12.0 * (i - 5);
    tilt.pre_exposure_e_A2 = 3.0 * i;
    tilt.mean = 100.0 * std::exp(-0.4 / std::cos(rad_from_deg(tilt.nominal_tilt_deg)));
    tilt.deviation = 5.0;
    tilt.image = Image<float>(64, 48);
    for (int y = 0; y < 48; ++y)
      for (int x = 0; x < 64; ++x) tilt.image(x, y) = static_cast<float>(5.0 * random.normal());
  }
  return stack;
}

// Reasons of the excluded tilts, others empty.
std::vector<std::string> reasons(const Stack& stack) {
  Alignment alignment = nominal_alignment(stack);
  exclude_bad_tilts(stack, alignment);
  std::vector<std::string> result;
  for (const AlignedTilt& tilt : alignment.tilts) {
    EXPECT_EQ(tilt.state == TiltState::excluded, !tilt.reason.empty());
    result.push_back(tilt.reason);
  }
  return result;
}

// Only tilt `bad` is excluded, for a reason that holds these words; "": nothing is.
void expect_excluded(const Stack& stack, const std::string& words) {
  const auto found = reasons(stack);
  for (int i = 0; i < static_cast<int>(found.size()); ++i) {
    const auto& reason = found[static_cast<std::size_t>(i)];
    if (i != bad || words.empty())
      EXPECT_EQ(reason, "") << i;
    else
      EXPECT_NE(reason.find(words), std::string::npos) << reason;
  }
}

// Darkens the left `part` of the field to `factor` of its brightness; means stay out of the image.
void shade(StackTilt& tilt, double part, double factor) {
  const int edge = static_cast<int>(part * tilt.image.nx());
  const double loss = tilt.mean * (factor - 1.0), mean_loss = loss * edge / tilt.image.nx();
  for (int y = 0; y < tilt.image.ny(); ++y)
    for (int x = 0; x < tilt.image.nx(); ++x)
      tilt.image(x, y) += static_cast<float>((x < edge ? loss : 0.0) - mean_loss);
  tilt.mean += mean_loss;
}

TEST(BadTilts, GoodOnesStay) {
  expect_excluded(good_stack(), "");
}

TEST(BadTilts, WithoutImage) {
  Stack stack = good_stack();
  stack.tilts[bad].image = {};
  expect_excluded(stack, "it has no image");
  stack.tilts[bad].problem = "cannot open x.mrc";
  expect_excluded(stack, "cannot open x.mrc");
}

TEST(BadTilts, Blank) {
  Stack stack = good_stack();
  stack.tilts[bad].deviation = 0.0;
  expect_excluded(stack, "blank");
}

TEST(BadTilts, DarkAndBright) {
  Stack stack = good_stack();
  const double usual = stack.tilts[bad].mean;
  stack.tilts[bad].mean = 0.3 * usual;
  expect_excluded(stack, "it is dark: 3");
  stack.tilts[bad].mean = 3.0 * usual;
  expect_excluded(stack, "times as bright");
  for (const double factor : {0.5, 2.0}) {
    stack.tilts[bad].mean = factor * usual;
    expect_excluded(stack, "");
  }
}

TEST(BadTilts, BrightnessIsNotJudgedWithoutIt) {
  Stack stack = good_stack();
  for (StackTilt& tilt : stack.tilts) tilt.mean = 0.0;
  stack.tilts[bad].mean = -3.0;
  expect_excluded(stack, "");
}

TEST(BadTilts, Shadow) {
  Stack stack = good_stack();
  shade(stack.tilts[bad], 0.65, 0.15);
  expect_excluded(stack, "lie in a shadow");
  stack = good_stack();
  shade(stack.tilts[bad], 0.4, 0.15);
  expect_excluded(stack, "");
}

TEST(BadTilts, RepeatedAngle) {
  Stack stack = good_stack();
  stack.tilts[bad].nominal_tilt_deg = stack.tilts[2].nominal_tilt_deg + 0.01;
  stack.tilts[bad].mean = stack.tilts[2].mean;
  expect_excluded(stack, "was taken before in tilt_2");
  stack.tilts[2].pre_exposure_e_A2 = 90.0;  // now the other one is the later
  EXPECT_EQ(reasons(stack)[bad], "");
  EXPECT_NE(reasons(stack)[2].find("was taken before in tilt_6"), std::string::npos);
}

TEST(BadTilts, WhatIsExcludedKeepsItsReason) {
  Stack stack = good_stack();
  stack.tilts[bad].deviation = 0.0;
  Alignment alignment = nominal_alignment(stack);
  alignment.tilts[bad].state = TiltState::excluded;
  alignment.tilts[bad].reason = "by hand";
  exclude_bad_tilts(stack, alignment);
  EXPECT_EQ(alignment.tilts[bad].reason, "by hand");
}

TEST(BadTilts, LimitsAreTakenAndZeroIsOff) {
  Stack stack = good_stack();
  const double usual = stack.tilts[bad].mean;
  stack.tilts[bad].mean = 0.5 * usual;
  stack.tilts[2].mean *= 2.0;
  shade(stack.tilts[9], 0.4, 0.4);
  const auto excluded = [&](const BadTiltLimits& limits) {
    Alignment alignment = nominal_alignment(stack);
    exclude_bad_tilts(stack, alignment, limits);
    std::vector<int> found;
    for (int i = 0; i < 11; ++i)
      if (alignment.tilts[static_cast<std::size_t>(i)].state == TiltState::excluded)
        found.push_back(i);
    return found;
  };
  EXPECT_EQ(excluded({.dark = 0.0, .bright = 0.0, .shadow = 0.0}), std::vector<int>{});
  EXPECT_EQ(excluded({.dark = 0.65, .bright = 0.0, .shadow = 0.0}), std::vector<int>{bad});
  EXPECT_EQ(excluded({.dark = 0.0, .bright = 1.5, .shadow = 0.0}), std::vector<int>{2});
  EXPECT_EQ(excluded({.dark = 0.0, .bright = 0.0, .shadow = 0.3}), std::vector<int>{9});
  stack.tilts[4].deviation = 0.0;
  EXPECT_EQ(excluded({.dark = 0.0, .bright = 0.0, .shadow = 0.0, .without_image = false}),
            std::vector<int>{});
}

TEST(BadTilts, LightIsWhatTheRulesJudge) {
  Stack stack = good_stack();
  stack.tilts[bad].mean *= 0.3;
  shade(stack.tilts[2], 0.5, 0.1);
  stack.tilts[9].image = {};
  const Alignment alignment = nominal_alignment(stack);
  const auto light = light_of(stack, alignment);
  EXPECT_NEAR(light[bad].brightness, 0.3, 0.02);
  EXPECT_EQ(light[bad].shadow, 0.0);
  EXPECT_NEAR(light[2].shadow, 0.5, 0.01);
  EXPECT_TRUE(std::isnan(light[9].brightness));
  EXPECT_TRUE(std::isnan(light[9].shadow));
  for (StackTilt& tilt : stack.tilts) tilt.mean = 0.0;
  EXPECT_TRUE(std::isnan(light_of(stack, alignment)[0].brightness));
}

}  // namespace
}  // namespace gimbal::tilt
