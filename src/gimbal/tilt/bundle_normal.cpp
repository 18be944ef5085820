// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/bundle_normal.h"

#include "gimbal/core/units.h"
#include "gimbal/num/linear.h"

#include <Eigen/LU>

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

using Eigen::Matrix3d;
using Eigen::MatrixXd;
using Eigen::Vector3d;
using Eigen::VectorXd;

std::size_t at(int i) {
  return static_cast<std::size_t>(i);
}

// Weak priors keep what the data do not determine near where it starts.
double point_weight(const Bundle& bundle) {
  return 1.0 / (bundle.radius_px * bundle.radius_px);
}
double beam_tilt_weight(const Bundle& bundle) {
  const double sigma = rad_from_deg(1.0) * bundle.radius_px;
  return 1.0 / (sigma * sigma);
}
double coefficient_weight(const Bundle& bundle, int which) {
  const double s = which < 12 ? bundle.model.in_plane_sigma_px : bundle.model.doming_sigma_px;
  return 1.0 / (s * s);
}

void add_priors(const Bundle& bundle, Normal& n) {
  const Layout& l = n.layout;
  const auto add = [&](int place, double weight, double value) {
    n.reduced(place, place) += weight;
    n.right_side(place) -= weight * value;
  };
  const double weak = 1e-2 * point_weight(bundle);
  for (int t = 0; t < l.n_tilts; ++t) {
    const int first = t * l.per_tilt;
    for (int k = 0; k < 2; ++k) add(first + k, weak, 0.0);
    for (std::size_t k = 0; k < n_own; ++k)
      if (l.own[k] >= 0) {
        const double sigma = bundle.model.own_sigma_px[k];
        add(first + l.own[k], bundle.prior_weight[at(t)][k] / (sigma * sigma),
            bundle.tilts[at(t)].own[k]);
      }
  }
  const int c = l.common();
  if (l.rotation >= 0) add(c + l.rotation, weak, 0.0);
  if (l.beam_tilt >= 0)
    add(c + l.beam_tilt, beam_tilt_weight(bundle), bundle.beam_tilt_rad * bundle.radius_px);
  for (int k = 0; k < l.n_coefficients; ++k)
    add(c + l.deformation + k, coefficient_weight(bundle, l.first_coefficient + k),
        bundle.deformation[at(l.first_coefficient + k)]);
  if (l.dose_scale >= 0) add(c + l.dose_scale, 1.0, bundle.log_dose_scale);
}

// Of one observation: a weight times J^T. Its products are too small for Eigen's way of large
// matrices, whose code is large.
using WeightedRows = Eigen::Matrix<double, Eigen::Dynamic, 2, 0, max_common, 2>;

void add_observation(const Bundle& bundle, const BundleObservation& o, const Derivatives& d,
                     Vec2 residual, Normal& n, Matrix3d& v, Vector3d& g) {
  const Layout& l = n.layout;
  const double sigma = bundle.sigma(o), w = o.weight / (sigma * sigma);
  const Eigen::Vector2d r(residual.x, residual.y);
  const auto jt = d.tilt.leftCols(l.per_tilt);
  const auto jc = d.common.leftCols(l.n_common);
  const WeightedRows wt = w * jt.transpose(), wc = w * jc.transpose();
  const int first = o.tilt * l.per_tilt, c = l.common();
  n.reduced.block(first, first, l.per_tilt, l.per_tilt) += wt.lazyProduct(jt);
  n.right_side.segment(first, l.per_tilt) += wt.lazyProduct(r);
  n.coupling.block(first, 3 * o.point, l.per_tilt, 3) += wt.lazyProduct(d.point);
  if (l.n_common > 0) {
    n.reduced.block(c, first, l.n_common, l.per_tilt) += wc.lazyProduct(jt);
    n.reduced.block(c, c, l.n_common, l.n_common) += wc.lazyProduct(jc);
    n.right_side.segment(c, l.n_common) += wc.lazyProduct(r);
    n.coupling.block(c, 3 * o.point, l.n_common, 3) += wc.lazyProduct(d.point);
  }
  v.noalias() += w * d.point.transpose() * d.point;
  g.noalias() += w * d.point.transpose() * r;
}

void whiten(const Whitening& whitening, const Layout& l, Derivatives& d) {
  if (!whitening.changes()) return;
  const Vec2 x = whitening.whitened({1.0, 0.0}), y = whitening.whitened({0.0, 1.0});
  Eigen::Matrix2d m;
  m << x.x, y.x, x.y, y.y;
  d.tilt.leftCols(l.per_tilt) = m.lazyProduct(d.tilt.leftCols(l.per_tilt)).eval();
  d.common.leftCols(l.n_common) = m.lazyProduct(d.common.leftCols(l.n_common)).eval();
  d.point = (m * d.point).eval();
}

