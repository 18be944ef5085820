// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/outliers.h"

#include "unit/data/detector_samples.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/data/counting_noise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

namespace gimbal {
namespace {

using test::counts;

bool has(const std::vector<Pixel>& pixels, int x, int y) {
  return std::find(pixels.begin(), pixels.end(), Pixel{x, y}) != pixels.end();
}

double poisson_at_least(double mean, int k) {
  double below = 0.0;
  for (int i = 0; i < k; ++i) below += std::exp(i * std::log(mean) - mean - std::lgamma(i + 1.0));
  return 1.0 - below;
}

TEST(CountingNoise, BoundsAreThoseOfPoissonTails) {
  const CountingNoise noise = CountingNoise::poisson(2.0);
  for (const double mean : {0.1, 0.5, 1.0, 5.0, 20.0, 60.0}) {
    const int k = static_cast<int>(std::lround(noise.upper(2.0 * mean) / 2.0));
    // Above the bound: k + 1 electrons or more.
    EXPECT_LT(poisson_at_least(mean, k + 1), 2.1e-8) << mean;
    EXPECT_GT(poisson_at_least(mean, k - 3), 2e-8) << mean;
  }
  EXPECT_EQ(noise.lower(2.0 * 10.0), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(noise.lower(2.0 * 19.0), 0.0);
  EXPECT_NEAR(noise.upper(2.0 * 100.0), 2.0 * (100 + 54.9 + 4.9), 2.0 * 6.0);
  EXPECT_DOUBLE_EQ(noise.upper(2e6), 2.7e6);
  EXPECT_DOUBLE_EQ(noise.lower(2e6), 1e6);
}

TEST(CountingNoise, ContinuesSmoothlyBeyondTheTable) {
  const CountingNoise noise = CountingNoise::poisson(1.0);
  double last = 0.0;
  for (double mean = 1e-4; mean < 1e5; mean *= 1.03) {
    EXPECT_GE(noise.upper(mean), last - 1.0) << mean;
    last = noise.upper(mean);
  }
}

class NoFalseAlarm : public testing::TestWithParam<double> {};

// 1024 x 1024 good pixels each: the specification allows 1 in 10 million.
TEST_P(NoFalseAlarm, OnFlatIllumination) {
  const double mean = GetParam();
  const Image<float> sum = counts(1024, 1024, 7, [&](int, int) { return mean; });
  const OutlierPixels found = find_outliers(sum, {});
  EXPECT_TRUE(found.hot.empty()) << found.hot.size();
  EXPECT_TRUE(found.dead.empty()) << found.dead.size();
  EXPECT_NEAR(found.counts_scale, 1.0, 0.03);
  EXPECT_NEAR(found.mean, mean, 0.01 * mean);
  EXPECT_NEAR(found.deviation, std::sqrt(mean), 0.01 * std::sqrt(mean));
}
INSTANTIATE_TEST_SUITE_P(Doses, NoFalseAlarm, testing::Values(0.1, 0.5, 2.0, 20.0, 300.0, 3000.0));

// Beads of 10 nm at 5 A/px, a beam gradient of a factor 2, a carbon edge, and a gain that is right.
double specimen(int x, int y) {
  double t = 1.0 + 0.5 * std::sin(0.004 * x);
  if (x + y > 900) t *= 0.6;
  for (const auto& [bx, by] : {std::pair{100, 100}, {300, 150}, {410, 60}, {90, 420}, {470, 300}}) {
    const double r = std::hypot(x - bx - 0.3, y - by + 0.4) / 10.0;
    if (r < 2.0) t *= test::bead(r);
  }
  return t;
}

class OnSpecimen : public testing::TestWithParam<double> {};

TEST_P(OnSpecimen, FindsWhatIsBadAndOnlyThat) {
  const double mean = GetParam();
  const Image<float> gain = test::gain_pattern(1024, 512, 0.02, 3);
  Image<float> sum =
      counts(1024, 512, 11, [&](int x, int y) { return mean * specimen(x % 512, y); });
  for (int y = 0; y < 512; ++y)
    for (int x = 0; x < 1024; ++x) sum(x, y) *= gain(x, y);
  std::set<std::pair<int, int>> hot, dead;
  const auto value = static_cast<float>(20.0 + 5.0 * mean);
  for (const auto& [x, y] : {std::pair{0, 0}, {700, 30}, {1023, 511}, {100, 101}, {449, 451}})
    hot.insert({x, y});
  for (const int dx : {0, 1})
    for (const int dy : {0, 1}) hot.insert({600 + dx, 400 + dy});
  for (int y = 128; y < 384; ++y) hot.insert({777, y});
  for (const auto& [x, y] : hot) sum(x, y) = value;
  for (int y = 0; y < 512; ++y)
    for (const int x : {40, 900, 901}) dead.insert({x, y});
  for (int x = 200; x < 700; ++x) dead.insert({x, 222});
  if (mean >= 40.0)
    for (const auto& [x, y] : {std::pair{650, 20}, {5, 5}, {5, 6}, {6, 5}, {6, 6}})
      dead.insert({x, y});
  for (const auto& [x, y] : dead)
    if (!hot.contains({x, y})) sum(x, y) = 0.0F;

  const OutlierPixels found = find_outliers(sum, {});
  for (const auto& [x, y] : hot) EXPECT_TRUE(has(found.hot, x, y)) << "hot " << x << " " << y;
  int missed = 0;
  for (const auto& [x, y] : dead) missed += has(found.dead, x, y) ? 0 : 1;
  // The dead row ends inside its last segments at low counts.
  EXPECT_LE(missed, mean < 40.0 ? 128 : 0);
  int wrong = 0;
  std::string where;
  for (const Pixel p : found.hot) {
    if (hot.contains({p.x, p.y})) continue;
    ++wrong;
    where += fmt::format(" ({}, {}): {}", p.x, p.y, sum(p.x, p.y));
  }
  EXPECT_EQ(wrong, 0) << where;
  wrong = 0;
  for (const Pixel p : found.dead) wrong += dead.contains({p.x, p.y}) ? 0 : 1;
  EXPECT_LE(wrong, 64 + 64);  // the segment in which the dead row begins or ends
}
INSTANTIATE_TEST_SUITE_P(Doses, OnSpecimen, testing::Values(1.0, 5.0, 40.0, 200.0, 2000.0));

TEST(Outliers, MaskedPixelsAreNeitherJudgedNorUsed) {
  Image<float> sum = counts(300, 200, 5, [](int, int) { return 50.0; });
  DefectMask mask(300, 200);
  for (int y = 0; y < 200; ++y)
    for (int x = 100; x < 150; ++x) {
      sum(x, y) = (x % 2) * 1e6F;
      mask(x, y) = 3;
    }
  for (int x = 0; x < 300; ++x) {
    sum(x, 77) = 0.0F;
    mask(x, 77) = 1;
  }
  sum(99, 50) = 500.0F;
  sum(20, 20) = 0.0F;
  const OutlierPixels found = find_outliers(sum, mask);
  EXPECT_EQ(found.hot, (std::vector<Pixel>{{99, 50}}));
  EXPECT_EQ(found.dead, (std::vector<Pixel>{{20, 20}}));
}

TEST(Outliers, NotFinitePixelsAreBad) {
  Image<float> sum = counts(64, 64, 5, [](int, int) { return 50.0; });
  sum(3, 4) = std::numeric_limits<float>::quiet_NaN();
  sum(40, 4) = std::numeric_limits<float>::infinity();
  const OutlierPixels found = find_outliers(sum, {});
  EXPECT_EQ(found.dead, (std::vector<Pixel>{{3, 4}, {40, 4}}));
  EXPECT_TRUE(found.hot.empty());
  EXPECT_NEAR(found.mean, 50.0, 1.0);
}

TEST(Outliers, ScaledAndOffsetDataKeepTheirNoise) {
  Image<float> sum = counts(256, 256, 5, [](int, int) { return 30.0; });
  for (int y = 0; y < 256; ++y)
    for (int x = 0; x < 256; ++x) sum(x, y) = 32.0F * sum(x, y) - 32.0F * 30.0F;
  sum(10, 20) = 32.0F * 60;
  sum(99, 20) = -32.0F * 60;
  const OutlierPixels found = find_outliers(sum, {});
  EXPECT_EQ(found.counts_scale, 0.0);
  EXPECT_EQ(found.hot, (std::vector<Pixel>{{10, 20}}));
  EXPECT_EQ(found.dead, (std::vector<Pixel>{{99, 20}}));
}

TEST(Outliers, TinyConstantAndEmptyImagesHaveNone) {
  for (const auto& [nx, ny] : {std::pair{0, 0}, {1, 1}, {3, 7}, {1, 500}, {500, 1}, {64, 64}}) {
    Image<float> sum(nx, ny);
    sum.fill(4.0F);
    const OutlierPixels found = find_outliers(sum, {});
    EXPECT_TRUE(found.hot.empty() && found.dead.empty()) << nx << " " << ny;
  }
}

TEST(Outliers, AwkwardSizesAreCoveredToTheEdge) {
  for (const auto& [nx, ny] : {std::pair{33, 95}, {101, 67}, {2000, 17}, {17, 2000}}) {
    Image<float> sum = counts(nx, ny, 9, [](int, int) { return 100.0; });
    sum(nx - 1, ny - 1) = 1000.0F;
    sum(0, ny - 1) = 0.0F;
    const OutlierPixels found = find_outliers(sum, {});
    EXPECT_EQ(found.hot, (std::vector<Pixel>{{nx - 1, ny - 1}})) << nx << " " << ny;
    EXPECT_EQ(found.dead, (std::vector<Pixel>{{0, ny - 1}})) << nx << " " << ny;
  }
}

TEST(Outliers, DoNotDependOnThreads) {
  Image<float> sum = counts(700, 500, 2, [](int x, int) { return 20.0 + 0.05 * x; });
  for (int i = 0; i < 200; ++i) sum((i * 97) % 700, (i * 61) % 500) = i % 2 ? 400.0F : 0.0F;
  OutlierPixels results[2];
  for (const int i : {0, 1}) {
    Arena arena(i + 1);
    arena.run([&] { results[i] = find_outliers(sum, {}); });
  }
  EXPECT_EQ(results[0].hot, results[1].hot);
  EXPECT_EQ(results[0].dead, results[1].dead);
  EXPECT_EQ(results[0].mean, results[1].mean);
  EXPECT_EQ(results[0].deviation, results[1].deviation);
  EXPECT_GE(results[0].hot.size(), 99U);
}

TEST(Outliers, RefusesAMaskOfAnotherSize) {
  const Image<float> sum(64, 64);
  try {
    find_outliers(sum, DefectMask(64, 32));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("64 x 32"), std::string::npos);
  }
}

TEST(Outliers, AddToMask) {
  DefectMask mask;
  add_to_mask(mask, {5, 4}, {{4, 3}, {0, 1}});
  EXPECT_EQ(mask.size(), (Size2{5, 4}));
  EXPECT_EQ(mask(4, 3), 1);
  EXPECT_EQ(mask(0, 1), 1);
  EXPECT_EQ(mask(0, 0), 0);
}

}  // namespace
}  // namespace gimbal
