// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/num/fft.h"

#include "gimbal/core/random.h"

#include <gtest/gtest.h>

#include <numbers>

namespace gimbal {
namespace {

using cdouble = std::complex<double>;

std::vector<cdouble> naive_dft(const std::vector<cdouble>& x, double sign) {
  const auto n = x.size();
  std::vector<cdouble> result(n);
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t j = 0; j < n; ++j)
      result[k] +=
          x[j] * std::polar(1.0, sign * 2.0 * std::numbers::pi * static_cast<double>(k * j % n) /
                                     static_cast<double>(n));
  return result;
}

class Lengths : public testing::TestWithParam<int> {};

TEST_P(Lengths, ComplexMatchesTheDefinition) {
  const int n = GetParam();
  Random random(7);
  for (const auto direction : {Direction::forward, Direction::backward}) {
    const ComplexFft fft(n, direction);
    Image<cfloat> line(n, 1), result(n, 1);
    Scratch scratch(fft.scratch_size() + 1);
    std::vector<cdouble> x;
    for (int i = 0; i < n; ++i) {
      line(i, 0) = {static_cast<float>(random.normal()), static_cast<float>(random.normal())};
      x.emplace_back(line(i, 0));
    }
    fft.run(line.data(), result.data(), scratch.data());
    const auto expected = naive_dft(x, direction == Direction::forward ? -1.0 : 1.0);
    for (int i = 0; i < n; ++i)
      ASSERT_LT(std::abs(cdouble(result(i, 0)) - expected[static_cast<std::size_t>(i)]), 3e-6 * n)
          << i;
  }
}

TEST_P(Lengths, RealMatchesTheDefinitionAndComesBack) {
  const int n = GetParam();
  Random random(8);
  const RealFft forward(n, Direction::forward), backward(n, Direction::backward);
  Image<float> line(n + 2, 1), again(n + 2, 1);
  Image<cfloat> spectrum(n / 2 + 1, 1);
  Scratch scratch(std::max(forward.scratch_size(), backward.scratch_size()));
  std::vector<cdouble> x;
  for (int i = 0; i < n; ++i) {
    line(i, 0) = static_cast<float>(random.normal());
    x.emplace_back(line(i, 0));
  }
  forward.run(line.data(), spectrum.data(), scratch.data());
  const auto expected = naive_dft(x, -1.0);
  for (int k = 0; k <= n / 2; ++k)
    ASSERT_LT(std::abs(cdouble(spectrum(k, 0)) - expected[static_cast<std::size_t>(k)]), 3e-6 * n)
        << k;
  backward.run(again.data(), spectrum.data(), scratch.data());
  for (int i = 0; i < n; ++i)
    ASSERT_NEAR(again(i, 0) / static_cast<float>(n), x[static_cast<std::size_t>(i)].real(), 2e-6)
        << i;
}

// Small, odd, prime, powers, one and two awkward primes, a prime too large for a dense pass.
INSTANTIATE_TEST_SUITE_P(Sizes, Lengths,
                         testing::Values(1, 2, 3, 4, 5, 8, 15, 16, 17, 31, 34, 64, 93, 101, 124,
                                         186, 256, 341, 404, 422, 530, 1023, 1060, 1919));

TEST(Fft2d, MatchesTheDefinitionOnAnOddNonSquareImage) {
  const int nx = 21, ny = 34;
  Random random(9);
  Image<float> image(nx, ny), again(nx, ny);
  for (int y = 0; y < ny; ++y)
    for (int x = 0; x < nx; ++x) image(x, y) = static_cast<float>(random.normal());
  const Fft2d fft({nx, ny});
  Image<cfloat> spectrum(fft.spectrum_size().nx, fft.spectrum_size().ny);
  fft.forward(image, spectrum);
  for (int ky = 0; ky < ny; ++ky)
    for (int kx = 0; kx <= nx / 2; ++kx) {
      cdouble sum = 0;
      for (int y = 0; y < ny; ++y)
        for (int x = 0; x < nx; ++x)
          sum += static_cast<double>(image(x, y)) *
                 std::polar(1.0,
                            -2.0 * std::numbers::pi * (double(kx * x) / nx + double(ky * y) / ny));
      ASSERT_LT(std::abs(cdouble(spectrum(kx, ky)) - sum), 1e-4);
    }
  fft.backward(spectrum, again);
  for (int y = 0; y < ny; ++y)
    for (int x = 0; x < nx; ++x) ASSERT_NEAR(again(x, y) / (nx * ny), image(x, y), 1e-6);
}

}  // namespace
}  // namespace gimbal