std::vector<TiltView> views_of(const Bundle& bundle) {
  std::vector<TiltView> views;
  for (const BundleTilt& tilt : bundle.tilts) views.push_back(view_of(bundle, tilt));
  return views;
}

Bundle moved_by(const Bundle& bundle, const Normal& n, const VectorXd& step, double part) {
  Bundle moved = bundle;
  const Layout& l = n.layout;
  const VectorXd s = part * step;
  for (int t = 0; t < l.n_tilts; ++t) {
    BundleTilt& tilt = moved.tilts[at(t)];
    const int first = t * l.per_tilt;
    tilt.shift_px = tilt.shift_px + Vec2{s(first), s(first + 1)};
    for (std::size_t k = 0; k < n_own; ++k)
      if (l.own[k] >= 0) tilt.own[k] += s(first + l.own[k]);
  }
  const int c = l.common();
  if (l.rotation >= 0) moved.rotation_rad += s(c + l.rotation) / bundle.radius_px;
  if (l.beam_tilt >= 0) moved.beam_tilt_rad += s(c + l.beam_tilt) / bundle.radius_px;
  for (int k = 0; k < l.n_coefficients; ++k)
    moved.deformation[at(l.first_coefficient + k)] += s(c + l.deformation + k);
  if (l.dose_scale >= 0)
    moved.log_dose_scale = std::clamp(bundle.log_dose_scale + s(c + l.dose_scale), -3.0, 3.0);
  for (std::size_t i = 0; i < bundle.points.size(); ++i) {
    const auto block = n.coupling.middleCols<3>(static_cast<Eigen::Index>(3 * i));
    const Vector3d d =
        n.point_inverse[i] * (part * n.point_right_side[i] - block.transpose().lazyProduct(s));
    moved.points[i].position_px = moved.points[i].position_px + Vec3{d.x(), d.y(), d.z()};
  }
  return moved;
}

// As far along the step as the cost does not grow; false: not at all.
bool go(Bundle& bundle, const Normal& n, const VectorXd& step, double& cost_now) {
  double part = 1.0;
  for (int k = 0; k < 6; ++k, part *= 0.3) {
    Bundle moved = moved_by(bundle, n, step, part);
    const double after = cost(moved);
    if (!(after <= cost_now * (1.0 + 1e-12))) continue;
    bundle = std::move(moved);
    cost_now = after;
    return true;
  }
  return false;
}

// The part of the hat matrix that a track has through the unknowns of the tilts, whitened, and the
// one that it has through its point (both symmetric, 2 rows for each observation).
struct TrackHat {
  MatrixXd tilts, point;
  VectorXd residuals;
};

TrackHat hat_of(const Bundle& bundle, const Normal& n, const MatrixXd& covariance, int point,
                const std::vector<int>& chosen) {
  const Layout& l = n.layout;
  const Eigen::Index rows = static_cast<Eigen::Index>(2 * chosen.size());
  MatrixXd by_covariance(n.layout.size(), rows), g(rows, 3);
  TrackHat hat{MatrixXd(rows, rows), MatrixXd(rows, rows), VectorXd(rows)};
  const auto whiten = [&](int i) {
    const BundleObservation& o = bundle.observations[at(i)];
    return std::sqrt(o.weight) / bundle.sigma(o);
  };
  for (Eigen::Index k = 0; k < rows; k += 2) {
    const int i = chosen[static_cast<std::size_t>(k / 2)];
    const Derivatives& d = n.derivatives[at(i)];
    const double w = whiten(i);
    const int first = bundle.observations[at(i)].tilt * l.per_tilt;
    const WeightedRows wt = w * d.tilt.leftCols(l.per_tilt).transpose(),
                       wc = w * d.common.leftCols(l.n_common).transpose();
    auto columns = by_covariance.middleCols<2>(k);
    columns = covariance.middleCols(first, l.per_tilt).lazyProduct(wt);
    if (l.n_common > 0) columns += covariance.rightCols(l.n_common).lazyProduct(wc);
    g.middleRows<2>(k) = w * d.point;
    hat.residuals.segment<2>(k) << w * n.residuals[at(i)].x, w * n.residuals[at(i)].y;
  }
  const auto block = n.coupling.middleCols<3>(3 * point);
  const MatrixXd h = g.lazyProduct(n.point_inverse[at(point)]);     // rows x 3
  const MatrixXd b_cov = transposed_product(block, by_covariance);  // 3 x rows
  const MatrixXd b_cov_b = transposed_product(block, product(covariance, block));
  for (Eigen::Index k = 0; k < rows; k += 2) {
    const int i = chosen[static_cast<std::size_t>(k / 2)];
    const Derivatives& d = n.derivatives[at(i)];
    const double w = whiten(i);
    const int first = bundle.observations[at(i)].tilt * l.per_tilt;
    const WeightedRows wt = w * d.tilt.leftCols(l.per_tilt).transpose(),
                       wc = w * d.common.leftCols(l.n_common).transpose();
    auto own = hat.tilts.middleRows<2>(k);
    own = wt.transpose().lazyProduct(by_covariance.middleRows(first, l.per_tilt));
    if (l.n_common > 0) own += wc.transpose().lazyProduct(by_covariance.bottomRows(l.n_common));
  }
  const MatrixXd cross = product(h, b_cov);
  hat.tilts += product_transposed(product(h, b_cov_b), h) - cross - cross.transpose();
  hat.point = product_transposed(h, g);
  return hat;
}

}  // namespace

