// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/shell_correlation.h"

#include "gimbal/num/fft.h"

#include <cmath>
#include <complex>

namespace gimbal::testing {
namespace {

std::vector<Image<cfloat>> transform_of(const Cube& cube) {
  const int n = static_cast<int>(cube.size());
  const double half = n / 2.0;
  const Fft2d planes({n, n});
  std::vector<Image<cfloat>> spectrum;
  for (int z = 0; z < n; ++z) {
    Image<float> plane(n, n);
    for (int y = 0; y < n; ++y)
      for (int x = 0; x < n; ++x) {
        const double r = std::hypot(x - half, y - half, 1.4 * (z - half)) / half;
        plane(x, y) = cube[static_cast<std::size_t>(z)](x, y) *
                      static_cast<float>(0.5 * std::erfc((r - 0.85) / 0.06));
      }
    auto& s = spectrum.emplace_back(n / 2 + 1, n);
    planes.forward(plane, s);
  }
  const ComplexFft along(n, Direction::forward);
  Scratch scratch(along.scratch_size());
  Image<cfloat> in(n, 1), out(n, 1);
  for (int y = 0; y < n; ++y)
    for (int x = 0; x <= n / 2; ++x) {
      for (int z = 0; z < n; ++z) in(z, 0) = spectrum[static_cast<std::size_t>(z)](x, y);
      along.run(in.data(), out.data(), scratch.data());
      for (int z = 0; z < n; ++z) spectrum[static_cast<std::size_t>(z)](x, y) = out(z, 0);
    }
  return spectrum;
}

}  // namespace

Cube empty_cube(int n) {
  Cube cube;
  for (int z = 0; z < n; ++z) cube.emplace_back(n, n);
  return cube;
}

void ShellSums::add(const Cube& a, const Cube& b) {
  constexpr int width = 3;
  const int n = static_cast<int>(a.size());
  const auto fa = transform_of(a), fb = transform_of(b);
  for (auto* sums : {&ab_, &aa_, &bb_}) sums->resize(static_cast<std::size_t>(n / 2 / width));
  for (int z = 0; z < n; ++z)
    for (int y = 0; y < n; ++y)
      for (int x = 0; x <= n / 2; ++x) {
        const double r = std::hypot(x, signed_frequency(y, n), signed_frequency(z, n));
        const auto shell = static_cast<std::size_t>(r / width);
        if (shell >= ab_.size()) continue;
        const cfloat p = fa[static_cast<std::size_t>(z)](x, y);
        const cfloat q = fb[static_cast<std::size_t>(z)](x, y);
        ab_[shell] += static_cast<double>((p * std::conj(q)).real());
        aa_[shell] += static_cast<double>(std::norm(p));
        bb_[shell] += static_cast<double>(std::norm(q));
      }
}

std::vector<double> ShellSums::correlation() const {
  std::vector<double> result = ab_;
  for (std::size_t i = 0; i < result.size(); ++i) result[i] /= std::sqrt(aa_[i] * bb_[i]);
  return result;
}

std::vector<double> shell_correlation(const Cube& a, const Cube& b) {
  ShellSums sums;
  sums.add(a, b);
  return sums.correlation();
}

}  // namespace gimbal::testing
