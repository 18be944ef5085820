// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/alignment_rigid.h"

#include "gimbal/core/units.h"
#include "gimbal/num/linear.h"

#include <array>
#include <cmath>

namespace gimbal {
namespace {

constexpr int n_free = 5;

std::vector<Vec3> points_of(const Alignment& alignment) {
  constexpr double share = 0.45;  // of the field, on either side
  std::vector<Vec3> points;
  for (const double x : {-1.0, -0.5, 0.0, 0.5, 1.0})
    for (const double y : {-1.0, -0.5, 0.0, 0.5, 1.0})
      for (const double z : {-0.5, 0.0, 0.5})
        points.push_back({share * x * alignment.size.nx, share * y * alignment.size.ny,
                          z * alignment.thickness_A / alignment.pixel_A});
  return points;
}

// Mean over the used tilts, by how far they see heights, which is what deforms above all.
Vec3 mean_place(const Alignment& alignment, Vec3 point) {
  Vec3 sum{0.0, 0.0, 0.0};
  double weights = 0.0;
  for (const AlignedTilt& tilt : alignment.tilts) {
    if (tilt.state != TiltState::used) continue;
    const double sine = std::sin(rad_from_deg(tilt.projection.y_tilt_deg)),
                 weight = 1e-6 + sine * sine;
    sum = sum + weight * alignment.deformation.at(point, tilt.pre_exposure_e_A2);
    weights += weight;
  }
  return weights > 0.0 ? (1.0 / weights) * sum : point;
}

Projection changed(Projection p, const Eigen::VectorXd& by) {
  p.shift_px = p.shift_px + Vec2{by(0), by(1)};
  p.z_rot_deg += by(2);
  p.y_tilt_deg += by(3);
  p.magnification += by(4);
  return p;
}

// A Gauss-Newton step of the projection towards where the points are seen.
Projection stepped(const Projection& p, const std::vector<Vec3>& places,
                   const std::vector<Vec2>& seen, Size2 size) {
  constexpr std::array<double, n_free> small{1e-2, 1e-2, 1e-3, 1e-3, 1e-5};
  const auto rows = static_cast<Eigen::Index>(2 * places.size());
  Eigen::MatrixXd slopes(rows, n_free), off(rows, 1);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(2 * i);
    const Vec2 here = project(p, places[i], size);
    off(row, 0) = seen[i].x - here.x;
    off(row + 1, 0) = seen[i].y - here.y;
    for (Eigen::Index k = 0; k < n_free; ++k) {
      const double step = small[static_cast<std::size_t>(k)];
      const Vec2 there =
          project(changed(p, step * Eigen::VectorXd::Unit(n_free, k)), places[i], size);
      slopes(row, k) = (there.x - here.x) / step;
      slopes(row + 1, k) = (there.y - here.y) / step;
    }
  }
  Eigen::MatrixXd normal = transposed_product(slopes, slopes);
  // A thin specimen at 0 degrees does not show its tilt angle: 0.1 degrees count as 1 px.
  normal(3, 3) += 100.0 * static_cast<double>(places.size());
  return changed(p, solve_symmetric(normal, transposed_product(slopes, off)));
}

}  // namespace

Alignment rigid_alignment(const Alignment& alignment) {
  Alignment rigid = alignment;
  rigid.deformation = {};
  if (alignment.deformation.empty()) return rigid;
  const auto points = points_of(alignment);
  std::vector<Vec3> places;
  for (const Vec3& point : points) places.push_back(mean_place(alignment, point));
  for (AlignedTilt& tilt : rigid.tilts) {
    std::vector<Vec2> seen;
    for (const Vec3& point : points)
      seen.push_back(project(tilt.projection,
                             alignment.deformation.at(point, tilt.pre_exposure_e_A2),
                             alignment.size));
    constexpr int steps = 2;
    for (int step = 0; step < steps; ++step)
      tilt.projection = stepped(tilt.projection, places, seen, alignment.size);
  }
  return rigid;
}

}  // namespace gimbal
