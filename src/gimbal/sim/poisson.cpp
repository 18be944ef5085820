// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/poisson.h"

#include "gimbal/core/factorial.h"

#include <array>
#include <cmath>

namespace gimbal::sim {
namespace {

constexpr double largest_inverted_mean = 16.0;
constexpr int n_reciprocals = 128;  // no count gets here below the largest inverted mean

constexpr std::array<double, n_reciprocals> reciprocals = [] {
  std::array<double, n_reciprocals> table{};
  for (int k = 1; k < n_reciprocals; ++k) table[static_cast<std::size_t>(k)] = 1.0 / k;
  return table;
}();

std::uint32_t by_inversion(Random& random, double mean) {
  const double u = random.uniform();
  double probability = std::exp(-mean), sum = probability;
  std::uint32_t count = 0;
  while (u > sum && count + 1 < n_reciprocals) {
    ++count;
    probability *= mean * reciprocals[count];
    sum += probability;
  }
  return count;
}

// Transformed rejection (W. Hoermann 1993, algorithm PTRS).
std::uint32_t by_rejection(Random& random, double mean) {
  const double b = 0.931 + 2.53 * std::sqrt(mean), a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2.0);
  for (;;) {
    const double u = random.uniform() - 0.5, v = random.uniform(), us = 0.5 - std::abs(u);
    const double k = std::floor((2.0 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return static_cast<std::uint32_t>(k);
    if (k < 0.0 || (us < 0.013 && v > us)) continue;
    if (std::log(v) + std::log(inverse_alpha) - std::log(a / (us * us) + b) <=
        -mean + k * std::log(mean) - log_factorial(k))
      return static_cast<std::uint32_t>(k);
  }
}

}  // namespace

std::uint32_t poisson(Random& random, double mean) {
  if (!(mean > 0.0)) return 0;
  return mean <= largest_inverted_mean ? by_inversion(random, mean) : by_rejection(random, mean);
}

}  // namespace gimbal::sim
