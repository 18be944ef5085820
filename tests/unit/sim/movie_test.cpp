// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/movie.h"

#include "gimbal/core/parallel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <vector>

namespace gimbal::sim {
namespace {

std::vector<float> floats(const FrameReader& reader, int index) {
  RawFrame frame;
  reader.read(index, frame);
  std::vector<float> values(frame.bytes.size() / sizeof(float));
  std::memcpy(values.data(), frame.bytes.data(), frame.bytes.size());
  return values;
}

Exposure small_exposure(int n_frames, double electrons_per_px) {
  Exposure exposure;
  exposure.n_frames = n_frames;
  exposure.pixel_A = 1.5;
  exposure.dose_per_frame_e_A2 = electrons_per_px / (1.5 * 1.5);
  return exposure;
}

TEST(Movie, SameSeedSameBytesForAnyNumberOfThreads) {
  const Size2 size{150, 131};
  Exposure exposure = small_exposure(4, 0.8);
  exposure.motion = {make_drift(DriftKind::mixed, 4, {3, -2}, 9), wavy_motion(size, 4, 1.0, 9)};
  const SensorOptions sensor{.gain_sigma = 0.1,
                             .gain_tiles = 0.02,
                             .mtf_at_nyquist = 0.5,
                             .n_hot = 5,
                             .n_dead = 5,
                             .n_dead_columns = 1};
  std::vector<RawFrame> frames[2];
  for (int threads : {1, 2})
    Arena(threads).run([&] {
      const auto movie = simulate_texture_movie(size, {}, exposure, sensor, PixelType::uint8);
      for (int i = 0; i < 4; ++i) movie.frames->read(i, frames[threads - 1].emplace_back());
    });
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(frames[0][i].bytes, frames[1][i].bytes);
  exposure.seed = 2;
  RawFrame other;
  simulate_texture_movie(size, {}, exposure, sensor, PixelType::uint8).frames->read(0, other);
  EXPECT_NE(other.bytes, frames[0][0].bytes);
}

TEST(Movie, CountsHaveTheMeanOfTheDoseAndPoissonVariance) {
  const auto movie = simulate_texture_movie({400, 300}, {.contrast = 0.0}, small_exposure(2, 0.7),
                                            {}, PixelType::float32);
  for (int i : {0, 1}) {
    const auto values = floats(*movie.frames, i);
    double sum = 0.0, squares = 0.0;
    for (float value : values) {
      EXPECT_EQ(value, std::floor(value));
      sum += static_cast<double>(value);
      squares += static_cast<double>(value * value);
    }
    const double n = static_cast<double>(values.size()), mean = sum / n;
    EXPECT_NEAR(mean, 0.7, 4.0 * std::sqrt(0.7 / n));
    EXPECT_NEAR(squares / n - mean * mean, 0.7, 4.5 * std::sqrt((2.0 * 0.49 + 0.7) / n));
  }
}

TEST(Movie, ANoiseFreeFrameIsTheFirstOneMovedByTheDrift) {
  Exposure exposure = small_exposure(3, 100.0);
  exposure.noise = exposure.fading = exposure.motion_blur = false;
  exposure.motion.drift_px = {{0, 0}, {3, -2}, {7, 4}};
  const auto movie = simulate_texture_movie({120, 90}, {}, exposure, {}, PixelType::float32);
  const auto first = floats(*movie.frames, 0);
  for (int i : {1, 2}) {
    const auto frame = floats(*movie.frames, i);
    const Vec2 d = exposure.motion.drift_px[static_cast<std::size_t>(i)];
    const int dx = static_cast<int>(d.x), dy = static_cast<int>(d.y);
    for (int y = 10; y < 80; ++y)
      for (int x = 10; x < 110; ++x)
        EXPECT_NEAR(frame[static_cast<std::size_t>((y + dy) * 120 + x + dx)],
                    first[static_cast<std::size_t>(y * 120 + x)], 1e-3);
    // What motion correction has to report is the way back.
    EXPECT_EQ(movie.truth.shift(5, 5, i).x, -d.x);
    EXPECT_EQ(movie.truth.shift(5, 5, i).y, -d.y);
  }
}

double cubic(double t) {
  t = std::abs(t);
  if (t >= 2.0) return 0.0;
  return t < 1.0 ? (1.5 * t - 2.5) * t * t + 1.0 : ((-0.5 * t + 2.5) * t - 4.0) * t + 2.0;
}

double sample(const std::vector<float>& image, int nx, Vec2 at) {
  const int x = static_cast<int>(std::floor(at.x)), y = static_cast<int>(std::floor(at.y));
  double sum = 0.0;
  for (int j = -1; j <= 2; ++j)
    for (int i = -1; i <= 2; ++i)
      sum += cubic(x + i - at.x) * cubic(y + j - at.y) *
             static_cast<double>(image[static_cast<std::size_t>((y + j) * nx + x + i)]);
  return sum;
}

// What is left between the frames in a window once the predicted displacement is undone: least
// squares of the linearised brightness, repeated.
Vec2 left_over(const std::vector<float>& first, const std::vector<float>& frame, int nx,
               Vec2 centre, const std::function<Vec2(double, double)>& predicted) {
  constexpr int window = 12;
  Vec2 d;
  for (int turn = 0; turn < 8; ++turn) {
    double xx = 0, xy = 0, yy = 0, xt = 0, yt = 0;
    for (double y = centre.y - window; y <= centre.y + window; ++y)
      for (double x = centre.x - window; x <= centre.x + window; ++x) {
        const double gx = 0.5 * (sample(first, nx, {x + 1, y}) - sample(first, nx, {x - 1, y}));
        const double gy = 0.5 * (sample(first, nx, {x, y + 1}) - sample(first, nx, {x, y - 1}));
        const double t =
            sample(frame, nx, Vec2{x, y} + predicted(x, y) + d) - sample(first, nx, {x, y});
        xx += gx * gx;
        xy += gx * gy;
        yy += gy * gy;
        xt += gx * t;
        yt += gy * t;
      }
    d = d - (1.0 / (xx * yy - xy * xy)) * Vec2{yy * xt - xy * yt, xx * yt - xy * xt};
  }
  return d;
}

TEST(Movie, LocalMotionIsWhereTheTruthSays) {
  const Size2 size{320, 280};
  Exposure exposure = small_exposure(4, 100.0);
  exposure.noise = exposure.fading = exposure.motion_blur = false;
  exposure.motion.drift_px = {{0, 0}, {0.4, -0.3}, {0.7, -0.4}, {0.9, 0.35}};
  exposure.motion.local = beam_induced_motion(size, 4, 1.2, 4);
  const auto movie =
      simulate_texture_movie(size, {.grain_px = 2.5}, exposure, {}, PixelType::float32);
  const auto first = floats(*movie.frames, 0), last = floats(*movie.frames, 3);
  double largest = 0.0;
  for (double y = 40; y < 250; y += 50)
    for (double x = 40; x < 290; x += 60) {
      const Vec2 rest = left_over(first, last, size.nx, {x, y}, [&](double px, double py) {
        return movie.truth.displacement(px, py, 3);
      });
      EXPECT_LT(length(rest), 0.01) << x << ' ' << y;
      largest = std::max(largest, length(movie.truth.displacement(x, y, 3) -
                                         movie.truth.displacement(160, 140, 3)));
    }
  EXPECT_GT(largest, 1.0);
}

TEST(Movie, DefectsAreWhereTheSensorSays) {
  const auto movie = simulate_texture_movie(
      {200, 100}, {}, small_exposure(2, 1.0),
      {.gain_sigma = 0.1, .n_hot = 4, .n_dead = 4, .n_dead_columns = 2}, PixelType::float32);
  ASSERT_EQ(movie.sensor.hot.size(), 4U);
  ASSERT_EQ(movie.sensor.dead_columns.size(), 2U);
  const auto frame = floats(*movie.frames, 1);
  for (const SensorPixel p : movie.sensor.dead)
    EXPECT_EQ(frame[static_cast<std::size_t>(p.y * 200 + p.x)], 0.0F);
  for (const SensorPixel p : movie.sensor.hot)
    EXPECT_GT(frame[static_cast<std::size_t>(p.y * 200 + p.x)], 8.0F);
  for (int x : movie.sensor.dead_columns)
    for (int y = 0; y < 100; ++y) EXPECT_EQ(frame[static_cast<std::size_t>(y * 200 + x)], 0.0F);
}

TEST(Movie, TheGainUndoesTheSensitivity) {
  Exposure exposure = small_exposure(1, 50.0);
  exposure.noise = false;
  const auto movie = simulate_texture_movie({64, 48}, {.contrast = 0.0}, exposure,
                                            {.gain_sigma = 0.2}, PixelType::float32);
  const auto frame = floats(*movie.frames, 0);
  for (int y = 0; y < 48; ++y)
    for (int x = 0; x < 64; ++x)
      EXPECT_NEAR(frame[static_cast<std::size_t>(y * 64 + x)] * movie.sensor.gain(x, y), 50.0F,
                  1e-3);
}

TEST(Movie, PixelTypesClampInsteadOfWrapping) {
  Image<float> counts(3, 1);
  counts(0, 0) = -3.0F;
  counts(1, 0) = 130.4F;
  counts(2, 0) = 300.0F;
  const auto bytes = to_raw(counts, PixelType::int8).bytes;
  EXPECT_EQ(static_cast<std::int8_t>(bytes[0]), -3);
  EXPECT_EQ(static_cast<std::int8_t>(bytes[1]), 127);
  const auto unsigned_bytes = to_raw(counts, PixelType::uint8).bytes;
  EXPECT_EQ(std::to_integer<int>(unsigned_bytes[0]), 0);
  EXPECT_EQ(std::to_integer<int>(unsigned_bytes[1]), 130);
  EXPECT_EQ(std::to_integer<int>(unsigned_bytes[2]), 255);
}

}  // namespace
}  // namespace gimbal::sim
