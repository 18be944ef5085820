// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/signal.h"

#include "gimbal/core/parallel.h"

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

// Means over up to `reach` rings on either side, but not over more than a quarter of the ring's own
// number if that is more than `least`: signals fade over octaves.
std::vector<double> averaged(const std::vector<double>& values, const std::vector<double>& count,
                             int reach, int least) {
  const auto n = static_cast<int>(values.size());
  std::vector<double> result(values.size());
  for (int r = 0; r < n; ++r) {
    const int own = std::min(reach, std::max(least, r / 4));
    double total = 0, weight = 0;
    for (int s = std::max(0, r - own); s <= std::min(n - 1, r + own); ++s) {
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

namespace {

// One look at the rings: means over some rings on either side.
struct Look {
  std::vector<double> signal, sigma;  // sigma: what chance alone makes of no signal
};

Look look_at(const RingSums& sums, double n, int reach, int least) {
  const std::vector<double> one(sums.count.size(), 1.0);
  const auto sum_power = averaged(sums.sum_power, sums.count, reach, least);
  const auto frame_power = averaged(sums.frame_power, sums.count, reach, least);
  const auto count = averaged(sums.count, one, reach, least);
  const double pairs = std::max(1.0, n * (n - 1.0));
  Look look;
  for (std::size_t r = 0; r < sums.count.size(); ++r) {
    const int own = std::min(reach, std::max(least, static_cast<int>(r) / 4));
    const double n_coefficients = std::max(1.0, (2.0 * own + 1.0) * count[r]);
    look.signal.push_back((sum_power[r] - frame_power[r]) / pairs);
    look.sigma.push_back(frame_power[r] / n / std::sqrt(pairs * n_coefficients));
  }
  return look;
}

// From the widest look to the closest: each expects what the one before has seen, give or take
// half, and believes its own rings as far as they are precise. Where there is little signal, single
// rings would otherwise be mostly chance, and chance that is taken for signal makes shifts look
// more precise than they are.
std::vector<double> signal_in_rings(const RingSums& sums, double n, int reach) {
  constexpr int doublings = 5;
  constexpr double surprise = 0.5, chance = 1.4;
  const Look widest = look_at(sums, n, reach << doublings, reach);
  std::vector<double> signal;
  for (std::size_t r = 0; r < sums.count.size(); ++r)
    signal.push_back(std::max(0.0, widest.signal[r] - chance * widest.sigma[r]));
  for (int level = doublings - 1; level >= 0; --level) {
    const Look look = look_at(sums, n, reach << level, reach);
    for (std::size_t r = 0; r < signal.size(); ++r) {
      const double expected = std::pow(surprise * signal[r], 2),
                   seen = expected / (expected + std::pow(look.sigma[r], 2) + 1e-300);
      signal[r] = std::max(0.0, signal[r] + seen * (look.signal[r] - signal[r]));
    }
  }
  return signal;
}

}  // namespace

SignalRings signal_from(const RingSums& sums, double step, int n_frames, int reach,
                        int first_ring) {
  SignalRings rings;
  rings.step = step;
  rings.n_frames = n_frames;
  const double n = n_frames;
  const auto frame_power = averaged(sums.frame_power, sums.count, reach, reach);
  const auto signal = signal_in_rings(sums, n, reach);
  for (std::size_t r = 0; r < sums.count.size(); ++r) {
    const double mean_power = frame_power[r] / n;
    rings.signal.push_back(static_cast<int>(r) < first_ring || n_frames < 2
                               ? 0.0
                               : std::min(signal[r], 0.999 * mean_power));
    rings.noise.push_back(mean_power - rings.signal.back());
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
