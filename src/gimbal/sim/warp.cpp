// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/warp.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/simd.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

namespace gimbal::sim {
namespace {

constexpr int half_taps = 7, n_taps = 2 * half_taps;
constexpr int lanes = 16;  // neighbouring pixels that are interpolated together

// Weights of the samples -6 .. 7 around a position, for each fraction of a pixel; with some room on
// both sides, so that neighbours can share their taps.
class Kernel {
 public:
  using Weights = std::array<float, n_taps>;
  Kernel() {
    for (int p = 0; p <= n_phases; ++p)
      table_.push_back(
          weights_at(first_fraction + p * (last_fraction - first_fraction) / n_phases));
  }
  const Weights& at(double fraction) const {
    const double p = (fraction - first_fraction) * (n_phases / (last_fraction - first_fraction));
    return table_[static_cast<std::size_t>(std::clamp(p + 0.5, 0.0, 1.0 * n_phases))];
  }

 private:
  static constexpr int n_phases = 6144;
  static constexpr double first_fraction = -0.5, last_fraction = 1.5;

  static Weights weights_at(double fraction) {
    constexpr double beta = 7.5;  // Kaiser window
    std::array<double, n_taps> w{};
    double sum = 0.0;
    for (int t = 0; t < n_taps; ++t) {
      const double d = fraction - (t - half_taps + 1), r = d / half_taps;
      const double window = std::abs(r) >= 1.0
                                ? 0.0
                                : std::cyl_bessel_i(0.0, beta * std::sqrt(1.0 - r * r)) /
                                      std::cyl_bessel_i(0.0, beta);
      const double angle = std::numbers::pi * d;
      const auto i = static_cast<std::size_t>(t);
      w[i] = window * (std::abs(d) < 1e-9 ? 1.0 : std::sin(angle) / angle);
      sum += w[i];
    }
    Weights weights{};
    for (std::size_t i = 0; i < n_taps; ++i) weights[i] = static_cast<float>(w[i] / sum);
    return weights;
  }
  std::vector<Weights> table_;
};

const Kernel& kernel() {
  static const Kernel instance;
  return instance;
}

// Interpolates `lanes` neighbours: tap t of pixel i is in[t * tap_pitch + i]; the weights follow
// the parabola through those of the first pixel, the middle and the last pixel.
GIMBAL_MULTIVERSION void interpolate_lanes(const float* in, std::ptrdiff_t tap_pitch,
                                           const float* first, const float* middle,
                                           const float* last, float* out) {
  const Float16 ramp = Float16{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} / 7.5F - 1.0F;
  Float16 sum{};
  for (int t = 0; t < n_taps; ++t) {
    const float slope = 0.5F * (last[t] - first[t]);
    const float bend = 0.5F * (last[t] + first[t]) - middle[t];
    sum += (splat16(middle[t]) + ramp * (slope + ramp * bend)) * load16(in + t * tap_pitch);
  }
  store16(out, sum);
}

// A smooth function of the position, sampled on 129 x 129 nodes at most and linear in between.
class Nodes {
 public:
  Nodes(double x0, double y0, int nx, int ny, const std::function<double(double, double)>& f)
      : x0_(x0), y0_(y0), step_(std::max(4.0, std::max(nx, ny) / 128.0)) {
    const int columns = static_cast<int>(nx / step_) + 2, rows = static_cast<int>(ny / step_) + 2;
    values_ = Image<double>(columns, rows);
    parallel_for(rows, [&](int j) {
      for (int i = 0; i < columns; ++i) values_(i, j) = f(x0 + i * step_, y0 + j * step_);
    });
  }
  void row(double y, std::vector<double>& nodes) const {
    const double at = (y - y0_) / step_;
    const int j = std::clamp(static_cast<int>(at), 0, values_.ny() - 2);
    nodes.resize(static_cast<std::size_t>(values_.nx()));
    for (int i = 0; i < values_.nx(); ++i)
      nodes[static_cast<std::size_t>(i)] =
          values_(i, j) + (at - j) * (values_(i, j + 1) - values_(i, j));
  }
  double along(const std::vector<double>& nodes, double x) const {
    const double at = (x - x0_) / step_;
    const auto i = std::min(static_cast<std::size_t>(at), nodes.size() - 2);
    return nodes[i] + (at - static_cast<double>(i)) * (nodes[i + 1] - nodes[i]);
  }

