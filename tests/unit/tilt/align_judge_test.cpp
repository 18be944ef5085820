// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/align_methods.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal::tilt {
namespace {

// Scores that fall with the angle, on the branch of later tilts by `later` more.
Alignment scored(double later = 1.0) {
  Alignment alignment;
  for (double angle = -60.0; angle <= 60.0; angle += 3.0) {
    AlignedTilt& tilt = alignment.tilts.emplace_back();
    tilt.nominal_tilt_deg = angle;
    tilt.score = 0.45 - 0.0035 * std::abs(angle);
    if (angle < 0.0) tilt.score *= later;
  }
  return alignment;
}

TEST(Judge, ScoresThatChangeWithAngleAndDoseAreNoDoubt) {
  for (const double later : {1.0, 0.45}) {
    Alignment alignment = scored(later);
    EXPECT_FALSE(exclude_strangers(alignment));
    judge(alignment);
    EXPECT_EQ(alignment.verdict, Verdict::pass) << later;
    for (const AlignedTilt& tilt : alignment.tilts) EXPECT_EQ(tilt.reason, "") << later;
  }
}

TEST(Judge, TiltsWorseThanTheirNeighboursAreDoubted) {
  Alignment alignment = scored();
  alignment.tilts[5].score *= 0.5;
  alignment.tilts[7].score *= 0.5;
  EXPECT_FALSE(exclude_strangers(alignment));
  judge(alignment);
  EXPECT_EQ(alignment.verdict, Verdict::warn);
  for (std::size_t t = 0; t < alignment.tilts.size(); ++t)
    EXPECT_EQ(alignment.tilts[t].reason.empty(), t != 5 && t != 7) << t;
}

TEST(Judge, ScoresThatFallSteeplyAtTheEndsAreNoDoubt) {
  for (const double last : {0.2, 0.05}) {  // 0.2: where the others lead to, as in small fields
    Alignment alignment = scored();
    const std::size_t n = alignment.tilts.size();
    alignment.tilts[n - 3].score = 0.344;
    alignment.tilts[n - 2].score = 0.276;
    alignment.tilts[n - 1].score = last;
    judge(alignment);
    EXPECT_EQ(alignment.tilts[n - 1].reason.empty(), last == 0.2);
    EXPECT_EQ(alignment.verdict, last == 0.2 ? Verdict::pass : Verdict::warn);
  }
}

TEST(Judge, MagnificationsThatRelionCannotSayAreDoubted) {
  for (const double jump : {0.002, 0.01}) {
    Alignment alignment = scored();
    for (std::size_t t = 20; t < alignment.tilts.size(); ++t)
      alignment.tilts[t].projection.magnification = 1.0 + jump;
    judge(alignment);
    EXPECT_EQ(alignment.verdict, jump > 0.005 ? Verdict::warn : Verdict::pass) << jump;
  }
}

TEST(Judge, TiltsThatAgreeWithNothingAreExcluded) {
  Alignment alignment = scored();
  alignment.tilts[12].score = 0.1;
  alignment.tilts[14].score = 0.0;
  EXPECT_TRUE(exclude_strangers(alignment));
  for (std::size_t t = 0; t < alignment.tilts.size(); ++t)
    EXPECT_EQ(alignment.tilts[t].state == TiltState::excluded, t == 12 || t == 14) << t;
  EXPECT_NE(alignment.tilts[12].reason.find("is its angle right"), std::string::npos);
  EXPECT_FALSE(exclude_strangers(alignment));
}

TEST(Judge, AnAlignmentThatAgreesWithNothingFails) {
  Alignment alignment = scored();
  for (AlignedTilt& tilt : alignment.tilts) tilt.score = 0.01;
  EXPECT_FALSE(exclude_strangers(alignment));
  judge(alignment);
  EXPECT_EQ(alignment.verdict, Verdict::fail);
}

}  // namespace
}  // namespace gimbal::tilt
