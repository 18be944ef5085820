// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/error.h"
#include "gimbal/num/linear.h"
#include "gimbal/tilt/doubt.h"
#include "gimbal/tilt/solve_steps.h"

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

using Eigen::Matrix3d;
using Eigen::MatrixXd;
using Eigen::Vector3d;

std::size_t at(int i) {
  return static_cast<std::size_t>(i);
}

// The motions of the specimen that change no observation, as changes of the tilts' unknowns
// (columns) and of the points: three translations, and, where angles and magnifications are free,
// a rotation about the tilt axis and a scale.
struct GaugeMotions {
  MatrixXd tilts;                        // size x n
  std::vector<Eigen::Matrix3Xd> points;  // 3 x n
  Eigen::VectorXd metric;                // mean square movement in the images
};

// A deformation about another centre: its linear terms take part of the quadratic ones.
void move_deformation(const Bundle& bundle, const Layout& l, MatrixXd& motions) {
  const double r = bundle.radius_px;
  for (int k = 0; k < l.n_coefficients; ++k) {
    const int which = l.first_coefficient + k, row = l.common() + l.deformation + k;
    const double* c = bundle.deformation.data() + which - which % 6;
    if (which % 6 == 0) motions.block<1, 2>(row, 0) << -2.0 * c[2] / r, -c[3] / r;
    if (which % 6 == 1) motions.block<1, 2>(row, 0) << -c[3] / r, -2.0 * c[4] / r;
  }
}

GaugeMotions gauge_motions(const Bundle& bundle, const Normal& normal) {
  const Layout& l = normal.layout;
  const bool turns = l.own[own_tilt] >= 0, scales = l.own[own_magnification] >= 0;
  const int n = 3 + turns + scales;
  GaugeMotions g;
  g.tilts = MatrixXd::Zero(l.size(), n);
  g.metric = Eigen::VectorXd::Zero(l.size());
  const double r = bundle.radius_px;
  const Matrix3d slope = deformation_slope(bundle, {});
  move_deformation(bundle, l, g.tilts);
  for (int t = 0; t < l.n_tilts; ++t) {
    const int first = t * l.per_tilt;
    const TiltView view = view_of(bundle, bundle.tilts[at(t)]);
    g.tilts.block<2, 3>(first, 0) = -view.seen * (Matrix3d::Identity() + view.course * slope);
    g.metric.segment<2>(first).setOnes();
    // Over a square field of half width r, a rotation or a magnification by 1 px at r moves
    // points by 2/3 px^2, a tilt angle by some part of that.
    if (l.own[own_rotation] >= 0) g.metric(first + l.own[own_rotation]) = 0.67;
    if (scales) {
      g.metric(first + l.own[own_magnification]) = 0.67;
      g.tilts(first + l.own[own_magnification], 3 + turns) = r;
    }
    if (turns) {
      g.metric(first + l.own[own_tilt]) = 0.15;
      g.tilts(first + l.own[own_tilt], 3) = r;
    }
  }
  for (const BundlePoint& point : bundle.points) {
    const Vec3 p = point.position_px;
    Eigen::Matrix3Xd m = Eigen::Matrix3Xd::Zero(3, n);
    m.leftCols<3>().setIdentity();
    if (turns) m.col(3) = Vector3d(-p.z, 0.0, p.x);  // minus a rotation about y
    if (scales) m.col(3 + turns) = Vector3d(-p.x, -p.y, -p.z);
    g.points.push_back(m);
  }
  return g;
}

// Standard errors after the best rigid motion of the specimen.
struct Errors {
  MatrixXd tilts;                // covariance of the reduced unknowns
  std::vector<Vector3d> points;  // standard errors
};

Errors errors_of(const Bundle& bundle, const Normal& normal) {
  const MatrixXd c = covariance_of(normal);
  const GaugeMotions g = gauge_motions(bundle, normal);
  const MatrixXd weighted = g.metric.asDiagonal() * g.tilts;  // size x n
  const MatrixXd to_motion = solve_symmetric(transposed_product(g.tilts, weighted),
                                             weighted.transpose());  // n x size
  const MatrixXd c_motion = product_transposed(c, to_motion);        // size x n
  const MatrixXd motion = product(to_motion, c_motion);              // n x n
  const MatrixXd moved = product_transposed(g.tilts, c_motion);
  Errors errors;
  errors.tilts =
      c - moved - moved.transpose() + product_transposed(product(g.tilts, motion), g.tilts);
  for (std::size_t p = 0; p < bundle.points.size(); ++p) {
    const auto b = normal.coupling.middleCols<3>(static_cast<Eigen::Index>(3 * p));
    const MatrixXd v = normal.point_inverse[p], k = g.points[p];
    const MatrixXd c_tp = -product(product(c, b), v);           // size x 3
    const MatrixXd off = product(k, product(to_motion, c_tp));  // 3 x 3
    const MatrixXd m = v - product(v, transposed_product(b, c_tp)) - off - off.transpose() +
                       product_transposed(product(k, motion), k);
    errors.points.emplace_back(m.diagonal().cwiseMax(0.0).cwiseSqrt());
  }
  return errors;
}

