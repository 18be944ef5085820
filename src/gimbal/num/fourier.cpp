// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/num/fourier.h"

#include "gimbal/core/simd.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gimbal {
namespace {

const float* floats(const cfloat* p) {
  return reinterpret_cast<const float*>(p);
}
float* floats(cfloat* p) {
  return reinterpret_cast<float*>(p);
}

GIMBAL_MULTIVERSION void turn(float* line, const float* ramp, float cr, float ci, int n) {
  for (int i = 0; i < n; ++i) {
    const float pr = ramp[2 * i] * cr - ramp[2 * i + 1] * ci;
    const float pi = ramp[2 * i] * ci + ramp[2 * i + 1] * cr;
    const float re = line[2 * i], im = line[2 * i + 1];
    line[2 * i] = re * pr - im * pi;
    line[2 * i + 1] = re * pi + im * pr;
  }
}

GIMBAL_MULTIVERSION void add(const float* line, float* sum, int n) {
  for (int i = 0; i < n; ++i) sum[i] += line[i];
}

GIMBAL_MULTIVERSION void add_weighted(const float* line, const float* weight, float* sum, int n) {
  for (int i = 0; i < n; ++i) {
    sum[2 * i] += weight[i] * line[2 * i];
    sum[2 * i + 1] += weight[i] * line[2 * i + 1];
  }
}

GIMBAL_MULTIVERSION void add_moduli(const float* line, float* sum, int n) {
  for (int i = 0; i < n; ++i)
    sum[i] += std::sqrt(line[2 * i] * line[2 * i] + line[2 * i + 1] * line[2 * i + 1]);
}

}  // namespace

std::vector<cfloat> phase_ramp(int first, int n, double shift_px, double period_px) {
  std::vector<cfloat> ramp;
  ramp.reserve(static_cast<std::size_t>(n));
  for (int k = first; k < first + n; ++k) {
    const double angle = -2.0 * std::numbers::pi * k * shift_px / period_px;
    ramp.emplace_back(static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle)));
  }
  return ramp;
}

void turn_line(cfloat* line, const cfloat* ramp, cfloat common, int n) {
  turn(floats(line), floats(ramp), common.real(), common.imag(), n);
}
void add_line(const cfloat* line, cfloat* sum, int n) {
  add(floats(line), floats(sum), 2 * n);
}
void add_weighted_line(const cfloat* line, const float* weight, cfloat* sum, int n) {
  add_weighted(floats(line), weight, floats(sum), n);
}
void add_amplitudes(const cfloat* line, float* sum, int n) {
  add_moduli(floats(line), sum, n);
}

void crop_line(const cfloat* line, int n_in, cfloat* out, int n_out, float scale) {
  const int positive = (n_out + 1) / 2, negative = n_out / 2;  // 0 .. positive-1, -negative .. -1
  for (int i = 0; i < positive; ++i) out[i] = scale * line[i];
  for (int i = 0; i < negative; ++i) out[positive + i] = scale * line[n_in - negative + i];
  if (n_out % 2 == 0 && n_out < n_in)
    out[positive] = 0.5F * scale * (line[n_out / 2] + line[n_in - n_out / 2]);
}

}  // namespace gimbal
