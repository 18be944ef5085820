// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/level.h"

#include "gimbal/core/error.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <vector>

namespace gimbal::tilt {
namespace {

using Eigen::Matrix2d;
using Eigen::Matrix3d;
using Eigen::Vector3d;

std::vector<Vec3> good_points(const Alignment& alignment) {
  std::vector<Vec3> points;
  for (const Track& track : alignment.tracks) {
    const auto n = std::count_if(track.observations.begin(), track.observations.end(),
                                 [](const Observation& o) { return o.weight > 0.3; });
    if (n >= 3) points.push_back(track.point_px);
  }
  return points;
}

// z = slope_x x + slope_y y + depth of the surface.
struct Planes {
  double slope_x = 0.0, slope_y = 0.0;
  double depth[2] = {0.0, 0.0};
  std::vector<int> surface;  // of each point
  double scatter_px = 0.0;
  double error_x = 0.0, error_y = 0.0;  // of the slopes
  bool is_sound = false;
};

// Least squares with given surfaces.
Planes fit(const std::vector<Vec3>& points, const std::vector<int>& surface, int n_surfaces) {
  const auto n = static_cast<Eigen::Index>(points.size());
  Eigen::MatrixXd left = Eigen::MatrixXd::Zero(n, 2 + n_surfaces);
  Eigen::VectorXd right(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Vec3 p = points[static_cast<std::size_t>(i)];
    left(i, 0) = p.x;
    left(i, 1) = p.y;
    left(i, 2 + surface[static_cast<std::size_t>(i)]) = 1.0;
    right(i) = p.z;
  }
  Planes planes;
  planes.surface = surface;
  const Eigen::LDLT<Eigen::MatrixXd> solver(left.transpose() * left);
  const Eigen::VectorXd solution = solver.solve(left.transpose() * right);
  const double freedom = static_cast<double>(n - 2 - n_surfaces);
  if (freedom < 1.0 || solver.info() != Eigen::Success || !solution.allFinite()) return planes;
  const Eigen::MatrixXd inverse =
      solver.solve(Eigen::MatrixXd::Identity(2 + n_surfaces, 2 + n_surfaces));
  planes.slope_x = solution(0);
  planes.slope_y = solution(1);
  for (int k = 0; k < n_surfaces; ++k) planes.depth[k] = solution(2 + k);
  planes.scatter_px = std::sqrt((left * solution - right).squaredNorm() / freedom);
  planes.error_x = planes.scatter_px * std::sqrt(std::max(0.0, inverse(0, 0)));
  planes.error_y = planes.scatter_px * std::sqrt(std::max(0.0, inverse(1, 1)));
  planes.is_sound = inverse.allFinite();
  return planes;
}

// Starts with points above and below the middle of the heights over a plane of those slopes.
Planes two_planes(const std::vector<Vec3>& points, double slope_x, double slope_y) {
  Planes planes;
  std::vector<int> surface(points.size(), -1);
  for (int i = 0; i < 10; ++i) {
    std::vector<double> heights;
    for (const Vec3& p : points) heights.push_back(p.z - slope_x * p.x - slope_y * p.y);
    const auto [low, high] = std::minmax_element(heights.begin(), heights.end());
    const double middle = i == 0 ? 0.5 * (*low + *high) : 0.5 * (planes.depth[0] + planes.depth[1]);
    std::vector<int> now;
    for (double h : heights) now.push_back(h > middle);
    if (now == surface) break;
    surface = now;
    const auto above = std::count(surface.begin(), surface.end(), 1);
    if (above < 3 || static_cast<std::ptrdiff_t>(points.size()) - above < 3) return {};
    planes = fit(points, surface, 2);
    if (!planes.is_sound) return {};
    slope_x = planes.slope_x;
    slope_y = planes.slope_y;
  }
  return planes;
}

// From many slopes, as one plane through two surfaces may be far off.
Planes best_two_planes(const std::vector<Vec3>& points) {
  Planes best;
  if (points.size() < 8) return best;
  for (int x = -6; x <= 6; ++x)
    for (int y = -6; y <= 6; ++y) {
      const Planes planes = two_planes(points, 0.05 * x, 0.05 * y);
      if (planes.is_sound && (!best.is_sound || planes.scatter_px < best.scatter_px)) best = planes;
    }
  if (best.is_sound && best.scatter_px > 0.1 * (best.depth[1] - best.depth[0])) return {};
  return best;
}

double slope_deg(double slope) {
  return deg_from_rad(std::atan(slope));
}

Matrix3d matrix_of(const Mat3& m) {
  Matrix3d result;
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 3; ++column) result(row, column) = m(row, column);
  return result;
}

// Angles of m = Rz Ry Rx, with the tilt angle on the side of `near`.
void set_angles(const Matrix3d& m, Projection& near) {
  const double sign = std::cos(rad_from_deg(near.y_tilt_deg)) < 0.0 ? -1.0 : 1.0;
  near.y_tilt_deg = deg_from_rad(std::atan2(-m(2, 0), sign * std::hypot(m(2, 1), m(2, 2))));
  near.x_tilt_deg = deg_from_rad(std::atan2(sign * m(2, 1), sign * m(2, 2)));
  const double z = deg_from_rad(std::atan2(sign * m(1, 0), sign * m(0, 0)));
  near.z_rot_deg += std::remainder(z - near.z_rot_deg, 360.0);
}

// d'(P) = R d(R^T P), as far as the terms of the model go.
DeformationModel turned(const DeformationModel& model, const Matrix3d& r) {
  if (model.empty()) return model;
  const std::vector<double>* axes[3] = {&model.x, &model.y, &model.z};
  const Matrix2d a = r.transpose().topLeftCorner<2, 2>();
  Matrix3d linear = Matrix3d::Zero();
  Matrix2d square[3];
  for (int i = 0; i < 3; ++i) {
    const std::vector<double> c = axes[i]->empty() ? std::vector<double>(6, 0.0) : *axes[i];
    linear.row(i) << c[0], c[1], c[5];
    Matrix2d q;
    q << c[2], 0.5 * c[3], 0.5 * c[3], c[4];
    square[i] = a.transpose() * q * a;
  }
  linear = (r * linear * r.transpose()).eval();
  DeformationModel result = model;
  std::vector<double>* out[3] = {&result.x, &result.y, &result.z};
  for (int i = 0; i < 3; ++i) {
    const Matrix2d q = r(i, 0) * square[0] + r(i, 1) * square[1] + r(i, 2) * square[2];
    *out[i] = {linear(i, 0), linear(i, 1), q(0, 0), 2.0 * q(0, 1), q(1, 1), linear(i, 2)};
  }
  return result;
}

}  // namespace

