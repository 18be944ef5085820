// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/bead_profile.h"

#include "gimbal/core/parallel.h"
#include "gimbal/num/linear.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace gimbal::tilt {
namespace {

constexpr double per_px = 32.0;  // entries of the table
constexpr double knot_px = 1.0;  // distance of the spline's knots

// The four cubic B-splines over the interval that `part` (0 to 1) lies in.
std::array<double, 4> spline_weights(double part) {
  const double a = 1.0 - part, p2 = part * part, p3 = p2 * part;
  return {a * a * a / 6.0, (3.0 * p3 - 6.0 * p2 + 4.0) / 6.0,
          (-3.0 * p3 + 3.0 * p2 + 3.0 * part + 1.0) / 6.0, p3 / 6.0};
}

// Coefficients are even about the centre.
int folded(int k) {
  return k < 0 ? -k : k;
}

struct Normal {
  Eigen::MatrixXd matrix;
  Eigen::VectorXd right;
};

void accumulate(Normal& normal, const BeadView& view, double reach) {
  const auto n = static_cast<int>(normal.right.size());
  const View<const float> image = view.image->view();
  const Vec2 p = view.position_px;
  const int x0 = std::max(0, static_cast<int>(std::ceil(p.x - reach)));
  const int x1 = std::min(image.nx() - 1, static_cast<int>(std::floor(p.x + reach)));
  const int y0 = std::max(0, static_cast<int>(std::ceil(p.y - reach)));
  const int y1 = std::min(image.ny() - 1, static_cast<int>(std::floor(p.y + reach)));
  const double a = view.amplitude;
  for (int y = y0; y <= y1; ++y)
    for (int x = x0; x <= x1; ++x) {
      const double dx = x - p.x, dy = y - p.y, r = std::sqrt(dx * dx + dy * dy);
      if (r >= reach) continue;
      const double at = r / knot_px;
      const int k = static_cast<int>(at);
      const auto w = spline_weights(at - k);
      const double value = static_cast<double>(image(x, y)) - view.background - view.slope.x * dx -
                           view.slope.y * dy;
      for (int i = 0; i < 4; ++i) {
        const int ki = folded(k - 1 + i);
        if (ki >= n) continue;
        const double wi = a * w[static_cast<std::size_t>(i)];
        normal.right(ki) += wi * value;
        for (int j = 0; j < 4; ++j) {
          const int kj = folded(k - 1 + j);
          if (kj < n) normal.matrix(ki, kj) += wi * a * w[static_cast<std::size_t>(j)];
        }
      }
    }
}

}  // namespace

BeadProfile::BeadProfile(const std::function<double(double)>& value, double diameter_px,
                         double reach_px)
    : diameter_(diameter_px), reach_(reach_px) {
  const int n = static_cast<int>(std::ceil(reach_px * per_px)) + 2;
  std::vector<double> values(static_cast<std::size_t>(n + 2));
  double energy = 0.0;
  for (int i = 0; i < n + 2; ++i) {
    const double r = i / per_px;
    values[static_cast<std::size_t>(i)] = r < reach_px ? value(r) : 0.0;
    energy +=
        2.0 * std::numbers::pi * r / per_px * std::pow(values[static_cast<std::size_t>(i)], 2);
  }
  const double scale = energy > 0.0 ? 1.0 / std::sqrt(energy) : 0.0;
  const auto v = [&](int i) { return scale * values[static_cast<std::size_t>(std::abs(i))]; };
  table_.resize(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) {
    auto& entry = table_[static_cast<std::size_t>(i)];
    const double r = i / per_px;
    const double slope = 0.5 * per_px * (v(i + 1) - v(i - 1));
    const double bend = per_px * per_px * (v(i + 1) - 2.0 * v(i) + v(i - 1));
    entry = {v(i), slope, r * slope, slope + r * bend};
  }
}

BeadProfile::Sample BeadProfile::at(double r_px) const {
  const double at = r_px * per_px;
  const auto i = std::min(static_cast<std::size_t>(at), table_.size() - 2);
  const double part = at - static_cast<double>(i);
  const Sample &a = table_[i], &b = table_[i + 1];
  return {a.value + part * (b.value - a.value), a.slope + part * (b.slope - a.slope),
          a.stretch + part * (b.stretch - a.stretch),
          a.stretch_slope + part * (b.stretch_slope - a.stretch_slope)};
}

BeadProfile ball_profile(double diameter_px) {
  const double radius = 0.5 * diameter_px;
  return {[=](double r) { return r < radius ? -std::sqrt(1.0 - r * r / (radius * radius)) : 0.0; },
          diameter_px, radius + std::max(4.0, 0.35 * diameter_px)};
}

BeadProfile learn_profile(const std::vector<BeadView>& views, const BeadProfile& previous) {
  const double reach = previous.reach_px();
  // The last splines are left out, so that the profile ends at zero.
  const int n = std::max(3, static_cast<int>(reach / knot_px) - 1);
  constexpr int block = 16;
  const int n_views = static_cast<int>(views.size());
  std::vector<Normal> parts(static_cast<std::size_t>((n_views + block - 1) / block));
  parallel_for(static_cast<int>(parts.size()), [&](int part) {
    Normal& normal = parts[static_cast<std::size_t>(part)];
    normal = {Eigen::MatrixXd::Zero(n, n), Eigen::VectorXd::Zero(n)};
    for (int i = part * block; i < std::min(n_views, (part + 1) * block); ++i)
      accumulate(normal, views[static_cast<std::size_t>(i)], reach);
  });
  Normal sum{Eigen::MatrixXd::Zero(n, n), Eigen::VectorXd::Zero(n)};
  for (const Normal& part : parts) {
    sum.matrix += part.matrix;
    sum.right += part.right;
  }
  if (!(sum.matrix.trace() > 0.0)) return previous;
  sum.matrix.diagonal().array() += 1e-6 * sum.matrix.trace() / n;
  const Eigen::VectorXd c = solve_symmetric(sum.matrix, sum.right);
  return {[&](double r) {
            const double at = r / knot_px;
            const int k = static_cast<int>(at);
            const auto w = spline_weights(at - k);
            double value = 0.0;
            for (int i = 0; i < 4; ++i) {
              const int ki = folded(k - 1 + i);
              if (ki < n) value += w[static_cast<std::size_t>(i)] * c(ki);
            }
            return value;
          },
          previous.diameter_px(), reach};
}

}  // namespace gimbal::tilt
