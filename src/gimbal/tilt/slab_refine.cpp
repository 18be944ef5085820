// SPDX-License-Identifier: GPL-3.0-or-later
// Newton steps on all parameters of all tilts. A change of parameters moves the content of a plane
// view by delta(x) = J(x) theta, linear in the position x; the gradient of the likelihood is
// sum_x u(x) J(x)^T grad e(x) with u = C^-1 e, and its information that of the shifts, averaged
// over the field with J on both sides.
#include "gimbal/core/parallel.h"
#include "gimbal/core/units.h"
#include "gimbal/num/linear.h"
#include "gimbal/tilt/slab_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace gimbal::tilt {
namespace {

// Shift in the plane (2, px) and rotation (rad). Motions that also stretch the picture
// (magnification, tilt angle) are not measured here: by stretching, any picture agrees better with
// any other.
constexpr int n_own = 3;
using OwnMatrix = Eigen::Matrix<double, 2, n_own>;

// J(x, y) = constant + x by_x + y by_y.
struct Motion {
  OwnMatrix constant = OwnMatrix::Zero(), by_x = OwnMatrix::Zero(), by_y = OwnMatrix::Zero();
};

Motion motion_of(const Projection& projection) {
  const PlaneView view(projection);
  Motion motion;
  motion.constant(0, 0) = motion.constant(1, 1) = -1.0;
  const auto set = [&](int parameter, Vec2 image_x, Vec2 image_y) {
    const Vec2 x = view.to_plane(image_x), y = view.to_plane(image_y);
    motion.by_x(0, parameter) = -x.x, motion.by_x(1, parameter) = -x.y;
    motion.by_y(0, parameter) = -y.x, motion.by_y(1, parameter) = -y.y;
  };
  set(2, {-view.a10, view.a00}, {-view.a11, view.a01});  // a quarter turn
  return motion;
}

Image<float> in_space(const Image<cfloat>& spectrum, const Fft2d& fft) {
  Image<float> picture(fft.size().nx, fft.size().ny);
  fft.backward(spectrum, picture);
  return picture;
}

// The part of a spectrum that the band holds, times factor(kx, ky, row).
template <typename F>
Image<cfloat> in_band(const Image<cfloat>& spectrum, const SlabLevel& level, F factor) {
  const int n = level.grid.n;
  const double period = level.grid.period_px(), high = level.band.highest * period,
               low = level.band.lowest * period;
  Image<cfloat> result(n / 2 + 1, n);
  for (int row = 0; row < n; ++row)
    for (int kx = 0; kx < n / 2; ++kx) {
      const double k = std::hypot(kx, signed_frequency(row, n));
      if (k >= low && k <= high) result(kx, row) = factor(kx, row) * spectrum(kx, row);
    }
  return result;
}

// Measured and predicted view behind the same window: a strong object at the rim of only one of
// them would pull.
Image<cfloat> behind_window(const Image<cfloat>& spectrum, const SlabLevel& level,
                            const Image<float>& window, const Fft2d& fft) {
  Image<float> picture = in_space(in_band(spectrum, level, [](int, int) { return 1.0F; }), fft);
  const int n = level.grid.n;
  const float scale = 1.0F / (static_cast<float>(n) * static_cast<float>(n));
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x) picture(x, y) *= scale * window(x, y);
  Image<cfloat> result(n / 2 + 1, n);
  fft.forward(picture, result);
  return result;
}

struct TiltGradient {
  Eigen::Matrix<double, n_own, 1> value;
  double mean_x2 = 0.0, mean_y2 = 0.0;  // of the positions that count, px^2
  double share = 0.0;                   // of the information of the whole picture
};

// sum_x u g, sum_x u g x and sum_x u g y of one row.
struct RowMoments {
  double plain = 0.0, by_x = 0.0;
};
RowMoments row_moments(const float* u, const float* slope, int n, double step_px) {
  RowMoments m;
  for (int i = 0; i < n; ++i) {
    const double product = static_cast<double>(u[i]) * slope[i];
    m.plain += product;
    m.by_x += product * (i - n / 2) * step_px;
  }
  return m;
}

}  // namespace

