// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/likelihood.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/simd.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace gimbal {
namespace {

constexpr double two_pi = 2.0 * std::numbers::pi;

struct RowSums {
  float plain = 0, times_ky = 0;
};

// sum and ky-weighted sum of w Im(conj(all) own) over one column of coefficients.
GIMBAL_MULTIVERSION RowSums imaginary_sums(const float* all, const float* own, const float* w,
                                           int ky_max) {
  constexpr int lanes = 16;
  const int n = 2 * ky_max + 1;
  float plain[lanes] = {}, times_ky[lanes] = {};
  int at = 0;
  for (; at + lanes <= n; at += lanes)
    for (int l = 0; l < lanes; ++l) {
      const int i = at + l;
      const float value = w[i] * (all[2 * i] * own[2 * i + 1] - all[2 * i + 1] * own[2 * i]);
      plain[l] += value;
      times_ky[l] += value * static_cast<float>(i - ky_max);
    }
  for (; at < n; ++at) {
    const float value = w[at] * (all[2 * at] * own[2 * at + 1] - all[2 * at + 1] * own[2 * at]);
    plain[0] += value;
    times_ky[0] += value * static_cast<float>(at - ky_max);
  }
  RowSums sums;
  for (int l = 0; l < lanes; ++l) {
    sums.plain += plain[l];
    sums.times_ky += times_ky[l];
  }
  return sums;
}

}  // namespace

RingGeometry::RingGeometry(const LowSpectra& spectra, const SignalRings& rings)
    : period_x_px_(spectra.period_x_px),
      period_y_px_(spectra.period_y_px),
      ring_(2 * spectra.k_max.ny + 1, spectra.k_max.nx + 1, Image<std::uint16_t>::Uninitialized{}),
      moments_(rings.signal.size()),
      coefficients_(rings.signal.size()) {
  const int ky_max = spectra.k_max.ny;
  parallel_for(spectra.k_max.nx + 1, [&](int kx) {
    std::fill_n(ring_.row(kx), ring_.nx(), static_cast<std::uint16_t>(count()));
    for (int ky = kx == 0 ? 1 : -ky_max; ky <= ky_max; ++ky) {
      const double fx = kx / period_x_px_, fy = ky / period_y_px_;
      const auto ring = static_cast<std::size_t>(rings.ring(std::sqrt(fx * fx + fy * fy)));
      if (ring < count()) ring_.row(kx)[ky + ky_max] = static_cast<std::uint16_t>(ring);
    }
  });
  for (int kx = 0; kx <= spectra.k_max.nx; ++kx)
    for (int ky = -ky_max; ky <= ky_max; ++ky) {
      const std::size_t ring = ring_.row(kx)[ky + ky_max];
      if (ring == count()) continue;
      const double fx = kx / period_x_px_, fy = ky / period_y_px_;
      moments_[ring].xx += two_pi * two_pi * fx * fx;
      moments_[ring].xy += two_pi * two_pi * fx * fy;
      moments_[ring].yy += two_pi * two_pi * fy * fy;
      coefficients_[ring] += 1.0;
    }
}

std::vector<double> RingGeometry::power(View<const cfloat> spectrum) const {
  std::vector<double> total(count() + 1);
  for (int kx = 0; kx < ring_.ny(); ++kx)
    for (int at = 0; at < ring_.nx(); ++at)
      total[ring_.row(kx)[at]] += static_cast<double>(std::norm(spectrum.row(kx)[at]));
  total.pop_back();
  return total;
}

Image<float> RingGeometry::spread(const std::vector<double>& by_ring) const {
  std::vector<float> values(by_ring.begin(), by_ring.end());
  values.push_back(0.0F);
  Image<float> result(ring_.nx(), ring_.ny(), Image<float>::Uninitialized{});
  parallel_for(ring_.ny(), [&](int kx) {
    for (int at = 0; at < ring_.nx(); ++at) result.row(kx)[at] = values[ring_.row(kx)[at]];
  });
  return result;
}

Likelihood::Likelihood(const RingGeometry& geometry, const SignalRings& signal)
    : n_(signal.n_frames),
      period_x_px_(geometry.period_x_px()),
      period_y_px_(geometry.period_y_px()) {
  for (std::size_t r = 0; r < geometry.count(); ++r) {
    const double w = signal.weight(static_cast<int>(r)), ws = w * signal.signal[r];
    ring_weight_.push_back(w);
    information_.xx += ws * geometry.moments(r).xx;
    information_.xy += ws * geometry.moments(r).xy;
    information_.yy += ws * geometry.moments(r).yy;
    expected_ += n_ * (n_ - 1.0) * ws * geometry.coefficients(r);
  }
  weights_ = geometry.spread(ring_weight_);
}

Shift Likelihood::error_px() const {
  const double scale = (1.0 - 1.0 / n_) / (2.0 * n_ * information_.determinant());
  return {std::sqrt(information_.yy * scale), std::sqrt(information_.xx * scale)};
}

Shift Likelihood::gradient(const LowSpectra& spectra, int i, View<const cfloat> sum) const {
  const auto& frame = spectra.frames[static_cast<std::size_t>(i)];
  double gx = 0, gy = 0;
  for (int kx = 0; kx <= spectra.k_max.nx; ++kx) {
    const RowSums sums = imaginary_sums(reinterpret_cast<const float*>(sum.row(kx)),
                                        reinterpret_cast<const float*>(frame.row(kx)),
                                        weights_.row(kx), spectra.k_max.ny);
    gx += static_cast<double>(sums.plain) * kx;
    gy += static_cast<double>(sums.times_ky);
  }
  return {2.0 * two_pi * gx / period_x_px_, 2.0 * two_pi * gy / period_y_px_};
}

Shift Likelihood::newton_step(const LowSpectra& spectra, int i, View<const cfloat> sum) const {
  const Shift g = gradient(spectra, i, sum);
  return information_.solve(g.x / (2.0 * n_), g.y / (2.0 * n_));
}

double Likelihood::energy(const std::vector<double>& sum_power) const {
  return std::inner_product(ring_weight_.begin(), ring_weight_.end(), sum_power.begin(), 0.0);
}

double Likelihood::signal_scale(const std::vector<double>& sum_power,
                                const std::vector<double>& frame_power) const {
  return expected_ > 0.0 ? std::max(0.0, (energy(sum_power) - energy(frame_power)) / expected_)
                         : 0.0;
}

}  // namespace gimbal
