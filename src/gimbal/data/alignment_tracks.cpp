// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/alignment_tracks.h"

#include <Eigen/Dense>

#include <cmath>

namespace gimbal {
namespace {

const AlignedTilt& tilt_of(const Alignment& alignment, const Observation& seen) {
  return alignment.tilts[static_cast<std::size_t>(seen.tilt)];
}

bool place(Track& track, const Alignment& alignment) {
  Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
  Eigen::Vector3d right = Eigen::Vector3d::Zero();
  const Vec2 centre = image_centre(alignment.size);
  int used = 0;
  for (const Observation& seen : track.observations) {
    const AlignedTilt& tilt = tilt_of(alignment, seen);
    if (tilt.state == TiltState::excluded) continue;
    ++used;
    const Projection& p = tilt.projection;
    const Mat3 rotation = rotation_of(p);
    const Vec2 position = seen.position_px - centre - p.shift_px;
    for (int row = 0; row < 2; ++row) {
      const Eigen::Vector3d direction =
          p.magnification * Eigen::Vector3d(rotation(row, 0), rotation(row, 1), rotation(row, 2));
      normal += direction * direction.transpose();
      right += (row == 0 ? position.x : position.y) * direction;
    }
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> eigen(normal);
  // Views of one direction leave the depth open.
  if (used < 2 || eigen.eigenvalues()(0) < 1e-4 * eigen.eigenvalues()(2)) return false;
  const Eigen::Vector3d point = normal.ldlt().solve(right);
  track.point_px = {point(0), point(1), point(2)};
  return true;
}

struct Sum {
  double squares = 0.0;
  int count = 0;
  void add(Vec2 v) { squares += v.x * v.x + v.y * v.y, ++count; }
  double rms() const { return count == 0 ? 0.0 : std::sqrt(squares / count); }
};

}  // namespace

void fit_points(Alignment& alignment) {
  std::erase_if(alignment.tracks, [&](Track& track) { return !place(track, alignment); });
  std::vector<Sum> sums(alignment.tilts.size());
  Sum all;
  for (Track& track : alignment.tracks)
    for (Observation& seen : track.observations) {
      const AlignedTilt& tilt = tilt_of(alignment, seen);
      seen.residual_px =
          seen.position_px - project(tilt.projection, track.point_px, alignment.size);
      sums[static_cast<std::size_t>(seen.tilt)].add(seen.residual_px);
      if (tilt.state == TiltState::used) all.add(seen.residual_px);
    }
  for (std::size_t i = 0; i < sums.size(); ++i) alignment.tilts[i].residual_px = sums[i].rms();
  alignment.residual_px = all.rms();
}

}  // namespace gimbal