Projection standard_error_of(const Bundle& bundle, const Layout& l, const MatrixXd& c, int t) {
  const int first = t * l.per_tilt;
  const double r = bundle.radius_px;
  const auto root = [](double v) { return std::sqrt(std::max(0.0, v)); };
  Projection e;
  e.magnification = 0.0;
  e.shift_px = {root(c(first, first)), root(c(first + 1, first + 1))};
  double rotation = 0.0;
  const int common = l.rotation < 0 ? -1 : l.common() + l.rotation;
  const int own = l.own[own_rotation] < 0 ? -1 : first + l.own[own_rotation];
  if (common >= 0) rotation += c(common, common);
  if (own >= 0) rotation += c(own, own);
  if (common >= 0 && own >= 0) rotation += 2.0 * c(common, own);
  e.z_rot_deg = deg_from_rad(root(rotation) / r);
  if (l.own[own_tilt] >= 0) {
    const int place = first + l.own[own_tilt];
    e.y_tilt_deg = deg_from_rad(root(c(place, place)) / r);
  }
  if (l.own[own_magnification] >= 0) {
    const int place = first + l.own[own_magnification];
    e.magnification = root(c(place, place)) / r;
  }
  return e;
}

// Between the used tilts of the nearest angles.
Projection interpolated(const Alignment& alignment, const AlignedTilt& tilt) {
  const AlignedTilt *below = nullptr, *above = nullptr;
  const double angle = tilt.nominal_tilt_deg;
  for (const AlignedTilt& other : alignment.tilts) {
    if (other.state != TiltState::used) continue;
    const double there = other.nominal_tilt_deg;
    if (there <= angle && (!below || there > below->nominal_tilt_deg)) below = &other;
    if (there >= angle && (!above || there < above->nominal_tilt_deg)) above = &other;
  }
  if (!below) below = above;
  if (!above) above = below;
  const double width = above->nominal_tilt_deg - below->nominal_tilt_deg;
  const double u = width > 0.0 ? (angle - below->nominal_tilt_deg) / width : 0.0;
  const Projection &a = below->projection, &b = above->projection;
  const auto mix = [&](double x, double y) { return (1.0 - u) * x + u * y; };
  Projection p;
  p.x_tilt_deg = mix(a.x_tilt_deg, b.x_tilt_deg);
  p.y_tilt_deg =
      angle + mix(a.y_tilt_deg - below->nominal_tilt_deg, b.y_tilt_deg - above->nominal_tilt_deg);
  p.z_rot_deg = mix(a.z_rot_deg, b.z_rot_deg);
  p.shift_px = (1.0 - u) * a.shift_px + u * b.shift_px;
  p.magnification = mix(a.magnification, b.magnification);
  return p;
}

void write_tilts(const SolveOptions& options, const SolveState& state, const Normal& normal,
                 const Errors& errors, Alignment& result) {
  const Bundle& bundle = state.bundle;
  for (const DroppedTilt& dropped : state.dropped) {
    result.tilts[at(dropped.index)].state = TiltState::excluded;
    result.tilts[at(dropped.index)].reason = dropped.reason;
  }
  std::vector<double> squares(bundle.tilts.size(), 0.0), weights(bundle.tilts.size(), 0.0);
  std::vector<int> count(bundle.tilts.size(), 0);
  for (std::size_t i = 0; i < bundle.observations.size(); ++i) {
    const BundleObservation& o = bundle.observations[i];
    const double r = length(bundle.whitening.in_px(normal.residuals[i]));
    squares[at(o.tilt)] += o.weight * r * r;
    weights[at(o.tilt)] += o.weight;
    ++count[at(o.tilt)];
  }
  for (std::size_t t = 0; t < bundle.tilts.size(); ++t) {
    AlignedTilt& tilt = result.tilts[at(bundle.tilts[t].index)];
    const double near = options.axis_known ? tilt.projection.z_rot_deg : 0.0;
    tilt.projection = projection_of(bundle, bundle.tilts[t]);
    if (!options.axis_known ||
        std::abs(std::remainder(tilt.projection.z_rot_deg - near, 360.0)) < 90)
      tilt.projection.z_rot_deg = near + std::remainder(tilt.projection.z_rot_deg - near, 360.0);
    tilt.standard_error =
        standard_error_of(bundle, normal.layout, errors.tilts, static_cast<int>(t));
    tilt.residual_px = weights[t] > 0.0 ? std::sqrt(squares[t] / weights[t]) : 0.0;
    tilt.reason.clear();
    if (count[t] == 1) tilt.reason = "only one track is seen in this tilt: its shift is unchecked";
  }
  for (AlignedTilt& tilt : result.tilts)
    if (tilt.state != TiltState::used) {
      tilt.projection = interpolated(result, tilt);
      tilt.standard_error = {};
      tilt.standard_error.magnification = 0.0;
      tilt.residual_px = 0.0;
    }
}

