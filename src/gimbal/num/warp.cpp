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

constexpr double kaiser_beta = 5.5;

double kernel(double d, double window_in_the_middle) {
  constexpr double reach = taps / 2.0;
  if (std::abs(d) >= reach) return 0.0;
  const double t = d / reach, a = std::numbers::pi * d;
  const double sinc = std::abs(d) < 1e-12 ? 1.0 : std::sin(a) / a;
  return sinc * bessel_i0(kaiser_beta * std::sqrt(1.0 - t * t)) / window_in_the_middle;
}

// A displacement along one row: quadratic in u.
struct AlongRow {
  AlongRow(const std::array<double, 6>& c, double v)
      : a(c[0] + c[3] * v + c[4] * v * v), b(c[1] + c[5] * v), c2(c[2]) {}
  double at(double u) const { return a + u * (b + u * c2); }
  double a, b, c2;
};

// Where a block's pixels come from: the pixel before them, and the weights at its first pixel and
// just after its last.
struct Origin {
  int base;
  const float* first;
  const float* last;
};

// The weights of a table for fractions from -margin to 1 + margin; see SincTable::weights.
struct Weights {
  const float* table;
  int steps;
  [[gnu::always_inline]] const float* at(double fraction) const {
    return table + static_cast<std::ptrdiff_t>((fraction + margin) * steps + 0.5) * taps;
  }
  [[gnu::always_inline]] Origin origin(double position_first, double position_last) const {
    const double middle = 0.5 * (position_first + position_last);
    auto base = static_cast<int>(middle);
    if (middle < base) --base;
    return {base, at(std::clamp(position_first - base, -margin, 1.0 + margin)),
            at(std::clamp(position_last - base, -margin, 1.0 + margin))};
  }
};

// Sixteen values at once, whose weights change linearly: out[i] = sum_t w_t(i) source[t][i].
[[gnu::always_inline]] inline void interpolate_block(const Float16* source, const Origin& from,
                                                     float* out) {
  const Float16 ramp =
      Float16{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} * (1.0F / block);
  Float16 at_first{}, at_last{};
  for (int t = 0; t < taps; ++t) {
    at_first += source[t] * from.first[t];
    at_last += source[t] * from.last[t];
  }
  store16(out, at_first + ramp * (at_last - at_first));
}

constexpr int group = 4;  // rows made together: they share most of the rows that they come from

// Rows y .. y + group - 1 along y, into `middle`, by whole blocks: the last one may reach into the
// rows' padding. What stands at x then moves on by dx, so dy is taken where it will arrive.
struct ColumnPass {
  View<const float> image;
  std::array<AlongRow, group> dx, dy;
  Weights weights;

  [[gnu::always_inline]] double position(int row, int y, int x) const {
    const int nx = image.nx();
    const double u = static_cast<double>(x) / nx - 0.5;
    const auto r = static_cast<std::size_t>(row);
    return y + row - dy[r].at(u + dx[r].at(u) / nx);
  }
};

GIMBAL_MULTIVERSION void along_y(const ColumnPass& pass, int y, View<float> middle) {
  const int nx = pass.image.nx(), ny = pass.image.ny();
  std::array<double, group> first{};
  for (int r = 0; r < group; ++r) first[static_cast<std::size_t>(r)] = pass.position(r, y, 0);
  for (int x = 0; x < nx; x += block) {
    std::array<Origin, group> from;
    bool in_step = true;  // each row comes from one row after the one before
    for (int r = 0; r < group; ++r) {
      const auto i = static_cast<std::size_t>(r);
      const double last = pass.position(r, y, x + block);
      from[i] = pass.weights.origin(first[i], last);
      first[i] = last;
      in_step = in_step && from[i].base == from[0].base + r;
    }
    Float16 source[taps + group - 1];
    const auto load = [&](int base, int n) {
      for (int t = 0; t < n; ++t)
        source[t] = load16(pass.image.row(std::clamp(base + t - before, 0, ny - 1)) + x);
    };
    if (in_step) {
      load(from[0].base, taps + group - 1);
      for (int r = 0; r < group; ++r)
        interpolate_block(source + r, from[static_cast<std::size_t>(r)], middle.row(r) + x);
    } else {
      for (int r = 0; r < group; ++r) {
        load(from[static_cast<std::size_t>(r)].base, taps);
        interpolate_block(source, from[static_cast<std::size_t>(r)], middle.row(r) + x);
      }
    }
  }
}

