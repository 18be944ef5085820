// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/bead_fit.h"

#include "gimbal/core/random.h"
#include "gimbal/tilt/bead_detect.h"
#include "gimbal/tilt/bead_whiten.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

// A soft disc with a fringe.
double shape(double r) {
  return -0.5 * std::erfc((r - 6.0) / 1.5) + 0.3 * std::exp(-0.5 * std::pow((r - 9.0) / 1.2, 2));
}

BeadProfile true_profile() {
  return {shape, 12.0, 14.0};
}

void add_bead(Image<float>& image, Vec2 at, double amplitude) {
  const BeadProfile profile = true_profile();
  for (int y = 0; y < image.ny(); ++y)
    for (int x = 0; x < image.nx(); ++x)
      if (const double r = std::hypot(x - at.x, y - at.y); r < profile.reach_px())
        image(x, y) += static_cast<float>(amplitude * profile.at(r).value);
}

Image<float> noise(int nx, int ny, std::uint64_t seed) {
  Image<float> image(nx, ny);
  Random random(seed);
  for (int y = 0; y < ny; ++y)
    for (int x = 0; x < nx; ++x) image(x, y) = static_cast<float>(random.normal());
  return image;
}

// One coordinate's Cramer-Rao bound in white noise of variance 1.
double bound(double amplitude) {
  const BeadProfile profile = true_profile();
  double information = 0.0;
  for (int y = -15; y <= 15; ++y)
    for (int x = -15; x <= 15; ++x)
      if (const double r = std::hypot(x, y); r > 0.0 && r < profile.reach_px())
        information += std::pow(amplitude * profile.at(r).slope * x / r, 2);
  return 1.0 / std::sqrt(information);
}

}  // namespace

TEST(BeadProfile, IsNormalisedAndItsSlopeIsItsDerivative) {
  const BeadProfile profile = true_profile();
  double squares = 0.0;
  for (int y = -15; y <= 15; ++y)
    for (int x = -15; x <= 15; ++x)
      if (const double r = std::hypot(x, y); r < profile.reach_px())
        squares += std::pow(profile.at(r).value, 2);
  EXPECT_NEAR(squares, 1.0, 2e-3);
  for (const double r : {0.3, 3.3, 6.1, 8.7, 12.0}) {
    const auto s = profile.at(r);
    EXPECT_NEAR(s.slope, (profile.at(r + 0.05).value - profile.at(r - 0.05).value) / 0.1, 2e-4);
    EXPECT_NEAR(s.stretch, r * s.slope, 2e-4);
  }
}

TEST(BeadProfile, IsLearnedFromManyNoisyViews) {
  std::vector<Image<float>> images;
  std::vector<BeadView> views;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    images.push_back(noise(48, 40, seed));
    Random random(seed, 7);
    const Vec2 at{22.0 + 4.0 * random.uniform(), 18.0 + 4.0 * random.uniform()};
    add_bead(images.back(), at, 40.0);
    views.push_back({nullptr, at, 40.0, 0.0, {}});
  }
  for (std::size_t i = 0; i < views.size(); ++i) views[i].image = &images[i];
  const BeadProfile learned = learn_profile(views, true_profile());
  for (double r = 0.5; r < 12.0; r += 0.5)
    EXPECT_NEAR(learned.at(r).value, true_profile().at(r).value, 0.006) << r;
}

TEST(BeadFit, ReachesTheBoundAndKnowsItsError) {
  constexpr double amplitude = 30.0;
  double squares = 0.0, expected = 0.0, bias = 0.0;
  constexpr int n = 300;
  for (int i = 0; i < n; ++i) {
    Image<float> image = noise(41, 37, static_cast<std::uint64_t>(i));
    Random random(static_cast<std::uint64_t>(i), 3);
    const Vec2 at{19.5 + random.uniform(), 17.5 + random.uniform()};
    add_bead(image, at, amplitude);
    const auto fits = fit_beads(image, true_profile(), {{20.0 + random.normal(), 18.0}}, {});
    ASSERT_TRUE(fits[0].ok);
    const Vec2 off = fits[0].position_px - at;
    squares += off.x * off.x + off.y * off.y;
    bias += off.x / n;
    expected += 2.0 * fits[0].sigma_px * fits[0].sigma_px;
  }
  const double rms = std::sqrt(squares / (2 * n)), least = bound(amplitude);
  EXPECT_LT(rms, 1.12 * least);
  EXPECT_GT(rms, 0.88 * least);
  EXPECT_NEAR(std::sqrt(expected / (2 * n)), rms, 0.1 * rms);
  EXPECT_LT(std::abs(bias), 4.0 * least / std::sqrt(n));
}

