// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/units.h"
#include "gimbal/tilt/bead_follow.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

constexpr std::size_t most_open = 40;  // unexplained candidates of each tilt that are looked at

struct Open {
  std::vector<std::vector<Vec2>> positions_px;  // [tilt], from the centre
};

Open unexplained(const BeadImages& images, const Followed& state) {
  const double near = 0.6 * images.profile.diameter_px();
  Open open;
  open.positions_px.resize(images.tilts.size());
  for (std::size_t t = 0; t < images.tilts.size(); ++t) {
    if (!state.model.tilts[t].placed || state.level[t] <= 0.0) continue;
    for (const auto& candidate : images.candidates[t]) {
      if (open.positions_px[t].size() >= most_open) break;
      if (candidate.match < 0.45 || candidate.signal < 0.35 * state.level[t]) continue;
      bool known = false;
      for (std::size_t i = 0; i < state.fits.size() && !known; ++i)
        known = length(state.predicted(static_cast<int>(t), i) - candidate.position_px) < near;
      if (!known) open.positions_px[t].push_back(candidate.position_px - state.centre_px);
    }
  }
  return open;
}

// The point seen at p in one tilt and at q in another; the mean square of the two residuals.
Vec3 triangulate(const BeadModel& model, int a, Vec2 p, int b, Vec2 q, double& residual_px) {
  Eigen::Matrix<double, 4, 3> matrix;
  Eigen::Vector4d right;
  const int tilts[2] = {a, b};
  const Vec2 seen[2] = {p, q};
  for (int k = 0; k < 2; ++k) {
    const Vec2 origin = model.predict(tilts[k], {});
    const Vec2 x = model.predict(tilts[k], {1, 0, 0}) - origin,
               y = model.predict(tilts[k], {0, 1, 0}) - origin,
               z = model.predict(tilts[k], {0, 0, 1}) - origin;
    matrix.row(2 * k) << x.x, y.x, z.x;
    matrix.row(2 * k + 1) << x.y, y.y, z.y;
    right(2 * k) = seen[k].x - origin.x;
    right(2 * k + 1) = seen[k].y - origin.y;
  }
  const Eigen::Vector3d point =
      (matrix.transpose() * matrix).ldlt().solve(matrix.transpose() * right);
  residual_px = std::sqrt((matrix * point - right).squaredNorm() / 4.0);
  return {point(0), point(1), point(2)};
}

struct Support {
  int n = 0, expected = 0;
};

Support support_of(const BeadImages& images, const Followed& state, const Open& open, Vec3 point,
                   double near_px) {
  Support support;
  for (std::size_t t = 0; t < open.positions_px.size(); ++t) {
    if (!state.model.tilts[t].placed || state.level[t] <= 0.0) continue;
    const Vec2 at = state.model.predict(static_cast<int>(t), point);
    const Vec2 p = at + state.centre_px;
    if (p.x < 0 || p.y < 0 || p.x > images.size.nx - 1 || p.y > images.size.ny - 1) continue;
    ++support.expected;
    for (const Vec2 candidate : open.positions_px[t])
      if (length(candidate - at) < near_px) {
        ++support.n;
        break;
      }
  }
  return support;
}

bool enough(const Support& support) {
  return support.n >= 4 && support.n >= 0.4 * support.expected;
}

void remove_explained(Open& open, const Followed& state, Vec3 point, double near_px) {
  for (std::size_t t = 0; t < open.positions_px.size(); ++t) {
    const Vec2 at = state.model.predict(static_cast<int>(t), point);
    std::erase_if(open.positions_px[t], [&](Vec2 p) { return length(p - at) < near_px; });
  }
}

}  // namespace

int discover(const BeadImages& images, Followed& state, double depth_px) {
  Open open = unexplained(images, state);
  const double near = std::max(3.0, 4.0 * state.scale_px);
  const auto n_tilts = open.positions_px.size();
  int found = 0;
  for (std::size_t a = 0; a < n_tilts; ++a)
    for (std::size_t b = 0; b < n_tilts; ++b) {
      const double apart = state.model.tilts[b].tilt_deg - state.model.tilts[a].tilt_deg;
      if (apart < 7.0 || apart > 16.0) continue;
      // Both lists shrink while points are found.
      for (std::size_t i = 0; i < open.positions_px[a].size(); ++i)
        for (std::size_t j = 0; j < open.positions_px[b].size(); ++j) {
          double residual = 0.0;
          const Vec3 point = triangulate(state.model, static_cast<int>(a), open.positions_px[a][i],
                                         static_cast<int>(b), open.positions_px[b][j], residual);
          if (residual > 1.5 || std::abs(point.z) > depth_px) continue;
          if (!enough(support_of(images, state, open, point, near))) continue;
          state.model.points.push_back(point);
          state.fits.emplace_back(n_tilts);
          state.strength.push_back(1.0);
          state.n_expected.push_back(0);
          remove_explained(open, state, point, near);
          ++found;
          if (i >= open.positions_px[a].size()) break;
          j = static_cast<std::size_t>(-1);
        }
    }
  return found;
}

}  // namespace gimbal::tilt
