// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/num/warp.h"

#include "gimbal/core/simd.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

namespace gimbal {
namespace {

constexpr int taps = SincTable::taps, before = taps / 2 - 1;  // taps before the base pixel
constexpr int block = 16;
constexpr double margin = 0.25;  // of fractions, beyond 0 .. 1

double bessel_i0(double x) {
  double sum = 1.0, term = 1.0;
  for (int k = 1; k < 40; ++k) sum += term *= (x / (2.0 * k)) * (x / (2.0 * k));
  return sum;
}

double kernel(double d) {
  constexpr double reach = taps / 2.0, beta = 5.5;
  if (std::abs(d) >= reach) return 0.0;
  const double t = d / reach, a = std::numbers::pi * d;
  const double sinc = std::abs(d) < 1e-12 ? 1.0 : std::sin(a) / a;
  return sinc * bessel_i0(beta * std::sqrt(1.0 - t * t)) / bessel_i0(beta);
}

// A displacement along one row: quadratic in u.
struct AlongRow {
  AlongRow(const std::array<double, 6>& c, double v)
      : a(c[0] + c[3] * v + c[4] * v * v), b(c[1] + c[5] * v), c2(c[2]) {}
  double at(double u) const { return a + u * (b + u * c2); }
  double a, b, c2;
};

// Sixteen values at once: out[i] = sum_t (first[t] + (last[t] - first[t]) i / 16) source[t][i].
[[gnu::always_inline]] inline void interpolate_block(const float* const* source, const float* first,
                                                     const float* last, float* out) {
  const Float16 ramp =
      Float16{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} * (1.0F / block);
  Float16 sum{};
  for (int t = 0; t < taps; ++t)
    sum += load16(source[t]) * (first[t] + ramp * (last[t] - first[t]));
  store16(out, sum);
}

// Where a block's pixels come from: base pixel and fractions at its first pixel and just after its
// last.
struct Origin {
  int base;
  double first, last;
};

[[gnu::always_inline]] inline Origin origin(double position_first, double position_last) {
  const double middle = 0.5 * (position_first + position_last);
  auto base = static_cast<int>(middle);
  if (middle < base) --base;
  return {base, std::clamp(position_first - base, -margin, 1.0 + margin),
          std::clamp(position_last - base, -margin, 1.0 + margin)};
}

// A row of weights for each step of the table; see SincTable::weights.
struct Weights {
  const float* table;
  int steps;
  const float* at(double fraction) const {
    return table + static_cast<std::ptrdiff_t>((fraction + margin) * steps + 0.5) * taps;
  }
};

// Along y, into `middle`, by whole blocks: the last one may reach into the row's padding. What
// stands at x then moves on by dx, so dy is taken where it will arrive.
GIMBAL_MULTIVERSION void along_y(View<const float> image, const AlongRow& dx, const AlongRow& dy,
                                 Weights weights, int y, float* middle) {
  const int nx = image.nx(), ny = image.ny();
  const float* source[taps];
  const auto position = [&](int x) {
    const double u = static_cast<double>(x) / nx - 0.5;
    return y - dy.at(u + dx.at(u) / nx);
  };
  for (int x = 0; x < nx; x += block) {
    const Origin from = origin(position(x), position(x + block));
    for (int t = 0; t < taps; ++t)
      source[t] = image.row(std::clamp(from.base + t - before, 0, ny - 1)) + x;
    interpolate_block(source, weights.at(from.first), weights.at(from.last), middle + x);
  }
}

// Along x, from `middle`, which goes on beyond both ends; out has room for whole blocks.
GIMBAL_MULTIVERSION void along_x(const float* middle, const AlongRow& dx, Weights weights, int nx,
                                 float* out) {
  const float* source[taps];
  for (int x = 0; x < nx; x += block) {
    // Positions relative to each pixel itself: the base moves on with x.
    const Origin from = origin(x - dx.at(static_cast<double>(x) / nx - 0.5),
                               x - dx.at(static_cast<double>(x + block) / nx - 0.5));
    for (int t = 0; t < taps; ++t) source[t] = middle + from.base + t - before;
    interpolate_block(source, weights.at(from.first), weights.at(from.last), out + x);
  }
}

}  // namespace

SincTable::SincTable() {
  const int n = static_cast<int>((1.0 + 2.0 * margin) * steps) + 1;
  for (int i = 0; i < n; ++i) {
    const double fraction = static_cast<double>(i) / steps - margin;
    std::array<double, taps> w{};
    double sum = 0.0;
    for (int t = 0; t < taps; ++t)
      sum += w[static_cast<std::size_t>(t)] = kernel(fraction - (t - before));
    for (double value : w) table_.push_back(static_cast<float>(value / sum));
  }
}

const float* SincTable::weights(double fraction) const {
  const auto at = static_cast<std::size_t>((fraction + margin) * steps + 0.5);
  return table_.data() + at * taps;
}

void warp_row(View<const float> image, const QuadraticDisplacement& displacement,
              const SincTable& table, int y, float* out) {
  assert(image.pitch() >= (image.nx() + block - 1) / block * block);
  const int nx = image.nx(), ny = image.ny();
  const double v = static_cast<double>(y) / ny - 0.5;
  const AlongRow dx(displacement.x, v), dy(displacement.y, v);
  const Weights weights{table.weights(-margin), SincTable::steps};

  double reach = 0.0;
  for (int x = 0; x <= nx; x += block)
    reach = std::max(reach, std::abs(dx.at(static_cast<double>(x) / nx - 0.5)));
  const int pad = static_cast<int>(reach) + taps + block;
  std::vector<float> line(static_cast<std::size_t>(nx + 2 * pad + block));
  float* middle = line.data() + pad;
  along_y(image, dx, dy, weights, y, middle);
  std::fill_n(line.data(), pad, middle[0]);
  std::fill_n(middle + nx, pad + block, middle[nx - 1]);
  std::vector<float> row(static_cast<std::size_t>(nx + block));
  along_x(middle, dx, weights, nx, row.data());
  std::copy_n(row.data(), nx, out);
}

}  // namespace gimbal