ScorePictures score_pictures(const SlabLevel& level, const SlabSpectra& spectra,
                             const SlabEvaluation& e, const Projection& projection, std::size_t i,
                             const Fft2d& fft) {
  ScorePictures pictures;
  pictures.window = comparison_window(level.stack, projection, level.grid);
  Image<cfloat> predicted = e.predicted[i].clone();
  complete_first_column(predicted);
  const auto p = behind_window(predicted, level, pictures.window, fft),
             m = behind_window(spectra.values[i], level, pictures.window, fft);
  const int n = level.grid.n;
  pictures.prediction =
      in_space(in_band(p, level,
                       [&](int kx, int row) {
                         const bool mirrored = kx == 0 && row > n / 2;
                         return -(mirrored ? e.precision[i](0, n - row) : e.precision[i](kx, row));
                       }),
               fft);
  const auto turn = static_cast<float>(2.0 * std::numbers::pi / level.grid.period_px());
  pictures.slope_x = in_space(
      in_band(m, level, [&](int kx, int) { return cfloat(0.0F, turn * static_cast<float>(kx)); }),
      fft);
  pictures.slope_y =
      in_space(in_band(m, level,
                       [&](int, int row) {
                         return cfloat(0.0F, turn * static_cast<float>(signed_frequency(row, n)));
                       }),
               fft);
  return pictures;
}

namespace {

TiltGradient tilt_gradient(const SlabLevel& level, const SlabSpectra& spectra,
                           const SlabEvaluation& e, const Projection& projection,
                           const Motion& motion, std::size_t i, const Fft2d& fft) {
  const ScorePictures pictures = score_pictures(level, spectra, e, projection, i, fft);
  const auto &u = pictures.prediction, &dx = pictures.slope_x, &dy = pictures.slope_y,
             &window = pictures.window;
  const int n = level.grid.n;
  Eigen::Vector2d plain = Eigen::Vector2d::Zero(), by_x = plain, by_y = plain;
  double weight = 0.0, x2 = 0.0, y2 = 0.0;
  for (int row = 0; row < n; ++row) {
    const double y = (row - n / 2) * level.grid.step_px;
    const RowMoments a = row_moments(u.row(row), dx.row(row), n, level.grid.step_px),
                     b = row_moments(u.row(row), dy.row(row), n, level.grid.step_px);
    plain += Eigen::Vector2d(a.plain, b.plain);
    by_x += Eigen::Vector2d(a.by_x, b.by_x);
    by_y += y * Eigen::Vector2d(a.plain, b.plain);
    for (int column = 0; column < n; ++column) {
      const double w = std::pow(static_cast<double>(window(column, row)), 2);
      const double x = (column - n / 2) * level.grid.step_px;
      weight += w, x2 += w * x * x, y2 += w * y * y;
    }
  }
  const double area = static_cast<double>(n) * n, scale = spectra.share / area;
  TiltGradient result;
  result.value = scale * (motion.constant.transpose() * plain + motion.by_x.transpose() * by_x +
                          motion.by_y.transpose() * by_y);
  result.share = weight / area / spectra.share;
  if (weight > 0.0) result.mean_x2 = x2 / weight, result.mean_y2 = y2 / weight;
  return result;
}

Eigen::MatrixXd information_of(const SlabEvaluation& e, const std::vector<Motion>& motions,
                               const std::vector<TiltGradient>& gradients) {
  const auto n = static_cast<Eigen::Index>(motions.size());
  Eigen::MatrixXd total = Eigen::MatrixXd::Zero(n_own * n, n_own * n);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j) {
      const auto a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j);
      const Eigen::Matrix2d f = std::sqrt(gradients[a].share * gradients[b].share) *
                                e.information.block<2, 2>(2 * i, 2 * j);
      const double x2 = std::sqrt(gradients[a].mean_x2 * gradients[b].mean_x2),
                   y2 = std::sqrt(gradients[a].mean_y2 * gradients[b].mean_y2);
      total.block<n_own, n_own>(n_own * i, n_own * j) =
          motions[a].constant.transpose() * f * motions[b].constant +
          x2 * motions[a].by_x.transpose() * f * motions[b].by_x +
          y2 * motions[a].by_y.transpose() * f * motions[b].by_y;
    }
  return total;
}

