// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/signal.h"

#include "gimbal/core/parallel.h"

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

// Averages neighbouring rings: the spectra are smooth, single rings are noisy.
std::vector<double> averaged(const std::vector<double>& values, const std::vector<double>& count,
                             int reach) {
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

void add_powers(const cfloat* values, int n, float* power) {
  for (int i = 0; i < n; ++i) power[i] += std::norm(values[i]);
}

}  // namespace

double SignalRings::weight(int r) const {
  if (r < 0 || r >= static_cast<int>(signal.size())) return 0.0;
  const double s = signal[static_cast<std::size_t>(r)], n = noise[static_cast<std::size_t>(r)];
  if (s <= 0.0 || n <= 0.0) return 0.0;
  const double f = r * step;
  return s / (n * (n + n_frames * s)) * std::exp(-2.0 * bfactor_px2 * f * f);
}

SignalRings signal_from(const RingSums& sums, double step, int n_frames, int reach,
                        int first_ring) {
  SignalRings rings;
  rings.step = step;
  rings.n_frames = n_frames;
  const double n = n_frames;
  const auto sum_power = averaged(sums.sum_power, sums.count, reach);
  const auto frame_power = averaged(sums.frame_power, sums.count, reach);
  const double n_averaged = 2.0 * reach + 1.0;
  const auto ring_count =
      averaged(sums.count, std::vector<double>(sums.count.size(), 1.0 / n_averaged), reach);
  for (std::size_t r = 0; r < sums.count.size(); ++r) {
    const double mean_power = frame_power[r] / n;
    double signal = n > 1 ? (sum_power[r] - frame_power[r]) / (n * (n - 1)) : 0.0;
    // What chance alone would give is not signal.
    signal -=
        mean_power *
        std::sqrt(2.0 / (std::max(1.0, n * (n - 1)) * std::max(1.0, n_averaged * ring_count[r])));
    signal = static_cast<int>(r) < first_ring ? 0.0 : std::clamp(signal, 0.0, 0.999 * mean_power);
    rings.signal.push_back(signal);
    rings.noise.push_back(mean_power - signal);
  }
  return rings;
}

SignalRings measure_signal(const LowSpectra& aligned, View<const cfloat> sum) {
  constexpr int reach = 2;  // the spectra are smooth, single rings are noisy
  const double fx = 1.0 / aligned.period_x_px, fy = 1.0 / aligned.period_y_px;
  SignalRings rings;
  rings.step = std::max(fx, fy);
  const double f_max = std::min(aligned.k_max.nx * fx, aligned.k_max.ny * fy);
  const auto n_rings = static_cast<std::size_t>(rings.ring(f_max)) + 1;
  // Blocks of columns, added up in order: the same sums for any number of threads.
  constexpr int block = 32;
  const int n_kx = aligned.k_max.nx + 1;
  std::vector<RingSums> parts(static_cast<std::size_t>((n_kx + block - 1) / block),
                              RingSums(n_rings));
  parallel_blocks(n_kx, block, [&](int begin, int end) {
    RingSums& sums = parts[static_cast<std::size_t>(begin / block)];
    std::vector<float> power(static_cast<std::size_t>(sum.nx()));
    for (int kx = begin; kx < end; ++kx) {
      std::fill(power.begin(), power.end(), 0.0F);
      for (const auto& frame : aligned.frames) add_powers(frame.row(kx), sum.nx(), power.data());
      for (int ky = kx == 0 ? 1 : -aligned.k_max.ny; ky <= aligned.k_max.ny; ++ky) {
        const auto r =
            static_cast<std::size_t>(rings.ring(std::sqrt(kx * fx * kx * fx + ky * fy * ky * fy)));
        if (r >= n_rings) continue;
        const int at = ky + aligned.k_max.ny;
        sums.frame_power[r] += static_cast<double>(power[static_cast<std::size_t>(at)]);
        sums.sum_power[r] += static_cast<double>(std::norm(sum.row(kx)[at]));
        sums.count[r] += 1.0;
      }
    }
  });
  RingSums total(n_rings);
  for (const RingSums& part : parts)
    for (std::size_t r = 0; r < n_rings; ++r) {
      total.frame_power[r] += part.frame_power[r];
      total.sum_power[r] += part.sum_power[r];
      total.count[r] += part.count[r];
    }
  return signal_from(total, rings.step, aligned.count(), reach, min_ring);
}

}  // namespace gimbal
