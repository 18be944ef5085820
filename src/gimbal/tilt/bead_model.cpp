// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/bead_model.h"

#include "gimbal/core/units.h"
#include "gimbal/num/linear.h"

#include <Eigen/LU>

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

constexpr int n_own = 5;  // shift x, y, rotation, tilt (rad), log magnification

struct Jacobian {
  Eigen::Matrix<double, 2, n_own> own;
  Eigen::Matrix<double, 2, 3> point;
  Eigen::Vector2d residual;
};

struct Angles {
  double c, s, cb, sb;
};

Angles angles_of(const BeadModel& model, const BeadPose& pose) {
  const double turn = rad_from_deg(model.axis_deg + pose.rotation_deg);
  const double tilt = rad_from_deg(pose.tilt_deg + pose.tilt_error_deg);
  return {std::cos(turn), std::sin(turn), std::cos(tilt), std::sin(tilt)};
}

Jacobian jacobian(const BeadModel& model, const Sighting& sighting) {
  const BeadPose& pose = model.tilts[static_cast<std::size_t>(sighting.tilt)];
  const Vec3 p = model.points[static_cast<std::size_t>(sighting.point)];
  const auto [c, s, cb, sb] = angles_of(model, pose);
  const double m = pose.magnification, u = p.x * cb + p.z * sb, v = p.y;
  const double du = -p.x * sb + p.z * cb;  // by the tilt angle
  Jacobian j;
  j.own << 1, 0, m * (-s * u - c * v), m * c * du, m * (c * u - s * v), 0, 1, m * (c * u - s * v),
      m * s * du, m * (s * u + c * v);
  j.point << m * c * cb, -m * s, m * c * sb, m * s * cb, m * c, m * s * sb;
  j.residual << sighting.position_px.x - pose.shift_px.x - m * (c * u - s * v),
      sighting.position_px.y - pose.shift_px.y - m * (s * u + c * v);
  return j;
}

double robust_scale(const BeadModel& model, const std::vector<Sighting>& sightings, double least) {
  std::vector<double> sizes;
  for (const Sighting& sighting : sightings)
    sizes.push_back(jacobian(model, sighting).residual.norm());
  if (sizes.empty()) return least;
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return std::max(least, *middle / 1.1774);  // median of a 2-D Gaussian's length
}

// The reduced system in the tilts' unknowns and the axis (last).
class System {
 public:
  System(const BeadModel& model, const RefineOptions& options)
      : model_(model),
        n_(static_cast<Eigen::Index>(n_own * model.tilts.size() + 1)),
        matrix_(Eigen::MatrixXd::Zero(n_, n_)),
        right_(Eigen::VectorXd::Zero(n_)),
        depth_weight_(1.0 / std::pow(options.depth_sigma_px, 2)) {
    for (std::size_t t = 0; t < model.tilts.size(); ++t) {
      const BeadPose& pose = model.tilts[t];
      const auto at = static_cast<Eigen::Index>(n_own * t);
      prior(at, 0.0, 1e5);
      prior(at + 1, 0.0, 1e5);
      prior(at + 2, rad_from_deg(pose.rotation_deg), rad_from_deg(options.rotation_sigma_deg));
      prior(at + 3, rad_from_deg(pose.tilt_error_deg), rad_from_deg(options.tilt_sigma_deg));
      prior(at + 4, std::log(pose.magnification), options.magnification_sigma);
    }
    prior(n_ - 1, 0.0, options.axis ? 0.2 : 0.0);
  }

  void add_point(const std::vector<Sighting>& all, std::size_t begin, std::size_t end, Vec3 at,
                 double scale) {
    Eigen::Matrix3d hessian = Eigen::Matrix3d::Zero();
    hessian(2, 2) = depth_weight_;
    hessian(0, 0) = hessian(1, 1) = 1e-8;
    Eigen::Vector3d gradient(0.0, 0.0, -depth_weight_ * at.z);
    std::vector<Jacobian> jacobians;
    std::vector<double> weights;
    for (std::size_t i = begin; i < end; ++i) {
      jacobians.push_back(jacobian(model_, all[i]));
      const double sigma = std::hypot(all[i].sigma_px, scale);
      weights.push_back(all[i].weight / (sigma * sigma));
      const Jacobian& j = jacobians.back();
      hessian += weights.back() * j.point.transpose() * j.point;
      gradient += weights.back() * j.point.transpose() * j.residual;
    }
    eliminate(all, begin, jacobians, weights, hessian.inverse(), gradient);
  }

  Eigen::VectorXd solve() const {
    const Eigen::MatrixXd full = matrix_.selfadjointView<Eigen::Lower>();
    return solve_symmetric(full, right_);
  }

 private:
  using Block = Eigen::Matrix<double, n_own, 3>;