 private:
  double x0_, y0_, step_;
  Image<double> values_;
};

// One row of the result: pixel x comes from position start + x - moved(x), along x (tap_pitch 1) or
// across rows (tap_pitch = pitch; the position is then that of the row, the same for all x).
struct Line {
  const float* in;
  std::ptrdiff_t tap_pitch;
  double start;
  bool along_x;
  int last_base;  // the largest position at which all taps are there
};

void interpolate(const Line& line, const Nodes& moved, double node_row, std::span<float> out) {
  const Kernel& k = kernel();
  std::vector<double> nodes;
  moved.row(node_row, nodes);
  const int nx = static_cast<int>(out.size());
  for (int x = 0; x < nx; x += lanes) {
    const int width = std::min(lanes, nx - x);
    const double from = line.start - moved.along(nodes, x);
    const double to = line.start - moved.along(nodes, x + lanes - 1);
    const double base = std::floor(0.5 * (from + to));
    const int first = static_cast<int>(base) - half_taps + 1 + (line.along_x ? x : 0);
    alignas(64) std::array<float, lanes> values;
    interpolate_lanes(
        line.in + std::clamp(first, 0, line.last_base) * line.tap_pitch + (line.along_x ? 0 : x),
        line.tap_pitch, k.at(from - base).data(), k.at(0.5 * (from + to) - base).data(),
        k.at(to - base).data(), values.data());
    std::copy_n(values.begin(), width, out.begin() + x);
  }
}

}  // namespace

Vec2 arrived_displacement(const Displacement& displacement, double x, double y) {
  Vec2 d = displacement(x, y);
  for (int i = 0; i < 3; ++i) d = displacement(x - d.x, y - d.y);
  return d;
}

void warp(View<const float> image, int x0, int y0, const Displacement& displacement,
          View<float> out) {
  const int nx = out.nx(), ny = out.ny();
  const Nodes moved_y(
      0, 0, nx, ny, [&](double x, double y) { return arrived_displacement(displacement, x, y).y; });
  double reach = 0.0;
  for (int y = 0; y < ny; y += std::max(1, ny / 16))
    for (int x = 0; x < nx; x += std::max(1, nx / 16))
      reach = std::max(reach, std::abs(arrived_displacement(displacement, x, y).y));
  const int border = static_cast<int>(1.5 * reach) + half_taps + 2;
  // The first pass works on rows of the image; row y ends up at about y + its displacement in y.
  const Nodes moved_x(0, 0, nx, ny + 2 * border, [&](double x, double row) {
    const double y = row - border;
    double arrived_y = y;
    for (int i = 0; i < 4; ++i) arrived_y = y + arrived_displacement(displacement, x, arrived_y).y;
    return arrived_displacement(displacement, x, arrived_y).x;
  });
  Image<float> between(nx, ny + 2 * border, Image<float>::Uninitialized{});
  parallel_for(between.ny(), [&](int row) {
    const int y = std::clamp(y0 + row - border, 0, image.ny() - 1);
    constexpr int end = 4 * lanes;  // the row with its ends repeated
    std::vector<float> padded(static_cast<std::size_t>(image.nx() + 2 * end));
    std::fill_n(padded.begin(), end, image(0, y));
    std::copy_n(image.row(y), image.nx(), padded.begin() + end);
    std::fill(padded.end() - end, padded.end(), image(image.nx() - 1, y));
    const int last = static_cast<int>(padded.size()) - n_taps - lanes;
    interpolate({padded.data(), 1, 1.0 * (end + x0), true, last}, moved_x, row,
                between.view().row_span(row));
  });
  parallel_for(ny, [&](int y) {
    const int last = between.ny() - n_taps;
    interpolate({between.data(), between.pitch(), 1.0 * (border + y), false, last}, moved_y, y,
                out.row_span(y));
  });
}

}  // namespace gimbal::sim