void write_tracks(const SolveState& state, const Normal& normal, const Errors& errors,
                  Alignment& result) {
  const Bundle& bundle = state.bundle;
  for (Track& track : result.tracks)
    for (Observation& o : track.observations) {
      o.weight = 0.0;
      o.residual_px = {};
    }
  double squares = 0.0, weights = 0.0;
  for (std::size_t p = 0; p < bundle.points.size(); ++p) {
    const BundlePoint& point = bundle.points[p];
    Track& track = result.tracks[at(bundle.observations[at(point.begin)].track)];
    track.point_px = point.position_px;
    track.standard_error_px = {errors.points[p].x(), errors.points[p].y(), errors.points[p].z()};
    for (int i = point.begin; i < point.end; ++i) {
      const BundleObservation& o = bundle.observations[at(i)];
      Observation& observation = track.observations[at(o.place)];
      observation.weight = o.weight;
      observation.residual_px = bundle.whitening.in_px(normal.residuals[at(i)]);
      const double r = length(observation.residual_px);
      squares += o.weight * r * r;
      weights += o.weight;
    }
  }
  result.residual_px = weights > 0.0 ? std::sqrt(squares / weights) : 0.0;
}

void judge(const SolveOptions& options, const SolveState& state, Alignment& result) {
  const Bundle& bundle = state.bundle;
  const auto doubt = [&](Verdict verdict, std::string note) {
    add_doubt(result, verdict, std::move(note));
  };
  if (!state.axis_doubt.empty()) doubt(Verdict::warn, state.axis_doubt);
  const double error_A = result.leave_out_px / std::sqrt(2.0) * result.pixel_A;
  // No measurement is better than some part of a pixel.
  constexpr double fair_px = 0.3;
  const double warn_A = std::max(options.warn_leave_out_A, fair_px * result.pixel_A),
               fail_A = std::max(options.fail_leave_out_A, 2.5 * fair_px * result.pixel_A);
  if (error_A > warn_A)
    doubt(error_A > fail_A ? Verdict::fail : Verdict::warn,
          fmt::format("The leave-out error is {:.1f} A per axis, above {:.3g} A.", error_A,
                      error_A > fail_A ? fail_A : warn_A));
  if (bundle.points.size() < 3)
    doubt(Verdict::warn,
          fmt::format("Only {} good track(s): angles and magnifications are the given ones, and "
                      "errors can hardly be seen.",
                      bundle.points.size()));
  double rejected = 0.0;
  for (const BundleObservation& o : bundle.observations) rejected += o.weight < 0.3;
  rejected /= static_cast<double>(bundle.observations.size());
  if (rejected > 0.2)
    doubt(rejected > 0.4 ? Verdict::fail : Verdict::warn,
          fmt::format("{:.0f} % of the observations do not agree with the alignment.",
                      100.0 * rejected));
  if (state.n_tracks_dropped > 0)
    result.notes.push_back(fmt::format("{} of {} tracks do not agree with the others.",
                                       state.n_tracks_dropped, state.n_tracks_given));
  if (state.dropped.size() * 5 > bundle.tilts.size())
    doubt(Verdict::warn, fmt::format("{} tilts could not be placed.", state.dropped.size()));
  double low = bundle.tilts.front().angle_rad, high = low;
  for (const BundleTilt& tilt : bundle.tilts) {
    low = std::min(low, tilt.angle_rad);
    high = std::max(high, tilt.angle_rad);
  }
  if (deg_from_rad(high - low) < 20.0)
    doubt(Verdict::warn, fmt::format("The tilts span {:.0f} degrees: depths and the tilt axis are "
                                     "poorly known.",
                                     deg_from_rad(high - low)));
}

}  // namespace

Alignment result_of(const Alignment& start, const SolveOptions& options, SolveState& state) {
  Alignment result = start;
  const Normal normal = linearise(state.bundle);
  Errors errors = errors_of(state.bundle, normal);
  errors.tilts *= options.redundancy;
  state.leave_out = leave_out(state.bundle, normal, covariance_of(normal), state.by_track,
                              static_cast<int>(state.bundle.points.size()));
  result.leave_out_px = state.leave_out.rms_px;
  result.deformation = deformation_of(state.bundle);
  result.notes.insert(result.notes.end(), state.notes.begin(), state.notes.end());
  result.verdict = Verdict::pass;
  write_tilts(options, state, normal, errors, result);
  write_tracks(state, normal, errors, result);
  judge(options, state, result);
  return result;
}

}  // namespace gimbal::tilt