Normal linearise(const Bundle& bundle) {
  Normal n;
  n.layout = layout_of(bundle);
  const int size = n.layout.size();
  const auto n_points = static_cast<Eigen::Index>(bundle.points.size());
  n.reduced = MatrixXd::Zero(size, size);
  n.right_side = VectorXd::Zero(size);
  n.coupling = MatrixXd::Zero(size, 3 * n_points);
  n.derivatives.resize(bundle.observations.size());
  n.residuals.resize(bundle.observations.size());
  n.point_inverse.resize(bundle.points.size());
  n.point_right_side.resize(bundle.points.size());
  add_priors(bundle, n);
  const auto views = views_of(bundle);
  MatrixXd rooted(size, 3 * n_points);
  for (std::size_t p = 0; p < bundle.points.size(); ++p) {
    const BundlePoint& point = bundle.points[p];
    const Vec3 at_px = point.position_px;
    Matrix3d v = point_weight(bundle) * Matrix3d::Identity();
    const Vec3 off = at_px + -1.0 * bundle.centre_px;
    Vector3d g = -point_weight(bundle) * Vector3d(off.x, off.y, off.z);
    for (int i = point.begin; i < point.end; ++i) {
      const BundleObservation& o = bundle.observations[at(i)];
      const Vec2 seen = predict(bundle, n.layout, views[at(o.tilt)], at_px, &n.derivatives[at(i)]);
      n.residuals[at(i)] = bundle.whitening.whitened(o.position_px - seen);
      whiten(bundle.whitening, n.layout, n.derivatives[at(i)]);
      if (o.weight > 0.0)
        add_observation(bundle, o, n.derivatives[at(i)], n.residuals[at(i)], n, v, g);
    }
    const Matrix3d root_inverse = Cholesky(v).inverse_of_root();
    n.point_inverse[p] = root_inverse.transpose() * root_inverse;
    n.point_right_side[p] = g;
    const auto block = n.coupling.middleCols<3>(static_cast<Eigen::Index>(3 * p));
    rooted.middleCols<3>(static_cast<Eigen::Index>(3 * p)) =
        block.lazyProduct(root_inverse.transpose());
    n.right_side -= block.lazyProduct(n.point_inverse[p] * g);
  }
  subtract_square(rooted, n.reduced);
  return n;
}

double cost(const Bundle& bundle) {
  const Layout layout = layout_of(bundle);
  const auto views = views_of(bundle);
  double sum = 0.0;
  for (const BundleObservation& o : bundle.observations) {
    if (o.weight <= 0.0) continue;
    const Vec2 seen =
        predict(bundle, layout, views[at(o.tilt)], bundle.points[at(o.point)].position_px, nullptr);
    const double r = length(bundle.whitening.whitened(o.position_px - seen)) / bundle.sigma(o);
    sum += o.weight * r * r;
  }
  for (const BundlePoint& point : bundle.points) {
    const double r = length(point.position_px + -1.0 * bundle.centre_px);
    sum += point_weight(bundle) * r * r;
  }
  for (std::size_t t = 0; t < bundle.tilts.size(); ++t)
    for (std::size_t k = 0; k < n_own; ++k)
      if (bundle.model.own[k]) {
        const double u = bundle.tilts[t].own[k] / bundle.model.own_sigma_px[k];
        sum += bundle.prior_weight[t][k] * u * u;
      }
  const double beam = bundle.beam_tilt_rad * bundle.radius_px;
  if (layout.beam_tilt >= 0) sum += beam_tilt_weight(bundle) * beam * beam;
  for (int k = layout.first_coefficient; k < layout.first_coefficient + layout.n_coefficients; ++k)
    sum += coefficient_weight(bundle, k) * std::pow(bundle.deformation[at(k)], 2);
  if (layout.dose_scale >= 0) sum += bundle.log_dose_scale * bundle.log_dose_scale;
  return sum;
}

