// SPDX-License-Identifier: GPL-3.0-or-later
// Interpolation kernels and their Fourier transforms. Both work on data that is finer than its
// finest detail needs, and that was divided by the kernel's transform before.
#pragma once

#include <array>
#include <vector>

namespace gimbal::recon {

// Three taps, for lines that are twice as fine as needed: an even polynomial on (-1.5, 1.5),
// chosen for the least error over the band (0.4 % of a white spectrum).
struct LineKernel {
  static constexpr double reach = 1.5;
  static constexpr double c1 = -1.9791, c2 = 1.6187, c3 = -0.4547;
  static double at(double d) {
    const double t = d * d / (reach * reach);
    return t < 1.0 ? (1.0 - t) * (1.0 + t * (c1 + t * (c2 + t * c3))) : 0.0;
  }
  static double transform(double cycles_per_sample);
};

// Four taps, for images that are 1.5 times as fine as needed: Kaiser and Bessel's (error 0.1 %).
class ImageKernel {
 public:
  static constexpr int taps = 4;
  static constexpr double oversampling = 1.5;
  static constexpr int steps = 1024;  // per sample
  ImageKernel();
  static double at(double d);
  static double transform(double cycles_per_sample);
  // Weights of the samples floor(x) - 1 .. floor(x) + 2 for the value at x; fraction: x - floor(x).
  const float* weights(double fraction) const {
    return table_[static_cast<std::size_t>(fraction * steps + 0.5)].data();
  }

 private:
  struct alignas(16) Weights : std::array<float, taps> {};
  std::vector<Weights> table_;
};

}  // namespace gimbal::recon
