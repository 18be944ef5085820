// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/recon/kernels.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gimbal::recon {
namespace {

// Beatty, Nishimura & Pauly 2005, IEEE Trans Med Imaging 24:799.
const double beta =
    std::numbers::pi * std::sqrt(std::pow(ImageKernel::taps / ImageKernel::oversampling *
                                              (ImageKernel::oversampling - 0.5),
                                          2.0) -
                                 0.8);

}  // namespace

// By midpoints: the kernel ends smoothly.
double LineKernel::transform(double cycles_per_sample) {
  constexpr int n = 512;
  constexpr double step = reach / n;
  double sum = 0.0;
  for (int i = 0; i < n; ++i) {
    const double d = (i + 0.5) * step;
    sum += at(d) * std::cos(2.0 * std::numbers::pi * cycles_per_sample * d);
  }
  return 2.0 * step * sum;
}

double ImageKernel::at(double d) {
  const double t = 2.0 * d / taps;
  if (t * t >= 1.0) return 0.0;
  return std::cyl_bessel_i(0.0, beta * std::sqrt(1.0 - t * t)) / std::cyl_bessel_i(0.0, beta);
}

double ImageKernel::transform(double cycles_per_sample) {
  const double turn = std::numbers::pi * taps * cycles_per_sample;
  const double root = std::sqrt(std::max(1e-12, beta * beta - turn * turn));
  return taps * std::sinh(root) / root / std::cyl_bessel_i(0.0, beta);
}

ImageKernel::ImageKernel() : table_(steps + 1) {
  for (int i = 0; i <= steps; ++i)
    for (int tap = 0; tap < taps; ++tap)
      table_[static_cast<std::size_t>(i)][static_cast<std::size_t>(tap)] =
          static_cast<float>(at(static_cast<double>(i) / steps - (tap - 1)));
}

}  // namespace gimbal::recon
