// SPDX-License-Identifier: GPL-3.0-or-later
// Lines of Fourier coefficients: phase ramps, accumulation, cropping. All are single-threaded
// kernels.
#pragma once

#include "gimbal/num/fft.h"

#include <vector>

namespace gimbal {

// exp(-2 pi i k shift / period) for k = first .. first + n - 1: what moves content by `shift`.
std::vector<cfloat> phase_ramp(int first, int n, double shift_px, double period_px);

// line[i] *= common * ramp[i].
void turn_line(cfloat* line, const cfloat* ramp, cfloat common, int n);
// sum[i] += line[i].
void add_line(const cfloat* line, cfloat* sum, int n);
// sum[i] += weight[i] * line[i].
void add_weighted_line(const cfloat* line, const float* weight, cfloat* sum, int n);
// sum[i] += |line[i]|.
void add_amplitudes(const cfloat* line, float* sum, int n);
// The n_out lowest of n_in frequencies of a line in natural order (0, 1, ..., -2, -1), times scale;
// n_out <= n_in. The Nyquist coefficient of an even n_out is the mean of both ends.
void crop_line(const cfloat* line, int n_in, cfloat* out, int n_out, float scale);

}  // namespace gimbal
