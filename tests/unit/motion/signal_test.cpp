// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/signal.h"

#include "gimbal/core/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

namespace gimbal {
namespace {

constexpr int n_frames = 10, n_rings = 200, reach = 2;

double true_signal(double strength, double ring) {
  return strength * std::exp(-std::pow(ring / 60.0, 2));
}

// Ten aligned frames with noise of unit power.
RingSums aligned_frames(double strength, std::uint64_t seed) {
  RingSums sums(n_rings);
  Random random(seed);
  const auto value = [&](double power) {
    const double x = random.normal(), y = random.normal();
    return std::sqrt(0.5 * power) * std::complex<double>(x, y);
  };
  for (std::size_t r = 1; r < n_rings; ++r) {
    const int count = static_cast<int>(std::numbers::pi * static_cast<double>(r));
    for (int k = 0; k < count; ++k) {
      const auto signal = value(true_signal(strength, static_cast<double>(r)));
      std::complex<double> sum;
      for (int i = 0; i < n_frames; ++i) {
        const auto frame = signal + value(1.0);
        sums.frame_power[r] += std::norm(frame);
        sum += frame;
      }
      sums.sum_power[r] += std::norm(sum);
    }
    sums.count[r] = count;
  }
  return sums;
}

// What the rings say the shifts' information is, in units of the truth.
double relative_information(double strength, std::uint64_t seed) {
  const SignalRings rings =
      signal_from(aligned_frames(strength, seed), 0.001, n_frames, reach, min_ring);
  double found = 0, expected = 0;
  for (int r = min_ring; r < n_rings; ++r) {
    const double s = true_signal(strength, r);
    found += rings.weight(r) * rings.signal[static_cast<std::size_t>(r)] * std::pow(r, 3);
    expected += s * s / (1.0 + n_frames * s) * std::pow(r, 3);
  }
  return found / expected;
}

// Chance taken for signal makes shifts look more precise than they are.
TEST(SignalRings, InformationOfWeakSignalIsRight) {
  constexpr std::uint64_t n_seeds = 8;
  double weakest = 0, weak = 0;
  for (std::uint64_t seed = 1; seed <= n_seeds; ++seed) {
    weakest += relative_information(0.01, seed) / n_seeds;
    weak += relative_information(0.03, seed) / n_seeds;
    EXPECT_NEAR(relative_information(1.0, seed), 1.0, 0.05) << seed;
  }
  EXPECT_NEAR(weakest, 1.0, 0.5);
  EXPECT_NEAR(weak, 1.0, 0.2);
}

TEST(SignalRings, NoiseAloneHoldsNoInformationWorthTheName) {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    const SignalRings rings =
        signal_from(aligned_frames(0.0, seed), 0.001, n_frames, reach, min_ring);
    double found = 0, weak = 0;
    for (int r = min_ring; r < n_rings; ++r) {
      found += rings.weight(r) * rings.signal[static_cast<std::size_t>(r)] * std::pow(r, 3);
      weak += std::pow(true_signal(0.01, r), 2) * std::pow(r, 3);
    }
    EXPECT_LT(found, 0.3 * weak) << seed;
  }
}

}  // namespace
}  // namespace gimbal
