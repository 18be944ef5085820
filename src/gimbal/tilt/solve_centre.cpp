// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/num/linear.h"
#include "gimbal/tilt/solve_steps.h"

#include <algorithm>

namespace gimbal::tilt {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector2d;
using Eigen::Vector3d;

// The middle of the points' depths, without a twentieth at each end.
double middle_depth(const Bundle& bundle) {
  std::vector<double> depths;
  for (const BundlePoint& point : bundle.points) depths.push_back(point.position_px.z);
  std::sort(depths.begin(), depths.end());
  const std::size_t cut = depths.size() / 20;
  return 0.5 * (depths[cut] + depths[depths.size() - 1 - cut]);
}

// T that makes the shifts + R T nearest to the wanted ones; z is held at `depth`, if it is given.
Vector3d best_move(const Bundle& bundle, const std::vector<Vec2>& wanted, const double* depth) {
  Matrix3d left = Matrix3d::Zero();
  Vector3d right = Vector3d::Zero();
  for (std::size_t t = 0; t < bundle.tilts.size(); ++t) {
    const Eigen::Matrix<double, 2, 3> seen = view_of(bundle, bundle.tilts[t]).seen;
    const Vec2 off = wanted[t] - bundle.tilts[t].shift_px;
    left += seen.transpose() * seen;
    right += seen.transpose() * Vector2d(off.x, off.y);
  }
  if (depth) {
    const Vector2d xy = solve_symmetric(left.topLeftCorner<2, 2>(),
                                        right.head<2>() - *depth * left.block<2, 1>(0, 2));
    return {xy.x(), xy.y(), *depth};
  }
  left(2, 2) += 1e-6;  // tilts of one angle do not know the depth
  return solve_symmetric(left, right);
}

}  // namespace

void recentre(Bundle& bundle, const Alignment* start) {
  std::vector<Vec2> wanted(bundle.tilts.size());
  if (start)
    for (std::size_t t = 0; t < wanted.size(); ++t)
      wanted[t] = start->tilts[static_cast<std::size_t>(bundle.tilts[t].index)].projection.shift_px;
  const double depth = middle_depth(bundle);
  const Vector3d move = best_move(bundle, wanted, start ? nullptr : &depth);
  for (BundleTilt& tilt : bundle.tilts) {
    const Vector2d s = view_of(bundle, tilt).seen * move;
    tilt.shift_px = tilt.shift_px + Vec2{s.x(), s.y()};
  }
  Vec3 mean;
  for (BundlePoint& point : bundle.points) {
    point.position_px = point.position_px + Vec3{-move.x(), -move.y(), -move.z()};
    mean = mean + point.position_px;
  }
  bundle.centre_px = 1.0 / static_cast<double>(bundle.points.size()) * mean;
}

}  // namespace gimbal::tilt
