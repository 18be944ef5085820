// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/signal.h"

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

struct RingSums {
  explicit RingSums(std::size_t n) : sum_power(n), frame_power(n), count(n) {}
  std::vector<double> sum_power, frame_power, count;
};

// Averages neighbouring rings: the spectra are smooth, single rings are noisy.
std::vector<double> averaged(const std::vector<double>& values, const std::vector<double>& count) {
  constexpr int reach = 2;
  const auto n = static_cast<int>(values.size());
  std::vector<double> result(values.size());
  for (int r = 0; r < n; ++r) {
    double total = 0, weight = 0;
    for (int s = std::max(0, r - reach); s <= std::min(n - 1, r + reach); ++s) {
      total += values[static_cast<std::size_t>(s)];
      weight += count[static_cast<std::size_t>(s)];
    }
    result[static_cast<std::size_t>(r)] = weight > 0 ? total / weight : 0.0;
  }
  return result;
}

}  // namespace

double SignalRings::weight(int r) const {
  if (r < 0 || r >= static_cast<int>(signal.size())) return 0.0;
  const double s = signal[static_cast<std::size_t>(r)], n = noise[static_cast<std::size_t>(r)];
  if (s <= 0.0 || n <= 0.0) return 0.0;
  const double f = r * step;
  return s / (n * (n + n_frames * s)) * std::exp(-2.0 * bfactor_px2 * f * f);
}

SignalRings measure_signal(const LowSpectra& aligned, View<const cfloat> sum, int min_ring) {
  const double n = aligned.count();
  const double fx = 1.0 / aligned.period_x_px, fy = 1.0 / aligned.period_y_px;
  SignalRings rings;
  rings.n_frames = aligned.count();
  rings.step = std::max(fx, fy);
  const double f_max = std::min(aligned.k_max.nx * fx, aligned.k_max.ny * fy);
  const auto n_rings = static_cast<std::size_t>(rings.ring(f_max)) + 1;
  RingSums sums(n_rings);
  for (int kx = 0; kx <= aligned.k_max.nx; ++kx)
    for (int ky = kx == 0 ? 1 : -aligned.k_max.ny; ky <= aligned.k_max.ny; ++ky) {
      const auto r = static_cast<std::size_t>(rings.ring(std::hypot(kx * fx, ky * fy)));
      if (r >= n_rings) continue;
      const int at = ky + aligned.k_max.ny;
      float power = 0;
      for (const auto& frame : aligned.frames) power += std::norm(frame.row(kx)[at]);
      sums.frame_power[r] += power;
      sums.sum_power[r] += std::norm(sum.row(kx)[at]);
      sums.count[r] += 1.0;
    }
  const auto sum_power = averaged(sums.sum_power, sums.count);
  const auto frame_power = averaged(sums.frame_power, sums.count);
  const auto ring_count = averaged(sums.count, std::vector<double>(n_rings, 0.2));
  for (std::size_t r = 0; r < n_rings; ++r) {
    const double mean_power = frame_power[r] / n;
    double signal = n > 1 ? (sum_power[r] - frame_power[r]) / (n * (n - 1)) : 0.0;
    // What chance alone would give is not signal.
    signal -= mean_power *
              std::sqrt(2.0 / (std::max(1.0, n * (n - 1)) * std::max(1.0, 5.0 * ring_count[r])));
    signal = static_cast<int>(r) < min_ring ? 0.0 : std::clamp(signal, 0.0, 0.999 * mean_power);
    rings.signal.push_back(signal);
    rings.noise.push_back(mean_power - signal);
  }
  return rings;
}

}  // namespace gimbal
