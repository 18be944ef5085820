// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/sensor.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/random.h"
#include "gimbal/sim/poisson.h"

#include <algorithm>
#include <cmath>

namespace gimbal::sim {
namespace {

Image<float> make_gain(Size2 size, const SensorOptions& options, std::uint64_t seed) {
  constexpr int tile = 256;
  Image<float> gain(size.nx, size.ny);
  Image<double> of_tile((size.nx + tile - 1) / tile, (size.ny + tile - 1) / tile);
  Random tiles(seed, 0x74696c6573);
  for (int j = 0; j < of_tile.ny(); ++j)
    for (int i = 0; i < of_tile.nx(); ++i)
      of_tile(i, j) = 1.0 + options.gain_tiles * tiles.normal();
  parallel_for(size.ny, [&](int y) {
    Random random(seed, static_cast<std::uint64_t>(y));
    for (int x = 0; x < size.nx; ++x) {
      const double sensitivity =
          (1.0 + options.gain_sigma * random.normal()) * of_tile(x / tile, y / tile);
      gain(x, y) = static_cast<float>(1.0 / std::clamp(sensitivity, 0.3, 3.0));
    }
  });
  return gain;
}

std::vector<SensorPixel> random_pixels(Size2 size, int count, Random& random) {
  std::vector<SensorPixel> pixels;
  for (int i = 0; i < count; ++i) {
    const int x = random.below(size.nx), y = random.below(size.ny);
    pixels.push_back({x, y});
  }
  const auto before = [](SensorPixel a, SensorPixel b) {
    return a.y != b.y ? a.y < b.y : a.x < b.x;
  };
  const auto same = [](SensorPixel a, SensorPixel b) { return a.x == b.x && a.y == b.y; };
  std::sort(pixels.begin(), pixels.end(), before);
  pixels.erase(std::unique(pixels.begin(), pixels.end(), same), pixels.end());
  return pixels;
}

// A defect's own electrons, once the others are counted.
void apply_defects(const Sensor& sensor, View<float> counts, double mean, bool noise, int frame,
                   std::uint64_t seed) {
  Random random(seed ^ 0x686f74, static_cast<std::uint64_t>(frame));
  const double rate = sensor.hot_rate * mean;
  for (const SensorPixel& p : sensor.hot)
    counts(p.x, p.y) += static_cast<float>(noise ? poisson(random, rate) : rate);
  for (const SensorPixel& p : sensor.dead) counts(p.x, p.y) = 0.0F;
  for (int x : sensor.dead_columns)
    for (int y = 0; y < counts.ny(); ++y) counts(x, y) = 0.0F;
}

}  // namespace

double Sensor::mtf(double cycles_per_px) const {
  return std::pow(mtf_at_nyquist, 2.0 * cycles_per_px);
}

Sensor make_sensor(Size2 size, const SensorOptions& options, std::uint64_t seed) {
  Sensor sensor;
  sensor.size = size;
  sensor.mtf_at_nyquist = options.mtf_at_nyquist;
  sensor.hot_rate = options.hot_rate;
  if (options.gain_sigma > 0.0 || options.gain_tiles > 0.0)
    sensor.gain = make_gain(size, options, splitmix64(seed ^ 0x6761696e));
  Random random(seed, 0x646566);
  sensor.hot = random_pixels(size, options.n_hot, random);
  sensor.dead = random_pixels(size, options.n_dead, random);
  for (int i = 0; i < options.n_dead_columns; ++i)
    sensor.dead_columns.push_back(random.below(size.nx));
  auto& columns = sensor.dead_columns;
  std::sort(columns.begin(), columns.end());
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  return sensor;
}

void count_electrons(const Sensor& sensor, View<float> electrons, double mean, bool noise,
                     int frame, std::uint64_t seed) {
  parallel_for(electrons.ny(), [&](int y) {
    Random random(seed, (static_cast<std::uint64_t>(frame) << 32) + static_cast<std::uint64_t>(y));
    const float* gain = sensor.gain.empty() ? nullptr : sensor.gain.row(y);
    float* row = electrons.row(y);
    for (int x = 0; x < electrons.nx(); ++x) {
      const float expected = gain == nullptr ? row[x] : row[x] / gain[x];
      row[x] = noise ? static_cast<float>(poisson(random, static_cast<double>(expected)))
                     : std::max(0.0F, expected);
    }
  });
  apply_defects(sensor, electrons, mean, noise, frame, seed);
}

}  // namespace gimbal::sim