  // Adds the sightings of one point, and takes away what its own freedom explains.
  void eliminate(const std::vector<Sighting>& all, std::size_t begin,
                 const std::vector<Jacobian>& jacobians, const std::vector<double>& weights,
                 const Eigen::Matrix3d& inverse, const Eigen::Vector3d& gradient) {
    const std::size_t n = jacobians.size();
    std::vector<Block> coupling(n), scaled(n);
    Eigen::RowVector3d axis = Eigen::RowVector3d::Zero();
    for (std::size_t i = 0; i < n; ++i) {
      const Jacobian& j = jacobians[i];
      const double w = weights[i];
      const auto t = place(all[begin + i].tilt);
      coupling[i] = w * j.own.transpose() * j.point;
      scaled[i] = coupling[i] * inverse;
      axis += w * j.own.col(2).transpose() * j.point;
      matrix_.block<n_own, n_own>(t, t) += w * j.own.transpose() * j.own;
      matrix_.block<1, n_own>(n_ - 1, t) += w * j.own.col(2).transpose() * j.own;
      matrix_(n_ - 1, n_ - 1) += w * j.own.col(2).squaredNorm();
      right_.segment<n_own>(t) += w * j.own.transpose() * j.residual - scaled[i] * gradient;
      right_(n_ - 1) += w * j.own.col(2).dot(j.residual);
    }
    const Eigen::RowVector3d scaled_axis = axis * inverse;
    right_(n_ - 1) -= scaled_axis * gradient;
    matrix_(n_ - 1, n_ - 1) -= scaled_axis.dot(axis);
    for (std::size_t i = 0; i < n; ++i) {
      const auto ti = place(all[begin + i].tilt);
      matrix_.block<1, n_own>(n_ - 1, ti) -= scaled_axis * coupling[i].transpose();
      for (std::size_t k = 0; k < n; ++k)
        if (const auto tk = place(all[begin + k].tilt); tk <= ti)
          matrix_.block<n_own, n_own>(ti, tk) -= scaled[i] * coupling[k].transpose();
    }
  }

  static Eigen::Index place(int tilt) { return static_cast<Eigen::Index>(n_own) * tilt; }
  void prior(Eigen::Index i, double value, double sigma) {
    const double weight = sigma > 0.0 ? 1.0 / (sigma * sigma) : 1e14;
    matrix_(i, i) += weight;
    right_(i) -= weight * value;
  }

  const BeadModel& model_;
  Eigen::Index n_;
  Eigen::MatrixXd matrix_;
  Eigen::VectorXd right_;
  double depth_weight_;
};

void solve_point(BeadModel& model, const std::vector<Sighting>& all, std::size_t begin,
                 std::size_t end, double depth_sigma_px, double scale) {
  Vec3& p = model.points[static_cast<std::size_t>(all[begin].point)];
  Eigen::Matrix3d hessian =
      Eigen::Vector3d(1e-8, 1e-8, 1.0 / std::pow(depth_sigma_px, 2)).asDiagonal();
  Eigen::Vector3d gradient(0.0, 0.0, -p.z / std::pow(depth_sigma_px, 2));
  for (std::size_t i = begin; i < end; ++i) {
    const Jacobian j = jacobian(model, all[i]);
    const double sigma = std::hypot(all[i].sigma_px, scale), w = all[i].weight / (sigma * sigma);
    hessian += w * j.point.transpose() * j.point;
    gradient += w * j.point.transpose() * j.residual;
  }
  const Eigen::Vector3d step = hessian.inverse() * gradient;
  p = {p.x + step(0), p.y + step(1), p.z + step(2)};
}

void apply(BeadModel& model, const Eigen::VectorXd& change) {
  for (std::size_t t = 0; t < model.tilts.size(); ++t) {
    BeadPose& pose = model.tilts[t];
    const auto at = static_cast<Eigen::Index>(n_own * t);
    pose.shift_px = pose.shift_px + Vec2{change(at), change(at + 1)};
    pose.rotation_deg += deg_from_rad(change(at + 2));
    pose.tilt_error_deg += deg_from_rad(change(at + 3));
    pose.magnification *= std::exp(std::clamp(change(at + 4), -0.05, 0.05));
  }
  model.axis_deg += deg_from_rad(std::clamp(change(change.size() - 1), -0.2, 0.2));
}

template <typename Body>
void for_points(const std::vector<Sighting>& sightings, const Body& body) {
  for (std::size_t begin = 0; begin < sightings.size();) {
    std::size_t end = begin;
    while (end < sightings.size() && sightings[end].point == sightings[begin].point) ++end;
    body(begin, end);
    begin = end;
  }
}

}  // namespace

Vec2 BeadModel::predict(int tilt, Vec3 point) const {
  const BeadPose& pose = tilts[static_cast<std::size_t>(tilt)];
  const auto [c, s, cb, sb] = angles_of(*this, pose);
  const double u = point.x * cb + point.z * sb, v = point.y, m = pose.magnification;
  return pose.shift_px + m * Vec2{c * u - s * v, s * u + c * v};
}

double refine(BeadModel& model, std::vector<Sighting>& sightings, const RefineOptions& options) {
  std::stable_sort(sightings.begin(), sightings.end(),
                   [](const Sighting& a, const Sighting& b) { return a.point < b.point; });
  double scale = options.least_scale_px;
  for (int step = 0; step < options.steps; ++step) {
    scale = robust_scale(model, sightings, options.least_scale_px);
    for (Sighting& sighting : sightings) {
      const double size = jacobian(model, sighting).residual.norm();
      sighting.weight =
          1.0 / (1.0 + std::pow(size / (2.5 * std::hypot(scale, sighting.sigma_px)), 2));
    }
    System system(model, options);
    for_points(sightings, [&](std::size_t begin, std::size_t end) {
      system.add_point(sightings, begin, end,
                       model.points[static_cast<std::size_t>(sightings[begin].point)], scale);
    });
    apply(model, system.solve());
    for_points(sightings, [&](std::size_t begin, std::size_t end) {
      for (int twice = 0; twice < 2; ++twice)
        solve_point(model, sightings, begin, end, options.depth_sigma_px, scale);
    });
  }
  return robust_scale(model, sightings, options.least_scale_px);
}

}  // namespace gimbal::tilt
