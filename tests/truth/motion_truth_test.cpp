// SPDX-License-Identifier: GPL-3.0-or-later
// Motion of simulated movies against their truth. Errors are rms over a 9 x 9 grid of positions and
// all frames, per axis, with each position's mean over time removed.
#include "gimbal/motion/motion.h"
#include "gimbal/sim/movie.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace gimbal {
namespace {

template <typename ShiftAt>
double grid_rms(Size2 size, int n_frames, const ShiftAt& shift_at) {
  double squares = 0;
  for (int a = 0; a < 9; ++a)
    for (int b = 0; b < 9; ++b) {
      double x = 0, y = 0, xx = 0, yy = 0;
      for (int i = 0; i < n_frames; ++i) {
        const Shift s = shift_at(size.nx * (a + 0.5) / 9, size.ny * (b + 0.5) / 9, i);
        x += s.x / n_frames;
        y += s.y / n_frames;
        xx += s.x * s.x / n_frames;
        yy += s.y * s.y / n_frames;
      }
      squares += (xx - x * x + yy - y * y) / 2.0;
    }
  return std::sqrt(squares / 81.0);
}

struct Errors {
  double found, one_shift;  // of gimbal, and of the best that one shift per frame could do
  bool local;
  double invented;  // rms of the local model itself
};

Errors run(const sim::SimulatedMovie& movie, const MotionOptions& options) {
  const auto& info = movie.frames->info();
  const Size2 size{info.nx, info.ny};
  const auto result = correct_motion({}, *movie.frames, {}, options);
  std::vector<Shift> mean(static_cast<std::size_t>(info.n_frames));
  for (int i = 0; i < info.n_frames; ++i)
    for (int p = 0; p < 81; ++p) {
      const Shift s =
          movie.truth.shift(size.nx * (p % 9 + 0.5) / 9, size.ny * (p / 9 + 0.5) / 9, i);
      mean[static_cast<std::size_t>(i)].x += s.x / 81;
      mean[static_cast<std::size_t>(i)].y += s.y / 81;
    }
  const auto difference = [](Shift a, Shift b) { return Shift{a.x - b.x, a.y - b.y}; };
  return {grid_rms(size, info.n_frames,
                   [&](double x, double y, int i) {
                     return difference(movie.truth.shift(x, y, i), result.motion.at(x, y, i));
                   }),
          grid_rms(size, info.n_frames,
                   [&](double x, double y, int i) {
                     return difference(movie.truth.shift(x, y, i),
                                       mean[static_cast<std::size_t>(i)]);
                   }),
          result.motion.local.has_value(),
          grid_rms(size, info.n_frames, [&](double x, double y, int i) {
            return difference(result.motion.at(x, y, i),
                              result.motion.global[static_cast<std::size_t>(i)]);
          })};
}

sim::SimulatedMovie texture_movie(double electrons, double local_rms_px, std::uint64_t seed,
                                  sim::DriftKind drift = sim::DriftKind::mixed, int n_frames = 8) {
  sim::Exposure exposure;
  exposure.n_frames = n_frames;
  exposure.pixel_A = 1.5;
  exposure.dose_per_frame_e_A2 = electrons / 2.25;
  exposure.seed = seed;
  exposure.motion.drift_px = sim::make_drift(drift, n_frames, {4.0, 2.5}, seed);
  if (local_rms_px > 0)
    exposure.motion.local = sim::beam_induced_motion({1024, 1024}, n_frames, local_rms_px, seed);
  return sim::simulate_texture_movie({1024, 1024}, {}, exposure);
}

// Half of what RELION 5.0.1 leaves on movies four times as large (0.276 ... 0.014 px).
TEST(MotionTruth, GlobalShiftsAtEveryDose) {
  MotionOptions options;
  options.patch_x = options.patch_y = 1;
  for (const auto& [electrons, bound_px] :
       {std::pair{0.1, 0.18}, std::pair{0.5, 0.05}, std::pair{3.0, 0.015}})
    for (const std::uint64_t seed : {1, 2})
      EXPECT_LT(run(texture_movie(electrons, 0.0, seed), options).found, bound_px)
          << electrons << " e/px, seed " << seed;
}

// Half an electron for ten pixels: low frequencies alone are all noise, and frames that are moved
// by those are lost for the finer search (they were in half of such movies, by up to 60 px).
TEST(MotionTruth, NoFrameIsLostWithFewElectrons) {
  MotionOptions options;
  options.patch_x = options.patch_y = 1;
  for (const std::uint64_t seed : {1, 2, 3, 4})
    EXPECT_LT(run(texture_movie(0.05, 0.0, seed, sim::DriftKind::mixed, 10), options).found, 0.35)
        << seed;
}

TEST(MotionTruth, AJumpBetweenFramesIsFound) {
  MotionOptions options;
  options.patch_x = options.patch_y = 1;
  EXPECT_LT(run(texture_movie(1.0, 0.0, 3, sim::DriftKind::jump), options).found, 0.05);
}

// More frames than are held in memory, each with a step of its own, of 0.45 px rms: frames that
// were interpolated between groups would be wrong by half of that.
TEST(MotionTruth, EachOfManyFramesHasItsOwnShift) {
  MotionOptions options;
  options.patch_x = options.patch_y = 1;
  EXPECT_LT(run(texture_movie(0.2, 0.0, 4, sim::DriftKind::jitter, 56), options).found, 0.1);
}

TEST(MotionTruth, LocalMotionIsNotInvented) {
  for (const double electrons : {0.2, 1.0})
    for (const std::uint64_t seed : {1, 2, 3})
      EXPECT_LT(run(texture_movie(electrons, 0.0, seed), {}).invented, 0.05)
          << electrons << ' ' << seed;
}

TEST(MotionTruth, LocalMotionIsFoundWhereTheDataCarryIt) {
  for (const std::uint64_t seed : {1, 2}) {
    const auto weak = run(texture_movie(0.3, 0.5, seed), {});
    EXPECT_LT(weak.found, weak.one_shift) << seed;
    const auto strong = run(texture_movie(1.0, 3.0, seed), {});
    EXPECT_TRUE(strong.local);
    EXPECT_LT(strong.found, 0.12 * strong.one_shift) << seed;
  }
}

}  // namespace
}  // namespace gimbal
