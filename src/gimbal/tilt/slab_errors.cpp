// SPDX-License-Identifier: GPL-3.0-or-later
// Standard errors that do not believe in the model: I^-1 G I^-1 ("sandwich") with the information I
// of the model and the measured scatter G of the gradient.
#include "gimbal/core/parallel.h"
#include "gimbal/tilt/slab_search.h"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

constexpr double strip_A = 350.0;  // wider than most particles, so that strips are independent
constexpr int fewest_strips = 4, most_strips = 24;

// Gradient of each strip (columns) with the shifts of all tilts (rows), times the window's share.
struct StripGradients {
  Eigen::MatrixXd values;
  double share = 0.0;  // of the field that the windows leave
};

StripGradients strip_gradients(const SlabLevel& level, const SlabState& state,
                               const SlabSpectra& spectra, const SlabEvaluation& e) {
  const int n = level.grid.n, tilts = spectra.count();
  const double height_A = level.grid.period_px() * level.stack.full_pixel_A;
  const int strips = std::clamp(static_cast<int>(height_A / strip_A), fewest_strips, most_strips);
  StripGradients g;
  g.values = Eigen::MatrixXd::Zero(2 * tilts, strips);
  const double area = static_cast<double>(n) * n;
  std::vector<double> shares(static_cast<std::size_t>(tilts));
  const Fft2d fft({n, n});
  parallel_for(tilts, [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    const auto& projection = state.projections[static_cast<std::size_t>(spectra.tilts[at])];
    const ScorePictures pictures = score_pictures(level, spectra, e, projection, at, fft);
    for (int row = 0; row < n; ++row) {
      double x = 0.0, y = 0.0, weight = 0.0;
      for (int column = 0; column < n; ++column) {
        const auto u = static_cast<double>(pictures.prediction(column, row));
        const auto w = static_cast<double>(pictures.window(column, row));
        x += u * pictures.slope_x(column, row);
        y += u * pictures.slope_y(column, row);
        weight += w * w;
      }
      const int strip = row * strips / n;
      g.values(2 * i, strip) += spectra.share / area * x;
      g.values(2 * i + 1, strip) += spectra.share / area * y;
      shares[at] += weight / area / spectra.share;
    }
  });
  for (const double share : shares) g.share += share / tilts;
  return g;
}

// Takes out what a translation of the specimen explains.
Eigen::MatrixXd without_translation(const SlabSpectra& spectra) {
  const int n = spectra.count();
  Eigen::MatrixXd motions = Eigen::MatrixXd::Zero(2 * n, 3);
  for (int i = 0; i < n; ++i) {
    const PlaneView& view = spectra.views[static_cast<std::size_t>(i)];
    motions(2 * i, 0) = motions(2 * i + 1, 1) = 1.0;
    motions(2 * i, 2) = view.tx, motions(2 * i + 1, 2) = view.ty;
  }
  Eigen::Matrix3d squares = motions.transpose() * motions;
  squares.diagonal().array() *= 1.0 + 1e-9;
  return Eigen::MatrixXd::Identity(2 * n, 2 * n) -
         motions * squares.ldlt().solve(motions.transpose());
}

}  // namespace

Eigen::MatrixXd shift_covariance(const SlabLevel& level, const SlabState& state,
                                 const SlabEvaluation& e) {
  const auto spectra = slab_spectra(level.stack, state.projections, state.tilts, level.grid);
  const Eigen::Index n = 2 * spectra.count();
  Eigen::MatrixXd information = e.information;
  information.diagonal().array() += 1e-7 * information.diagonal().maxCoeff() + 1e-12;
  const Eigen::LDLT<Eigen::MatrixXd> factor(information);
  const Eigen::MatrixXd clean = without_translation(spectra);
  StripGradients g = strip_gradients(level, state, spectra, e);
  const auto strips = static_cast<double>(g.values.cols());
  g.values.colwise() -= g.values.rowwise().mean().eval();
  const Eigen::MatrixXd moved = clean * factor.solve(g.values);
  const Eigen::MatrixXd measured =
      strips / (strips - 1.0) / std::max(0.05, g.share) * moved * moved.transpose();
  Eigen::MatrixXd covariance =
      clean * factor.solve(Eigen::MatrixXd::Identity(n, n)) * clean.transpose();
  // Few strips scatter: neither is believed where the other says that errors are larger.
  for (Eigen::Index i = 0; i < n; ++i) {
    const double ratio = measured(i, i) / std::max(1e-30, covariance(i, i));
    if (ratio <= 1.0) continue;
    covariance.row(i) *= std::sqrt(ratio);
    covariance.col(i) *= std::sqrt(ratio);
  }
  return covariance;
}

}  // namespace gimbal::tilt