Slab find_slab(const Alignment& alignment, double max_error_deg) {
  Slab slab;
  const auto points = good_points(alignment);
  if (points.size() < 4) {
    slab.reason = fmt::format("{} points do not show how the specimen lies", points.size());
    return slab;
  }
  const Planes one = fit(points, std::vector<int>(points.size(), 0), 1);
  const Planes two = best_two_planes(points);
  const bool has_two = two.is_sound && two.scatter_px < 0.5 * one.scatter_px;
  const Planes& best = has_two ? two : one;
  slab.n_surfaces = has_two ? 2 : 1;
  slab.about_y_deg = slope_deg(-best.slope_x);
  slab.about_x_deg = slope_deg(best.slope_y / std::hypot(1.0, best.slope_x));
  slab.about_y_error_deg = deg_from_rad(best.error_x);
  slab.about_x_error_deg = deg_from_rad(best.error_y);
  double low = 0.0, high = 0.0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double h = points[i].z - best.slope_x * points[i].x - best.slope_y * points[i].y;
    low = i == 0 ? h : std::min(low, h);
    high = i == 0 ? h : std::max(high, h);
  }
  slab.depth_px = 0.5 * (low + high);
  // The range of n points falls short of the slab by two parts of n + 1.
  const double n = static_cast<double>(points.size()),
               upright = 1.0 / std::hypot(1.0, best.slope_x, best.slope_y);
  slab.thickness_px = (has_two ? high - low : (high - low) * (n + 1.0) / (n - 1.0)) * upright;
  slab.is_known =
      best.is_sound && std::max(slab.about_x_error_deg, slab.about_y_error_deg) <= max_error_deg;
  if (!slab.is_known)
    slab.reason = fmt::format(
        "{} points at all depths give offsets of {:.1f} +- {:.1f} degrees about X and {:.1f} +- "
        "{:.1f} about Y: too uncertain",
        points.size(), slab.about_x_deg, slab.about_x_error_deg, slab.about_y_deg,
        slab.about_y_error_deg);
  return slab;
}

