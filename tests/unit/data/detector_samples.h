// SPDX-License-Identifier: GPL-3.0-or-later
// Simulated sums of frames for the tests of the detector.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/core/random.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

namespace gimbal::test {

// Poisson; from 50 on a rounded normal deviate, which is much faster.
inline int poisson(std::mt19937_64& engine, double mean) {
  if (mean <= 0.0) return 0;
  if (mean >= 50.0)
    return static_cast<int>(std::lround(
        std::max(0.0, std::normal_distribution<double>(mean, std::sqrt(mean))(engine))));
  const double limit = std::exp(-mean);  // Knuth's product of uniform deviates
  int n = 0;
  for (double product = 1.0; (product *= std::uniform_real_distribution<double>()(engine)) > limit;)
    ++n;
  return n;
}

// expected(x, y): electrons per pixel.
template <typename Expected>
Image<float> counts(int nx, int ny, std::uint64_t seed, const Expected& expected) {
  std::mt19937_64 engine(seed);
  Image<float> image(nx, ny);
  for (int y = 0; y < ny; ++y)
    for (int x = 0; x < nx; ++x) image(x, y) = static_cast<float>(poisson(engine, expected(x, y)));
  return image;
}

// White pattern of the given rms around 1.
inline Image<float> gain_pattern(int nx, int ny, double rms, std::uint64_t seed) {
  Random random(seed);
  Image<float> gain(nx, ny);
  for (int y = 0; y < ny; ++y)
    for (int x = 0; x < nx; ++x)
      gain(x, y) = static_cast<float>(std::max(0.5, 1.0 + rms * random.normal()));
  return gain;
}

// Transmission of a gold bead: dark, with a bright first fringe. r: distance / radius.
inline double bead(double r) {
  const double thickness = r < 1.0 ? std::sqrt(1.0 - r * r) : 0.0;
  const double fringe = 0.35 * std::exp(-0.5 * std::pow((r - 1.15) / 0.12, 2));
  return std::exp(-1.3 * thickness) + fringe;
}

}  // namespace gimbal::test
