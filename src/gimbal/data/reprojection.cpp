// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/reprojection.h"

#include "gimbal/core/error.h"
#include "gimbal/num/linear.h"

#include <Eigen/Geometry>
#include <Eigen/SVD>

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector2d;
using Eigen::Vector3d;

std::vector<Vec3> grid_points(const SlabGrid& grid) {
  const auto place = [](double width, int n, int i) {
    return n == 1 ? 0.0 : width * (static_cast<double>(i) / (n - 1) - 0.5);
  };
  std::vector<Vec3> points;
  for (int z = 0; z < grid.nz; ++z)
    for (int y = 0; y < grid.ny; ++y)
      for (int x = 0; x < grid.nx; ++x)
        points.push_back({place(grid.width_px, grid.nx, x), place(grid.height_px, grid.ny, y),
                          place(grid.thickness_px, grid.nz, z)});
  return points;
}

// One used tilt of the alignment, and where it should see the points.
struct Pair {
  std::size_t index = 0;
  Eigen::Matrix<double, 2, 3> seen;
  Vector2d shift;
  double dose = 0.0;
  std::vector<Vector2d> wanted;
};

std::vector<Pair> pairs_of(const Reference& reference, const Alignment& alignment,
                           const std::vector<Vec3>& points) {
  std::vector<Pair> pairs;
  for (std::size_t t = 0; t < alignment.tilts.size(); ++t) {
    const AlignedTilt& tilt = alignment.tilts[t];
    if (tilt.state != TiltState::used) continue;
    Pair pair;
    pair.index = t;
    const Mat3 m = rotation_of(tilt.projection);
    for (int row = 0; row < 2; ++row)
      for (int column = 0; column < 3; ++column)
        pair.seen(row, column) = tilt.projection.magnification * m(row, column);
    pair.shift = {tilt.projection.shift_px.x, tilt.projection.shift_px.y};
    pair.dose = tilt.pre_exposure_e_A2;
    const ReferenceView& view = reference.views[t];
    const Vec2 centre = image_centre(reference.size);
    for (const Vec3& point : points) {
      const Vec3 there = reference.moved ? reference.moved(point, view.dose_e_A2) : point;
      const Vec2 p = project(view.projection, there, reference.size) - centre;
      pair.wanted.emplace_back(p.x, p.y);
    }
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

Vector3d deformed(const DeformationModel& model, const Vector3d& p, double dose) {
  if (model.empty()) return p;
  const Vec3 q = model.at({p.x(), p.y(), p.z()}, dose);
  return {q.x, q.y, q.z};
}

Vector2d error_of(const Pair& pair, const DeformationModel& model, const Vector3d& p,
                  std::size_t k) {
  return pair.wanted[k] - pair.seen * deformed(model, p, pair.dose) - pair.shift;
}

// Deformations are small: the slope without them converges.
Vector3d best_point(const std::vector<Pair>& pairs, const DeformationModel& model, Vector3d p,
                    std::size_t k) {
  for (int i = 0; i < 12; ++i) {
    Matrix3d left = 1e-9 * Matrix3d::Identity();
    Vector3d right = Vector3d::Zero();
    for (const Pair& pair : pairs) {
      left += pair.seen.transpose() * pair.seen;
      right += pair.seen.transpose() * error_of(pair, model, p, k);
    }
    const Vector3d step = solve_symmetric(left, right);
    p += step;
    if (step.norm() < 1e-9) break;
  }
  return p;
}

Matrix3d cross(const Vector3d& p) {
  Matrix3d m;
  m << 0, -p.z(), p.y(), p.z(), 0, -p.x(), -p.y(), p.x(), 0;
  return m;
}

// The motion that brings the points nearest to where they were placed one by one (Kabsch), made
// better in the images.
std::vector<Vector3d> moved_together(const std::vector<Pair>& pairs, const DeformationModel& model,
                                     const std::vector<Vec3>& points,
                                     const std::vector<Vector3d>& placed, bool scales) {
  Vector3d from = Vector3d::Zero(), to = Vector3d::Zero();
  const double n = static_cast<double>(points.size());
  for (std::size_t k = 0; k < points.size(); ++k) {
    from += Vector3d(points[k].x, points[k].y, points[k].z) / n;
    to += placed[k] / n;
  }
  Matrix3d moment = Matrix3d::Zero();
  for (std::size_t k = 0; k < points.size(); ++k)
    moment +=
        (placed[k] - to) * (Vector3d(points[k].x, points[k].y, points[k].z) - from).transpose();
  const Eigen::JacobiSVD<Matrix3d> svd(moment, Eigen::ComputeFullU | Eigen::ComputeFullV);
  Matrix3d hand = Matrix3d::Identity();
  hand(2, 2) = (svd.matrixU() * svd.matrixV().transpose()).determinant() < 0.0 ? -1.0 : 1.0;
  const Matrix3d turn = svd.matrixU() * hand * svd.matrixV().transpose();
  std::vector<Vector3d> moved;
  for (const Vec3& p : points) moved.emplace_back(turn * (Vector3d(p.x, p.y, p.z) - from) + to);
  for (int i = 0; i < 30; ++i) {
    Eigen::Matrix<double, 7, 7> left = 1e-9 * Eigen::Matrix<double, 7, 7>::Identity();
    Eigen::Matrix<double, 7, 1> right = Eigen::Matrix<double, 7, 1>::Zero();
    for (std::size_t k = 0; k < moved.size(); ++k) {
      Eigen::Matrix<double, 3, 7> by;
      by << Matrix3d::Identity(), -cross(moved[k] - to), (scales ? 1.0 : 0.0) * (moved[k] - to);
      for (const Pair& pair : pairs) {
        const Eigen::Matrix<double, 2, 7> j = pair.seen * by;
        left += j.transpose() * j;
        right += j.transpose() * error_of(pair, model, moved[k], k);
      }
    }
    const Eigen::Matrix<double, 7, 1> step = solve_symmetric(left, right);
    const Vector3d axis = step.segment<3>(3);
    const double angle = axis.norm();
    Matrix3d small = Matrix3d::Identity();
    if (angle > 0.0) small = Eigen::AngleAxisd(angle, axis / angle).toRotationMatrix();
    for (Vector3d& p : moved) p = to + (1.0 + step(6)) * (small * (p - to)) + step.head<3>();
    to += step.head<3>();
    if (step.head<3>().norm() < 1e-8 && angle < 1e-11 && std::abs(step(6)) < 1e-11) break;
  }
  return moved;
}

}  // namespace

ReprojectionError reprojection_error(const Reference& reference, const Alignment& alignment,
                                     const SlabGrid& grid, Placing placing) {
  if (reference.views.size() != alignment.tilts.size())
    fail("the reference has {} tilts and the alignment {}", reference.views.size(),
         alignment.tilts.size());
  const auto points = grid_points(grid);
  const auto pairs = pairs_of(reference, alignment, points);
  if (pairs.size() < 2)
    fail("the alignment uses {} tilts: there is nothing to score", pairs.size());
  std::vector<Vector3d> placed;
  for (std::size_t k = 0; k < points.size(); ++k)
    placed.push_back(best_point(pairs, alignment.deformation,
                                Vector3d(points[k].x, points[k].y, points[k].z), k));
  if (placing != Placing::each_point)
    placed = moved_together(pairs, alignment.deformation, points, placed,
                            placing == Placing::similarity);
  ReprojectionError result;
  result.tilt_mean_px.assign(alignment.tilts.size(), 0.0);
  result.tilt_offset_px.assign(alignment.tilts.size(), {});
  double sum = 0.0, squares = 0.0;
  for (const Pair& pair : pairs)
    for (std::size_t k = 0; k < placed.size(); ++k) {
      const Vector2d vector = error_of(pair, alignment.deformation, placed[k], k);
      const double e = vector.norm();
      sum += e;
      squares += e * e;
      result.max_px = std::max(result.max_px, e);
      result.tilt_mean_px[pair.index] += e / static_cast<double>(placed.size());
      Vec2& offset = result.tilt_offset_px[pair.index];
      offset.x += vector.x() / static_cast<double>(placed.size());
      offset.y += vector.y() / static_cast<double>(placed.size());
    }
  const double n = static_cast<double>(pairs.size() * placed.size());
  result.mean_px = sum / n;
  result.rms_px = std::sqrt(squares / n);
  for (const Vector3d& p : placed) result.points_px.push_back({p.x(), p.y(), p.z()});
  return result;
}

std::vector<Vec2> shift_errors_px(const Reference& reference, const Alignment& alignment) {
  if (reference.views.size() != alignment.tilts.size())
    fail("the reference has {} tilts and the alignment {}", reference.views.size(),
         alignment.tilts.size());
  using Rows = Eigen::Matrix<double, 2, 3>;
  std::vector<Rows> rows(reference.views.size());
  std::vector<Vec2> errors(reference.views.size());
  Eigen::Matrix3d squares = Eigen::Matrix3d::Zero();
  Vector3d sums = Vector3d::Zero();
  const auto for_used = [&](const auto& f) {
    for (std::size_t t = 0; t < errors.size(); ++t)
      if (alignment.tilts[t].state == TiltState::used) f(t);
  };
  for_used([&](std::size_t t) {
    const Mat3 turn = rotation_of(reference.views[t].projection);
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 3; ++j) rows[t](i, j) = turn(i, j);
    errors[t] = alignment.tilts[t].projection.shift_px - reference.views[t].projection.shift_px;
    squares += rows[t].transpose() * rows[t];
    sums += rows[t].transpose() * Eigen::Vector2d(errors[t].x, errors[t].y);
  });
  squares.diagonal().array() += 1e-9 * squares.trace();
  const Vector3d translation = solve_symmetric(squares, sums);
  for_used([&](std::size_t t) {
    const Eigen::Vector2d explained = rows[t] * translation;
    errors[t] = errors[t] - Vec2{explained.x(), explained.y()};
  });
  return errors;
}

}  // namespace gimbal