// Along x, from `middle`, which goes on beyond both ends; out has room for whole blocks.
GIMBAL_MULTIVERSION void along_x(const float* middle, const AlongRow& dx, Weights weights, int nx,
                                 float* out) {
  const auto position = [&](int x) { return x - dx.at(static_cast<double>(x) / nx - 0.5); };
  double first = position(0);
  for (int x = 0; x < nx; x += block) {
    const double last = position(x + block);
    // Positions relative to each pixel itself: the base moves on with x.
    const Origin from = weights.origin(first, last - block);
    first = last;
    Float16 source[taps];
    for (int t = 0; t < taps; ++t) source[t] = load16(middle + from.base + t - before);
    interpolate_block(source, from, out + x);
  }
}

// Length to which rows are padded on both sides.
int padding(const std::array<AlongRow, group>& dx, int nx) {
  double reach = 0.0;
  for (const AlongRow& row : dx)
    for (int x = 0; x <= nx; x += block)
      reach = std::max(reach, std::abs(row.at(static_cast<double>(x) / nx - 0.5)));
  return (static_cast<int>(reach) + taps + 2 * block) / block * block;
}

}  // namespace

SincTable::SincTable() {
  const int n = static_cast<int>((1.0 + 2.0 * margin) * steps) + 1;
  const double middle = bessel_i0(kaiser_beta);
  for (int i = 0; i < n; ++i) {
    const double fraction = static_cast<double>(i) / steps - margin;
    std::array<double, taps> w{};
    double sum = 0.0;
    for (int t = 0; t < taps; ++t)
      sum += w[static_cast<std::size_t>(t)] = kernel(fraction - (t - before), middle);
    for (double value : w) table_.push_back(static_cast<float>(value / sum));
  }
}

const float* SincTable::weights(double fraction) const {
  const auto at = static_cast<std::size_t>((fraction + margin) * steps + 0.5);
  return table_.data() + at * taps;
}

void warp_rows(View<const float> image, const QuadraticDisplacement& displacement,
               const SincTable& table, int first_y, View<float> out) {
  assert(image.pitch() >= (image.nx() + block - 1) / block * block && out.nx() == image.nx());
  const int nx = image.nx(), ny = image.ny(), room = nx + block;
  const Weights weights{table.weights(-margin), SincTable::steps};
  std::vector<float> row(static_cast<std::size_t>(room));
  for (int done = 0; done < out.ny(); done += group) {
    const auto along = [&](const std::array<double, 6>& c) {
      const auto at = [&](int r) { return AlongRow(c, (first_y + done + r) / double(ny) - 0.5); };
      return std::array<AlongRow, group>{at(0), at(1), at(2), at(3)};
    };
    const ColumnPass pass{image, along(displacement.x), along(displacement.y), weights};
    const int pad = padding(pass.dx, nx);
    Image<float> lines(nx + 2 * pad + block, group, Image<float>::Uninitialized{});
    along_y(pass, first_y + done, lines.view().part(pad, 0, room, group));
    for (int r = 0; r < std::min(group, out.ny() - done); ++r) {
      float* middle = lines.row(r) + pad;
      std::fill_n(lines.row(r), pad, middle[0]);
      std::fill_n(middle + nx, pad + block, middle[nx - 1]);
      along_x(middle, pass.dx[static_cast<std::size_t>(r)], weights, nx, row.data());
      std::copy_n(row.data(), nx, out.row(done + r));
    }
  }
}

}  // namespace gimbal
