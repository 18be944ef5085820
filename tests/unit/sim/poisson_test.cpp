// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/poisson.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace gimbal::sim {
namespace {

class Poisson : public testing::TestWithParam<double> {};

TEST_P(Poisson, HasTheMeanTheVarianceAndTheDistribution) {
  const double mean = GetParam();
  constexpr int n = 400000;
  Random random(7, 3);
  std::vector<double> counts(400, 0.0);
  double sum = 0.0, squares = 0.0;
  for (int i = 0; i < n; ++i) {
    const std::uint32_t count = poisson(random, mean);
    sum += count;
    squares += static_cast<double>(count) * count;
    counts.at(count) += 1.0;
  }
  const double measured = sum / n, variance = squares / n - measured * measured;
  EXPECT_NEAR(measured, mean, 4.0 * std::sqrt(mean / n));
  EXPECT_NEAR(variance, mean, 4.5 * std::sqrt((2.0 * mean * mean + mean) / n));
  for (std::size_t k = 0; k < counts.size(); ++k) {
    const double expected = n * std::exp(static_cast<double>(k) * std::log(mean) - mean -
                                         std::lgamma(static_cast<double>(k) + 1.0));
    EXPECT_NEAR(counts[k], expected, 5.0 * std::sqrt(expected) + 5.0) << "count " << k;
  }
}

INSTANTIATE_TEST_SUITE_P(Means, Poisson, testing::Values(0.01, 0.17, 3.0, 15.9, 16.1, 90.0));

TEST(PoissonEdge, NoMeanNoCount) {
  Random random(1);
  EXPECT_EQ(poisson(random, 0.0), 0U);
  EXPECT_EQ(poisson(random, -1.0), 0U);
  EXPECT_EQ(poisson(random, std::nan("")), 0U);
}

}  // namespace
}  // namespace gimbal::sim
