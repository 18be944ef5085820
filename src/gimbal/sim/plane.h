// SPDX-License-Identifier: GPL-3.0-or-later
// A real image that is transformed in place between real and Fourier space, for the simulator.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/num/fft.h"

#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

namespace gimbal::sim {

// The smallest even number >= n without prime factors above 7.
int good_size(int n);

// Holds nx * ny reals or their half transform of (nx / 2 + 1) * ny values, never both.
class Plane {
 public:
  Plane() = default;
  Plane(int nx, int ny);
  Plane clone() const;

  int nx() const { return nx_; }
  int ny() const { return ny_; }
  View<float> real();
  View<const float> real() const;
  View<cfloat> half();  // column kx: kx / nx cycles per pixel; row ky or ky - ny
  void to_fourier();
  void to_real();  // scaled, so that to_fourier() and to_real() give the image back
  // Multiplies the half transform by f(k), k in cycles per pixel (from a table of 16384 values).
  void filter(const std::function<double(double)>& f);

 private:
  int nx_ = 0;
  int ny_ = 0;
  Image<float> buffer_;
};

// A function of the frequency's length, up to the corner of the transform, at 16384 places.
class RadialTable {
 public:
  explicit RadialTable(const std::function<double(double)>& f);
  float at(double kx, double ky) const {
    return values_[static_cast<std::size_t>(std::sqrt(kx * kx + ky * ky) * per_frequency + 0.5)];
  }

 private:
  static constexpr int n = 16384;
  static constexpr double per_frequency = n * std::numbers::sqrt2;
  std::vector<float> values_;
};

// Unscaled transform of a complex image, in place.
void transform(View<cfloat> wave, Direction direction);

// The frequency of row or column k of n, in cycles per pixel: negative in the upper half.
inline double frequency(int k, int n) {
  return static_cast<double>(k <= n / 2 ? k : k - n) / n;
}

}  // namespace gimbal::sim
