// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/counting_noise.h"

#include "gimbal/core/factorial.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace gimbal {
namespace {

constexpr double tail_probability = 2e-8;
constexpr double tail_deviations = 5.49;  // of a Gaussian, for the same probability
constexpr double hot_factor = 1.35;
constexpr double dead_factor = 0.5;
constexpr double none = -std::numeric_limits<double>::infinity();

// Expected counts of grid point i; beyond the grid the Gaussian with its skewness is good enough.
constexpr double first_counts = 1e-3;
constexpr double step = 1.05;
constexpr int grid_size = 265;  // up to 394: exp(-counts) must not underflow
double grid_counts(int i) {
  return first_counts * std::pow(step, i);
}

// Smallest k with P(N >= k) <= tail_probability.
double poisson_upper(double mean) {
  const double start = std::floor(mean);
  double term = std::exp(start * std::log(mean) - mean - log_factorial(start));
  std::vector<double> terms;
  for (double k = start; term > 1e-14 || k < mean + 3.0; k += 1.0) {
    terms.push_back(term);
    term *= mean / (k + 1.0);
  }
  double tail = 0.0;
  for (std::size_t i = terms.size(); i-- > 0;) {
    tail += terms[i];
    if (tail > tail_probability) return start + static_cast<double>(i) + 1.0;
  }
  return start;
}

// Largest k with P(N <= k) <= tail_probability, -1 when even zero is more probable.
double poisson_lower(double mean) {
  double term = std::exp(-mean), tail = term, k = 0.0;
  if (tail > tail_probability) return -1.0;
  while (tail <= tail_probability) {
    k += 1.0;
    term *= mean / k;
    tail += term;
  }
  return k - 1.0;
}

double skewed_gaussian(double mean, double sign) {
  return mean + sign * tail_deviations * std::sqrt(mean) +
         (tail_deviations * tail_deviations - 1.0) / 6.0;
}

}  // namespace

CountingNoise CountingNoise::poisson(double scale) {
  CountingNoise noise;
  noise.scale_ = scale;
  for (int i = 0; i < grid_size; ++i) {
    noise.upper_counts_.push_back(static_cast<float>(poisson_upper(grid_counts(i))));
    noise.lower_counts_.push_back(static_cast<float>(poisson_lower(grid_counts(i))));
  }
  return noise;
}

CountingNoise CountingNoise::gaussian(double deviation) {
  CountingNoise noise;
  noise.deviation_ = deviation;
  return noise;
}

double CountingNoise::upper(double mean) const {
  if (scale_ <= 0.0) return mean + tail_deviations * deviation_;
  const double counts = std::max(mean / scale_, first_counts);
  const double i = std::ceil(std::log(counts / first_counts) / std::log(step));
  const double bound = i < grid_size
                           ? static_cast<double>(upper_counts_[static_cast<std::size_t>(i)])
                           : skewed_gaussian(counts, 1.0) + 1.0;
  return std::max(scale_ * bound, hot_factor * mean);
}

double CountingNoise::lower(double mean) const {
  if (scale_ <= 0.0) return mean - tail_deviations * deviation_;
  const double counts = std::max(mean / scale_, first_counts);
  const double i = std::floor(std::log(counts / first_counts) / std::log(step));
  const double bound = i < grid_size
                           ? static_cast<double>(lower_counts_[static_cast<std::size_t>(i)])
                           : skewed_gaussian(counts, -1.0);
  return bound < 0.0 ? none : std::min(scale_ * bound, dead_factor * mean);
}

}  // namespace gimbal
