// SPDX-License-Identifier: GPL-3.0-or-later
// Signal and noise in rings of spatial frequency, estimated from aligned frames, and the weights
// that make the sum's energy a log-likelihood: for n frames S(k) + noise with a Gaussian signal of
// unknown phases, log L = sum_k w(k) |sum_i G_i(k)|^2 with w = ssnr / (noise (1 + n ssnr)).
#pragma once

#include "gimbal/motion/low_spectra.h"

#include <vector>

namespace gimbal {

struct SignalRings {
  double step = 0;  // cycles per px and ring
  int n_frames = 0;
  double bfactor_px2 = 0;  // an envelope exp(-2 B f^2) on the weights: less precise, sees farther
  std::vector<double> signal;  // power of the signal in one frame
  std::vector<double> noise;   // power of the noise in one frame

  int ring(double f) const { return static_cast<int>(f / step + 0.5); }
  double weight(int ring) const;  // 0 outside the rings
};

// Sums over the coefficients of each ring, from which signal and noise follow.
struct RingSums {
  explicit RingSums(std::size_t n) : sum_power(n), frame_power(n), count(n) {}
  std::vector<double> sum_power;    // |sum of the frames|^2
  std::vector<double> frame_power;  // |frame|^2, of all frames together
  std::vector<double> count;        // independent coefficients
};

// Rings of fewer than this carry no weight: there, illumination and tapering dominate.
inline constexpr int min_ring = 3;

// Each ring's signal and noise are means over `reach` rings on either side.
SignalRings signal_from(const RingSums& sums, double step, int n_frames, int reach, int first_ring);

// Aligned frames of one size; `sum` is their sum.
SignalRings measure_signal(const LowSpectra& aligned, View<const cfloat> sum);

}  // namespace gimbal
