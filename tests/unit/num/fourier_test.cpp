// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/num/fourier.h"

#include "gimbal/core/random.h"
#include "gimbal/num/rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace gimbal {
namespace {

TEST(Fourier, RampMovesContentByTheShift) {
  constexpr int n = 20;
  const ComplexFft forward(n, Direction::forward), backward(n, Direction::backward);
  Image<cfloat> line(n, 1), spectrum(n, 1), moved(n, 1);
  line(4, 0) = 1.0F;
  Scratch scratch(forward.scratch_size() + 1);
  forward.run(line.data(), spectrum.data(), scratch.data());
  auto ramp = phase_ramp(0, n / 2, 3.0, n);
  const auto negative = phase_ramp(-n / 2, n / 2, 3.0, n);
  ramp.insert(ramp.end(), negative.begin(), negative.end());
  turn_line(spectrum.data(), ramp.data(), 1.0F, n);
  backward.run(spectrum.data(), moved.data(), scratch.data());
  for (int x = 0; x < n; ++x) EXPECT_NEAR(moved(x, 0).real() / n, x == 7 ? 1.0 : 0.0, 1e-6) << x;
}

TEST(Fourier, CropKeepsTheLowestFrequencies) {
  const cfloat line[7] = {0, 1, 2, 3, -3, -2, -1};
  cfloat odd[5], even[4];
  crop_line(line, 7, odd, 5, 2.0F);
  const float expected_odd[5] = {0, 2, 4, -4, -2};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(odd[i].real(), expected_odd[i]) << i;
  crop_line(line, 7, even, 4, 1.0F);
  const float expected_even[4] = {0, 1, 0, -1};  // Nyquist: the mean of 2 and -2
  for (int i = 0; i < 4; ++i) EXPECT_EQ(even[i].real(), expected_even[i]) << i;
}

TEST(Rows, BinnedRowsMatchTheDefinitionForEveryFactor) {
  Random random(3);
  std::vector<float> row(61);
  for (float& v : row) v = static_cast<float>(random.uniform());
  for (const int bin : {1, 2, 3, 4, 7}) {
    const int n = 61 / bin;
    std::vector<float> sum(static_cast<std::size_t>(n), 1.0F);
    add_binned_row(row.data(), bin, n, sum.data());
    for (int x = 0; x < n; ++x) {
      float expected = 1.0F;
      for (int b = 0; b < bin; ++b) expected += row[static_cast<std::size_t>(x * bin + b)];
      EXPECT_NEAR(sum[static_cast<std::size_t>(x)], expected, 1e-6F) << bin << ' ' << x;
    }
  }
}

TEST(Rows, OneValueThatIsNotFiniteIsFoundAnywhere) {
  std::vector<float> row(37, -1e38F);
  EXPECT_TRUE(all_finite(row.data(), 37));
  for (const float bad :
       {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::quiet_NaN()})
    for (std::size_t at = 0; at < 37; ++at) {
      auto copy = row;
      copy[at] = bad;
      EXPECT_FALSE(all_finite(copy.data(), 37)) << at;
    }
}

}  // namespace
}  // namespace gimbal
