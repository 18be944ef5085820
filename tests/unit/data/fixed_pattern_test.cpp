// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/fixed_pattern.h"

#include "unit/data/detector_samples.h"

#include "gimbal/core/error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

namespace gimbal {
namespace {

double specimen(int x, int y, double shift) {
  double t =
      1.0 + 0.2 * std::sin(0.11 * (x + shift)) * std::sin(0.07 * y) + 0.3 * std::sin(0.005 * x);
  for (int bx = 60; bx < 1024; bx += 190)
    for (int by = 40; by < 1024; by += 170) {
      const double r = std::hypot(x - bx - shift, y - by) / 9.0;
      if (r < 2.0) t *= test::bead(r);
    }
  return t;
}

struct Sample {
  StoredGain gain;
  Image<float> average;
};

// An average over `total` electrons per pixel of a specimen, seen through a detector whose gain of
// the given rms lies in orientation `truth`.
Sample sample(Size2 size, double rms, double total, GainOrientation truth, std::uint64_t seed) {
  const Size2 stored = oriented(size, truth);  // turned back has the same size
  Sample s{{test::gain_pattern(stored.nx, stored.ny, rms, seed), GainKind::factors}, {}};
  s.gain.values(stored.nx / 3, stored.ny / 3) = 0.0F;
  const Image<float> gain = oriented(s.gain.values, truth);
  s.average = test::counts(size.nx, size.ny, seed + 1, [&](int x, int y) {
    return gain(x, y) > 0.0F ? total * specimen(x, y, 0.0) / static_cast<double>(gain(x, y)) : 0.0;
  });
  for (int i = 0; i < 40; ++i)
    s.average((i * 71 + 13) % size.nx, (i * 131 + 7) % size.ny) = static_cast<float>(200 * total);
  return s;
}

TEST(GainOrientationGuess, FindsAllEight) {
  for (const GainOrientation truth : all_gain_orientations) {
    const Sample s = sample({300, 256}, 0.03, 100.0, truth, 5);
    const GainGuess guess = guess_gain_orientation(s.gain, s.average);
    EXPECT_EQ(guess.verdict, GainVerdict::decided) << guess.explanation;
    EXPECT_EQ(guess.orientation, truth) << guess.explanation;
    EXPECT_NEAR(guess.agreement, 1.0, 0.15) << guess.explanation;
    EXPECT_GT(guess.confidence, 10.0);
    EXPECT_NE(guess.explanation.find(option_text(truth)), std::string::npos);
  }
}

struct Case {
  double rms;
  double total;
  int size;
};
class WeakPattern : public testing::TestWithParam<Case> {};

TEST_P(WeakPattern, IsFound) {
  const auto& [rms, total, size] = GetParam();
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    const Sample s = sample({size, size}, rms, total, {1, 1}, seed);
    const GainGuess guess = guess_gain_orientation(s.gain, s.average);
    EXPECT_EQ(guess.verdict, GainVerdict::decided) << guess.explanation;
    EXPECT_EQ(guess.orientation, (GainOrientation{1, 1})) << guess.explanation;
    EXPECT_NEAR(guess.agreement, 1.0, 0.05 + 4.0 * guess.agreement_error);
  }
}
INSTANTIATE_TEST_SUITE_P(Doses, WeakPattern,
                         testing::Values(Case{0.01, 60.0, 400}, Case{0.02, 50.0, 256},
                                         Case{0.03, 500.0, 128}));

TEST(GainOrientationGuess, SaysWhenItCannotTell) {
  // Too few counts, in a small image.
  const Sample faint = sample({128, 128}, 0.01, 3.0, {2, 0}, 9);
  GainGuess guess = guess_gain_orientation(faint.gain, faint.average);
  EXPECT_EQ(guess.verdict, GainVerdict::undecided);
  EXPECT_NE(guess.explanation.find("too few counts"), std::string::npos) << guess.explanation;
  // A symmetric pattern.
  Sample s = sample({256, 256}, 0.03, 200.0, {0, 0}, 9);
  for (int y = 0; y < 256; ++y)
    for (int x = 0; x < 128; ++x) s.gain.values(255 - x, y) = s.gain.values(x, y);
  s.average = test::counts(256, 256, 4, [&](int x, int y) {
    return s.gain.values(x, y) > 0.0F ? 200.0 / static_cast<double>(s.gain.values(x, y)) : 0.0;
  });
  guess = guess_gain_orientation(s.gain, s.average);
  EXPECT_EQ(guess.verdict, GainVerdict::undecided);
  EXPECT_NE(guess.explanation.find("symmetric"), std::string::npos) << guess.explanation;
  // No pattern at all.
  s.gain.values.fill(1.0F);
  guess = guess_gain_orientation(s.gain, s.average);
  EXPECT_EQ(guess.verdict, GainVerdict::undecided);
  EXPECT_NE(guess.explanation.find("no pattern"), std::string::npos) << guess.explanation;
  // Factors where sensitivities are.
  s = sample({256, 256}, 0.03, 200.0, {1, 0}, 9);
  for (int y = 0; y < 256; ++y)
    for (float& v : s.gain.values.view().row_span(y)) v = v > 0.0F ? 1.0F / v : 0.0F;
  guess = guess_gain_orientation(s.gain, s.average);
  EXPECT_EQ(guess.verdict, GainVerdict::undecided);
  EXPECT_NE(guess.explanation.find("invert"), std::string::npos) << guess.explanation;
  s.gain.kind = GainKind::sensitivity;
  EXPECT_EQ(guess_gain_orientation(s.gain, s.average).orientation, (GainOrientation{1, 0}));
}

TEST(GainOrientationGuess, SeesThatMoviesAreCorrectedAlready) {
  const StoredGain gain{test::gain_pattern(300, 300, 0.02, 3), GainKind::factors};
  const Image<float> average =
      test::counts(300, 300, 8, [](int x, int y) { return 100.0 * specimen(x, y, 0.0); });
  const GainGuess guess = guess_gain_orientation(gain, average);
  EXPECT_EQ(guess.verdict, GainVerdict::already_corrected) << guess.explanation;
}

TEST(GainOrientationGuess, WorksThroughUpsamplingAndRefusesWrongSizes) {
  const StoredGain gain{test::gain_pattern(200, 160, 0.03, 3), GainKind::factors};
  const Image<float> turned = oriented(gain.values, {3, 0});
  const Image<float> average = test::counts(
      320, 400, 8, [&](int x, int y) { return 60.0 / static_cast<double>(turned(x / 2, y / 2)); });
  const GainGuess guess = guess_gain_orientation(gain, average);
  EXPECT_EQ(guess.verdict, GainVerdict::decided) << guess.explanation;
  EXPECT_EQ(guess.orientation, (GainOrientation{3, 0}));
  EXPECT_THROW(guess_gain_orientation(gain, Image<float>(321, 400)), Error);
}

// Halves of an average, each with its own counting noise.
FixedPattern halves(double rms, double total_each, std::uint64_t seed, int size = 400) {
  const Image<float> gain = test::gain_pattern(size, size, rms, seed);
  Image<float> half[2];
  for (const std::uint64_t k : {0U, 1U})
    half[k] = test::counts(size, size, 10 * seed + k, [&](int x, int y) {
      // Drifting specimens are blurred alike in both halves.
      const double t = 0.5 * (specimen(x, y, 0.0) + specimen(x, y, 3.0));
      return total_each * t / static_cast<double>(gain(x, y));
    });
  return find_fixed_pattern(half[0], half[1]);
}

TEST(FixedPattern, IsMeasuredInUncorrectedMovies) {
  for (const auto& [rms, total] : {std::pair{0.02, 100.0}, {0.03, 60.0}, {0.05, 20.0}}) {
    const FixedPattern pattern = halves(rms, total, 1);
    EXPECT_TRUE(pattern.found) << rms << ": " << pattern.explanation;
    EXPECT_NEAR(pattern.rms, rms, 0.15 * rms);
  }
}

TEST(FixedPattern, IsNotSeenInCorrectedMovies) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    for (const double total : {0.5, 1000.0}) {
      const FixedPattern pattern = halves(0.0, total, seed);
      EXPECT_FALSE(pattern.found) << total << ": " << pattern.explanation;
      EXPECT_LT(pattern.rms, pattern.rms_limit);
    }
    EXPECT_FALSE(halves(0.002, 1000.0, seed).found);  // what a good correction leaves
  }
  EXPECT_NEAR(halves(0.0, 1000.0, 1).rms_limit, 0.005, 0.003);
}

TEST(FixedPattern, SmallAndUnequalImages) {
  const Image<float> tiny(5, 3);
  EXPECT_FALSE(find_fixed_pattern(tiny, tiny).found);
  EXPECT_THROW(find_fixed_pattern(tiny, Image<float>(5, 4)), Error);
  const Image<float> zero(200, 100);
  EXPECT_FALSE(find_fixed_pattern(zero, zero).found);
}

}  // namespace
}  // namespace gimbal
