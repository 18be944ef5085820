// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/pulls.h"

#include "gimbal/core/error.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>

namespace gimbal::sim {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector2d;
using Eigen::Vector3d;

Vec3 moved(const Reference& truth, Vec3 p, double dose) {
  return truth.moved ? truth.moved(p, dose) : p;
}

// The true place of the alignment's centre: least squares over where it is seen.
Vec3 true_centre(const Reference& truth, const Alignment& alignment) {
  Vec3 centre;
  for (int i = 0; i < 10; ++i) {
    Matrix3d left = 1e-12 * Matrix3d::Identity();
    Vector3d right = Vector3d::Zero();
    for (std::size_t t = 0; t < alignment.tilts.size(); ++t) {
      const AlignedTilt& tilt = alignment.tilts[t];
      if (tilt.state != TiltState::used) continue;
      const ReferenceView& view = truth.views[t];
      const Vec2 off = project(tilt.projection, {}, truth.size) -
                       project(view.projection, moved(truth, centre, view.dose_e_A2), truth.size);
      const Mat3 m = rotation_of(view.projection);
      Eigen::Matrix<double, 2, 3> seen;
      for (int row = 0; row < 2; ++row)
        for (int column = 0; column < 3; ++column) seen(row, column) = m(row, column);
      left += seen.transpose() * seen;
      right += seen.transpose() * Vector2d(off.x, off.y);
    }
    const Vector3d step = left.ldlt().solve(right);
    centre = centre + Vec3{step.x(), step.y(), step.z()};
    if (step.norm() < 1e-9) break;
  }
  return centre;
}

}  // namespace

Pulls pulls_of(const Reference& truth, const Alignment& alignment, const std::vector<Vec3>& beads) {
  if (truth.views.size() != alignment.tilts.size())
    fail("the truth has {} tilts and the alignment {}", truth.views.size(), alignment.tilts.size());
  const Vec3 centre = true_centre(truth, alignment);
  double turn_deg = 0.0, scale = 0.0;
  int n = 0;
  for (std::size_t t = 0; t < alignment.tilts.size(); ++t) {
    const AlignedTilt& tilt = alignment.tilts[t];
    if (tilt.state != TiltState::used) continue;
    ++n;
    turn_deg += tilt.projection.y_tilt_deg - truth.views[t].projection.y_tilt_deg;
    scale += tilt.projection.magnification / truth.views[t].projection.magnification;
  }
  turn_deg /= std::max(1, n);
  scale /= std::max(1, n);
  Pulls pulls;
  for (std::size_t t = 0; t < alignment.tilts.size(); ++t) {
    const AlignedTilt& tilt = alignment.tilts[t];
    if (tilt.state != TiltState::used) continue;
    const ReferenceView& view = truth.views[t];
    const Projection &p = tilt.projection, &e = tilt.standard_error;
    const Vec2 off = project(p, {}, truth.size) -
                     project(view.projection, moved(truth, centre, view.dose_e_A2), truth.size);
    pulls.shift.push_back(off.x / e.shift_px.x);
    pulls.shift.push_back(off.y / e.shift_px.y);
    const double rotation = std::remainder(p.z_rot_deg - view.projection.z_rot_deg, 360.0);
    if (e.z_rot_deg > 0.0) pulls.rotation.push_back(rotation / e.z_rot_deg);
    if (e.y_tilt_deg > 0.0)
      pulls.tilt_angle.push_back((p.y_tilt_deg - view.projection.y_tilt_deg - turn_deg) /
                                 e.y_tilt_deg);
    if (e.magnification > 0.0)
      pulls.magnification.push_back((p.magnification / view.projection.magnification - scale) /
                                    e.magnification);
  }
  for (std::size_t k = 0; k < std::min(beads.size(), alignment.tracks.size()); ++k) {
    const Track& track = alignment.tracks[k];
    const Vec3 e = track.standard_error_px;
    if (e.x <= 0.0) continue;
    const Vec3 there = (1.0 / scale) * (rotation_y(-turn_deg) * (beads[k] + -1.0 * centre));
    pulls.point.push_back((track.point_px.x - there.x) / e.x);
    pulls.point.push_back((track.point_px.y - there.y) / e.y);
    pulls.point.push_back((track.point_px.z - there.z) / e.z);
  }
  return pulls;
}

double part_within_one(const std::vector<double>& pulls) {
  const auto n =
      std::count_if(pulls.begin(), pulls.end(), [](double pull) { return std::abs(pull) <= 1.0; });
  return pulls.empty() ? 0.0 : static_cast<double>(n) / static_cast<double>(pulls.size());
}

}  // namespace gimbal::sim