TEST(BeadFit, SeparatesBeadsThatTouch) {
  Image<float> image = noise(70, 60, 5);
  const std::vector<Vec2> at{{25.3, 28.1}, {36.9, 30.4}, {30.2, 39.5}};
  for (const Vec2 p : at) add_bead(image, p, 60.0);
  const auto fits =
      fit_beads(image, true_profile(), {{24.5, 28.0}, {37.5, 31.0}, {30.0, 40.2}}, {});
  for (std::size_t i = 0; i < at.size(); ++i) {
    ASSERT_TRUE(fits[i].ok);
    EXPECT_LT(length(fits[i].position_px - at[i]), 5.0 * std::sqrt(2.0) * fits[i].sigma_px);
    EXPECT_LT(fits[i].sigma_px, 0.15);
  }
}

TEST(BeadFit, AtTheEdgeAndOutside) {
  Image<float> image = noise(60, 60, 8);
  add_bead(image, {2.0, 30.0}, 60.0);
  const auto fits = fit_beads(image, true_profile(), {{2.5, 29.5}, {-40.0, 30.0}}, {});
  EXPECT_TRUE(fits[0].ok);
  EXPECT_LT(length(fits[0].position_px - Vec2{2.0, 30.0}), 0.6);
  EXPECT_FALSE(fits[1].ok);
}

TEST(BeadWhiten, MakesNoiseWhiteWithVarianceOne) {
  // Coloured: each pixel plus half of its neighbours.
  constexpr int nx = 512, ny = 480;
  const Image<float> raw = noise(nx, ny, 11);
  Image<float> image(nx, ny);
  for (int y = 0; y < ny; ++y)
    for (int x = 0; x < nx; ++x)
      image(x, y) = 7.0F * (raw(x, y) + 0.5F * raw((x + 1) % nx, y) + 0.5F * raw(x, (y + 1) % ny));
  const Whitener whitener({nx, ny}, 2);
  const WhiteTilt white = whitener.whiten(image);
  ASSERT_EQ(white.small.size(), (Size2{nx / 2, ny / 2}));
  const auto product = [](const Image<float>& a, int dx) {
    double sum = 0.0;
    for (int y = 0; y < a.ny(); ++y)
      for (int x = 0; x + dx < a.nx(); ++x)
        sum += static_cast<double>(a(x, y)) * static_cast<double>(a(x + dx, y));
    return sum / static_cast<double>(a.count());
  };
  EXPECT_NEAR(product(white.image, 0), 1.0, 0.1);
  EXPECT_NEAR(product(white.small, 0), 1.0, 0.1);
  const Image<float> again = whitener.whiten_again(white.image, white.image);
  EXPECT_NEAR(product(again, 0), 1.0, 0.1);
  // The noise is not the same along x and y, but its power is taken as a ring's mean.
  EXPECT_LT(std::abs(product(again, 1)), 0.1);
}

TEST(BeadCandidates, AreTheBeads) {
  Image<float> image = noise(200, 180, 21);
  const std::vector<Vec2> at{{50.2, 60.7}, {63.5, 61.0}, {150.0, 120.0}, {120.4, 30.2}};
  for (const Vec2 p : at) add_bead(image, p, 45.0);
  const auto found = CandidateFinder(image.size(), {1.0, 1.0}, true_profile()).find(image, 20);
  ASSERT_GE(found.size(), at.size());
  for (const Vec2 p : at)
    EXPECT_TRUE(std::any_of(found.begin(), found.begin() + 4, [&](const BeadCandidate& c) {
      return length(c.position_px - p) < 0.7;
    }));
  if (found.size() > 4) {
    EXPECT_LT(found[4].signal, 0.4 * found[3].signal);
  }
}

}  // namespace gimbal::tilt