void refine(Bundle& bundle, int max_steps, double tolerance_px) {
  double before = cost(bundle);
  for (int i = 0; i < max_steps; ++i) {
    const Normal n = linearise(bundle);
    const Cholesky solver(n.reduced);
    if (!solver.exists()) return;
    const VectorXd step = solver.solve(n.right_side);
    if (!step.allFinite()) return;
    const bool better = go(bundle, n, step, before);
    if (!better || step.lpNorm<Eigen::Infinity>() < tolerance_px) return;
  }
}

void advance(Bundle& bundle, const Normal& normal, const MatrixXd& covariance) {
  double now = cost(bundle);
  go(bundle, normal, product(covariance, normal.right_side), now);
}

Eigen::MatrixXd covariance_of(const Normal& normal) {
  const Cholesky root(normal.reduced);
  if (root.exists()) return root.inverse();
  const MatrixXd full = normal.reduced.selfadjointView<Eigen::Lower>();
  return pseudo_inverse_of_symmetric(full);
}

LeaveOut leave_out(const Bundle& bundle, const Normal& normal, const MatrixXd& covariance,
                   bool by_track, int max_tracks) {
  LeaveOut result;
  result.squares.assign(bundle.points.size(), 0.0);
  result.weights.assign(bundle.points.size(), 0.0);
  result.errors.resize(bundle.observations.size());
  result.factors.assign(bundle.observations.size(), 0.0);
  std::vector<double> in_tilt(bundle.tilts.size(), 0.0);
  for (const BundleObservation& o : bundle.observations) in_tilt[at(o.tilt)] += o.weight;
  const int n_points = static_cast<int>(bundle.points.size());
  const int stride = std::max(1, n_points / std::max(1, max_tracks));
  double squares = 0.0, white_squares = 0.0, weights = 0.0;
  for (int p = 0; p < n_points; p += stride) {
    // A tilt that is left with one observation says nothing but its shift.
    std::vector<int> chosen;
    for (int i = bundle.points[at(p)].begin; i < bundle.points[at(p)].end; ++i)
      if (bundle.observations[at(i)].weight > 1e-3 &&
          in_tilt[at(bundle.observations[at(i)].tilt)] > 1.9)
        chosen.push_back(i);
    if (chosen.size() < 3) continue;
    TrackHat hat = hat_of(bundle, normal, covariance, p, chosen);
    VectorXd errors = hat.residuals;
    if (by_track) {
      MatrixXd rest = -hat.tilts;
      rest.diagonal().array() += 1.0 + 1e-9;
      errors = Cholesky(rest).solve(hat.residuals);
    }
    for (std::size_t k = 0; k < chosen.size(); ++k) {
      const auto row = static_cast<Eigen::Index>(2 * k);
      const BundleObservation& o = bundle.observations[at(chosen[k])];
      const Eigen::Matrix2d own = hat.point.block<2, 2>(row, row);
      Eigen::Matrix2d keep = Eigen::Matrix2d::Identity() - own;
      const double factor = o.weight * std::max(0.0, 0.5 * keep.trace());
      if (!by_track) keep -= hat.tilts.block<2, 2>(row, row);
      keep.diagonal().array() += 1e-6;
      const Eigen::Vector2d e = keep.inverse() * errors.segment<2>(row);
      const double to_px = bundle.sigma(o) / std::sqrt(o.weight);
      const Vec2 white{to_px * e.x(), to_px * e.y()};
      const Vec2 error = bundle.whitening.in_px(white);
      const double square = white.x * white.x + white.y * white.y;
      result.errors[at(chosen[k])] = error;
      result.factors[at(chosen[k])] = factor;
      result.squares[at(p)] += factor * square / (o.sigma_px * o.sigma_px);
      result.weights[at(p)] += factor / (o.sigma_px * o.sigma_px);
      squares += factor * (error.x * error.x + error.y * error.y);
      white_squares += factor * square;
      weights += factor;
    }
  }
  if (weights > 0.0) {
    result.rms_px = std::sqrt(squares / weights);
    result.white_rms_px = std::sqrt(white_squares / weights);
  }
  return result;
}

}  // namespace gimbal::tilt
