// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/patch_tracks.h"

#include "gimbal/core/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace gimbal::tilt {
namespace {

struct FlatSeries {
  Stack stack;
  std::vector<Projection> projections;
};

// Soft dots in the plane z = 0, in seven tilts with noise.
FlatSeries flat_series(std::uint64_t seed) {
  constexpr int n = 256;
  constexpr double radius_px = 1.5;
  FlatSeries series;
  Stack& stack = series.stack;
  stack.full_size = stack.size = {n, n};
  stack.full_pixel_A = 10.0;
  Random random(seed);
  std::vector<Vec3> dots;
  for (int i = 0; i < 1500; ++i)
    dots.push_back({1.6 * n * (random.uniform() - 0.5), 1.6 * n * (random.uniform() - 0.5), 0.0});
  for (int t = 0; t < 7; ++t) {
    const double angle_deg = 12.0 * (t - 3);
    const Vec2 shift{4.0 * random.normal(), 4.0 * random.normal()};
    series.projections.push_back({0.0, angle_deg, 85.0, shift, 1.0});
    StackTilt& tilt = stack.tilts.emplace_back();
    tilt.key = std::to_string(t);
    tilt.nominal_tilt_deg = angle_deg;
    tilt.image = Image<float>(n, n);
    for (int y = 0; y < n; ++y)
      for (int x = 0; x < n; ++x) tilt.image(x, y) = static_cast<float>(0.3 * random.normal());
    for (const Vec3& dot : dots) {
      const Vec2 p = project(series.projections.back(), dot, stack.full_size);
      for (int y = std::max(0, static_cast<int>(p.y) - 6);
           y < std::min(n, static_cast<int>(p.y) + 7); ++y)
        for (int x = std::max(0, static_cast<int>(p.x) - 6);
             x < std::min(n, static_cast<int>(p.x) + 7); ++x)
          tilt.image(x, y) -= static_cast<float>(std::exp(
              -0.5 * (std::pow(x - p.x, 2) + std::pow(y - p.y, 2)) / (radius_px * radius_px)));
    }
    double sum = 0.0;
    for (int y = 0; y < n; ++y)
      for (const float v : tilt.image.view().row_span(y)) sum += double{v};
    for (int y = 0; y < n; ++y)
      for (int x = 0; x < n; ++x) tilt.image(x, y) -= static_cast<float>(sum / (n * n));
  }
  return series;
}

PatchOptions small_patches() {
  PatchOptions options;
  options.side_A = 700.0;
  options.finest_A = 40.0;
  return options;
}

// rms distance of the observations of these tilts from where the specimen really is, in px or
// in expected errors (both axes together).
double rms_error(const FlatSeries& series, const std::vector<Track>& tracks, int first, int last,
                 bool in_sigmas = false) {
  double squares = 0.0;
  int count = 0;
  for (const Track& track : tracks)
    for (const Observation& o : track.observations) {
      if (o.tilt < first || o.tilt > last) continue;
      const Vec2 there = project(series.projections[static_cast<std::size_t>(o.tilt)],
                                 track.point_px, series.stack.full_size);
      squares += std::pow(length(o.position_px - there) / (in_sigmas ? o.sigma_px : 1.0), 2);
      ++count;
    }
  return count > 0 ? std::sqrt(squares / count) : 1e9;
}

}  // namespace

TEST(PatchTracks, FindWhereTheSpecimenIs) {
  const FlatSeries series = flat_series(1);
  const std::vector<bool> used(series.projections.size(), true);
  const auto tracks = patch_tracks(series.stack, series.projections, used, 200.0, small_patches());
  ASSERT_GE(tracks.size(), 20U);
  std::size_t count = 0;
  for (const Track& track : tracks) {
    count += track.observations.size();
    for (std::size_t i = 0; i < track.observations.size(); ++i) {
      const Observation& o = track.observations[i];
      if (i > 0) {
        EXPECT_GT(o.tilt, track.observations[i - 1].tilt);
      }
      EXPECT_GT(o.sigma_px, 0.0);
      EXPECT_LT(o.sigma_px, 0.5);
    }
  }
  EXPECT_GE(count, 6 * tracks.size());
  // Measured for 8 seeds: 0.16 to 0.19 px in a tilt, 0.88 to 1.03 times what the sigmas lead to
  // expect.
  EXPECT_LT(rms_error(series, tracks, 0, 6), 0.25);
  EXPECT_NEAR(rms_error(series, tracks, 0, 6, true) / std::sqrt(2.0), 0.97, 0.12);
}

// A tilt that is 1.44 px off is measured where it belongs (0.16 to 0.19 px for 5 seeds). It pulls
// the predictions of its neighbours half of the way (0.6 to 0.77 px): tracks are measured twice.
TEST(PatchTracks, ATiltThatIsOffIsSeenToBe) {
  const FlatSeries series = flat_series(1);
  const std::vector<bool> used(series.projections.size(), true);
  auto wrong = series.projections;
  wrong[4].shift_px = wrong[4].shift_px + Vec2{1.2, -0.8};
  const auto tracks = patch_tracks(series.stack, wrong, used, 200.0, small_patches());
  EXPECT_LT(rms_error(series, tracks, 4, 4), 0.25);
  for (const int neighbour : {3, 5})
    EXPECT_LT(rms_error(series, tracks, neighbour, neighbour), 0.9);
}

TEST(PatchTracks, TiltsThatAreNotUsedHaveNoObservations) {
  const FlatSeries series = flat_series(2);
  std::vector<bool> used(series.projections.size(), true);
  used[2] = false;
  const auto tracks = patch_tracks(series.stack, series.projections, used, 200.0, small_patches());
  ASSERT_FALSE(tracks.empty());
  for (const Track& track : tracks)
    for (const Observation& o : track.observations) EXPECT_NE(o.tilt, 2);
}

// Sums of white noise under two squared sine windows, in one dimension, counted out.
TEST(PatchTracks, OverlapMakesPatchesTellLess) {
  EXPECT_DOUBLE_EQ(patch_redundancy(0.0), 1.0);
  for (const double overlap : {0.3, 0.5, 0.8}) {
    constexpr int n = 1000;
    const auto weight = [](int i) {
      return i < 0 || i >= n ? 0.0 : std::pow(std::sin(std::numbers::pi * (i + 0.5) / n), 2);
    };
    double own = 0.0, all = 0.0;
    const int stride = static_cast<int>(std::lround(n * (1.0 - overlap)));
    for (int i = 0; i < n; ++i) own += weight(i) * weight(i);
    for (int k = -n / stride; k <= n / stride; ++k)
      for (int i = 0; i < n; ++i) all += weight(i) * weight(i + k * stride);
    EXPECT_NEAR(patch_redundancy(overlap), std::pow(all / own, 2), 1e-4) << overlap;
  }
  EXPECT_NEAR(patch_redundancy(0.5), 16.0 / 9.0, 1e-12);
}

TEST(PatchTracks, NoiseAloneIsNotFollowed) {
  FlatSeries series = flat_series(3);
  Random random(9);
  for (StackTilt& tilt : series.stack.tilts)
    for (int y = 0; y < tilt.image.ny(); ++y)
      for (int x = 0; x < tilt.image.nx(); ++x)
        tilt.image(x, y) = static_cast<float>(random.normal());
  const std::vector<bool> used(series.projections.size(), true);
  EXPECT_TRUE(patch_tracks(series.stack, series.projections, used, 200.0, small_patches()).empty());
}

}  // namespace gimbal::tilt