Alignment turned(const Alignment& alignment, double x_deg, double y_deg) {
  const Mat3 turn = rotation_x(x_deg) * rotation_y(y_deg);
  const Matrix3d r = matrix_of(turn);
  Alignment result = alignment;
  for (AlignedTilt& tilt : result.tilts)
    set_angles(matrix_of(rotation_of(tilt.projection)) * r.transpose(), tilt.projection);
  for (Track& track : result.tracks) track.point_px = turn * track.point_px;
  result.deformation = turned(alignment.deformation, r);
  result.y_offset_deg = alignment.y_offset_deg.value_or(0.0) - y_deg;
  result.x_offset_deg = alignment.x_offset_deg.value_or(0.0) - x_deg;
  return result;
}

Alignment levelled(const Alignment& alignment, const Slab& slab) {
  Alignment result = turned(alignment, -slab.about_x_deg, -slab.about_y_deg);
  const double upright =
      std::cos(rad_from_deg(slab.about_x_deg)) * std::cos(rad_from_deg(slab.about_y_deg));
  move_centre(result, slab.depth_px * upright);
  return result;
}

void move_centre(Alignment& alignment, double z_px) {
  const DeformationModel& d = alignment.deformation;
  for (AlignedTilt& tilt : alignment.tilts) {
    const double dose = tilt.pre_exposure_e_A2;
    const auto along = [&](const std::vector<double>& c) { return c.empty() ? 0.0 : c[5] * z_px; };
    Vec3 move{0.0, 0.0, z_px};
    if (!d.empty()) {
      const double f = std::exp(-d.reference_dose_e_A2 / d.dose_scale_e_A2) -
                       std::exp(-dose / d.dose_scale_e_A2);
      move = move + f * Vec3{along(d.x), along(d.y), along(d.z)};
    }
    const Vec3 seen = rotation_of(tilt.projection) * move;
    tilt.projection.shift_px =
        tilt.projection.shift_px + tilt.projection.magnification * Vec2{seen.x, seen.y};
    // The new centre moves with errors of the tilt angle across the axis, of the rotation along it.
    const double turn = rad_from_deg(tilt.projection.z_rot_deg),
                 angle = rad_from_deg(tilt.projection.y_tilt_deg),
                 across_px = z_px * std::cos(angle) * rad_from_deg(tilt.standard_error.y_tilt_deg),
                 along_px = z_px * std::sin(angle) * rad_from_deg(tilt.standard_error.z_rot_deg);
    Vec2& error = tilt.standard_error.shift_px;
    error = {std::hypot(error.x, across_px * std::cos(turn), along_px * std::sin(turn)),
             std::hypot(error.y, across_px * std::sin(turn), along_px * std::cos(turn))};
  }
  for (Track& track : alignment.tracks) track.point_px.z -= z_px;
}

}  // namespace gimbal::tilt