struct Step {
  Eigen::VectorXd change;
  Eigen::VectorXd variance;
};

// `deviations`: rotations from their mean, of which the prior has the given width.
Step newton_step(const Eigen::MatrixXd& data, const std::vector<TiltGradient>& gradients,
                 const std::vector<double>& deviations_rad, double width_rad) {
  const auto n = static_cast<Eigen::Index>(gradients.size());
  Eigen::MatrixXd information = data;
  Eigen::VectorXd gradient(n_own * n);
  const double precision = 1.0 / (width_rad * width_rad), ridge = 1e-7 * data(0, 0) + 1e-12;
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto at = static_cast<std::size_t>(i);
    gradient.segment<n_own>(n_own * i) = gradients[at].value;
    gradient(n_own * i + 2) -= precision * deviations_rad[at];
    information(n_own * i + 2, n_own * i + 2) += precision;
    for (Eigen::Index a = 0; a < 2; ++a) information(n_own * i + a, n_own * i + a) += ridge;
  }
  const Eigen::MatrixXd covariance = inverse_of_symmetric(information);
  return {product(covariance, gradient), covariance.diagonal()};
}

double mean_rotation_deg(const SlabState& state) {
  double sum = 0.0;
  for (const int t : state.tilts) sum += state.projections[static_cast<std::size_t>(t)].z_rot_deg;
  return sum / static_cast<double>(state.tilts.size());
}

// Applies the step; the width of the prior that explains what was found.
double apply(const Step& step, const SlabLevel& level, double mean_deg, SlabState& state) {
  const double limit = 0.25 / level.band.highest;
  double squares = 0.0;
  for (std::size_t i = 0; i < state.tilts.size(); ++i) {
    auto& p = state.projections[static_cast<std::size_t>(state.tilts[i])];
    const auto at = static_cast<Eigen::Index>(i) * n_own;
    p.shift_px =
        p.shift_px + PlaneView(p).to_image({std::clamp(step.change(at), -limit, limit),
                                            std::clamp(step.change(at + 1), -limit, limit)});
    p.z_rot_deg += deg_from_rad(std::clamp(step.change(at + 2), -0.01, 0.01));
    const double deviation = rad_from_deg(p.z_rot_deg - mean_deg);
    squares += deviation * deviation + step.variance(at + 2);
  }
  return std::clamp(std::sqrt(squares / static_cast<double>(state.tilts.size())), 1e-4, 0.02);
}

}  // namespace

SlabEvaluation refine_all(const SlabLevel& level, SlabState& state, int steps) {
  const Fft2d fft({level.grid.n, level.grid.n});
  double width_rad = rad_from_deg(0.1);
  SlabEvaluation result;
  for (int step = 0; step <= steps; ++step) {
    const auto spectra = slab_spectra(level.stack, state.projections, state.tilts, level.grid);
    const auto signal = measured_signal(spectra, state.thickness_px, level.band);
    result = evaluate(spectra, signal, state.thickness_px, level.band);
    if (step == steps) break;
    const double mean_deg = mean_rotation_deg(state);
    std::vector<Motion> motions;
    std::vector<double> deviations_rad;
    for (const int t : state.tilts) {
      const auto& p = state.projections[static_cast<std::size_t>(t)];
      motions.push_back(motion_of(p));
      deviations_rad.push_back(rad_from_deg(p.z_rot_deg - mean_deg));
    }
    std::vector<TiltGradient> gradients(motions.size());
    parallel_for(spectra.count(), [&](int i) {
      const auto at = static_cast<std::size_t>(i);
      gradients[at] = tilt_gradient(level, spectra, result,
                                    state.projections[static_cast<std::size_t>(state.tilts[at])],
                                    motions[at], at, fft);
    });
    const auto found = newton_step(information_of(result, motions, gradients), gradients,
                                   deviations_rad, width_rad);
    width_rad = apply(found, level, mean_deg, state);
  }
  return result;
}

}  // namespace gimbal::tilt
