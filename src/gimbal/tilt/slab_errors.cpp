// SPDX-License-Identifier: GPL-3.0-or-later
// Standard errors that do not believe in the model: I^-1 G I^-1 ("sandwich") with the information I
// of the model and the measured scatter G of the gradient.
#include "gimbal/core/parallel.h"
#include "gimbal/num/fourier.h"
#include "gimbal/num/linear.h"
#include "gimbal/tilt/covariance.h"
#include "gimbal/tilt/slab_search.h"

#include <algorithm>
#include <cmath>
#include <numbers>

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
      // Neighbours share a row, as squares of cosine and sine: hard borders would cut objects.
      const double place = (row + 0.5) * strips / n - 0.5, below = std::floor(place);
      const double rise = std::pow(std::sin(0.5 * std::numbers::pi * (place - below)), 2);
      for (int k = 0; k < 2; ++k) {
        const int strip = std::clamp(static_cast<int>(below) + k, 0, strips - 1);
        const double part = (k == 0 ? 1.0 - rise : rise) * spectra.share / area;
        g.values(2 * i, strip) += part * x;
        g.values(2 * i + 1, strip) += part * y;
      }
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
  Eigen::MatrixXd squares = transposed_product(motions, motions);
  squares.diagonal().array() *= 1.0 + 1e-9;
  return Eigen::MatrixXd::Identity(2 * n, 2 * n) -
         product(motions, solve_symmetric(squares, motions.transpose()));
}

// From px of the planes to px of the images, across and along the axis.
Eigen::MatrixXd by_axis(const SlabSpectra& spectra, const Eigen::MatrixXd& in_planes) {
  const Eigen::Index n = in_planes.rows();
  Eigen::MatrixXd turns = Eigen::MatrixXd::Zero(n, n);
  for (int i = 0; i < spectra.count(); ++i) {
    const PlaneView& view = spectra.views[static_cast<std::size_t>(i)];
    Eigen::Matrix2d to_image, to_axis;
    to_image << view.a00, view.a01, view.a10, view.a11;
    const double turn = std::atan2(-view.a01, view.a11);  // of the axis, the plane's y
    to_axis << std::cos(turn), std::sin(turn), -std::sin(turn), std::cos(turn);
    turns.block<2, 2>(2 * i, 2 * i) = to_axis * to_image;
  }
  return product_transposed(product(turns, in_planes), turns);
}

}  // namespace

Eigen::MatrixXd shift_covariance(const SlabLevel& level, const SlabState& state,
                                 const SlabEvaluation& e) {
  const auto spectra = slab_spectra(level.stack, state.projections, state.tilts, level.grid);
  Eigen::MatrixXd information = e.information;
  information.diagonal().array() += 1e-7 * information.diagonal().maxCoeff() + 1e-12;
  const Eigen::MatrixXd clean = without_translation(spectra),
                        cleaned = product(clean, inverse_of_symmetric(information));
  StripGradients g = strip_gradients(level, state, spectra, e);
  const auto strips = static_cast<double>(g.values.cols());
  g.values.colwise() -= g.values.rowwise().mean().eval();
  const Eigen::MatrixXd moved = product(cleaned, g.values);
  constexpr double overlap = 4.0 / 3.0;  // sum of the squares of such strips' shares: 3/4
  const Eigen::MatrixXd measured = overlap * strips / (strips - 1.0) / std::max(0.05, g.share) *
                                   product_transposed(moved, moved);
  return by_axis(spectra, larger_of(product_transposed(cleaned, clean), measured));
}

void replace_slow(const SlowErrors& slow, Eigen::MatrixXd& covariance) {
  const Eigen::Index n = slow.modes.rows();
  const Eigen::MatrixXd rest =
      Eigen::MatrixXd::Identity(n, n) - product_transposed(slow.modes, slow.modes);
  Eigen::MatrixXd keep = Eigen::MatrixXd::Identity(2 * n, 2 * n);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j) keep(2 * i, 2 * j) = rest(i, j);
  covariance = product_transposed(product(keep, covariance), keep);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j) covariance(2 * i, 2 * j) += slow.covariance(i, j);
}

double variety_of_directions(const SlabLevel& level, const SlabState& state) {
  constexpr double widest_deg = 20.0;  // high tilts have fewer directions
  const SlabSpectra spectra = slab_spectra(level.stack, state.projections, state.tilts, level.grid);
  const auto signal = measured_signal(spectra, state.thickness_px, level.band);
  const SlabEvaluation e = evaluate(spectra, signal, state.thickness_px, level.band);
  const int n = level.grid.n;
  double xx = 0.0, yy = 0.0, xy = 0.0;
  for (std::size_t i = 0; i < state.tilts.size(); ++i) {
    const auto tilt = static_cast<std::size_t>(state.tilts[i]);
    if (std::abs(state.projections[tilt].y_tilt_deg) > widest_deg) continue;
    for (int row = 0; row < n; ++row)
      for (int kx = 1; kx <= n / 2; ++kx) {
        if (e.precision[i](kx, row) <= 0.0F) continue;
        const double ky = signed_frequency(row, n), k2 = kx * kx + ky * ky;
        const double common = static_cast<double>(
            (e.predicted[i](kx, row) * std::conj(spectra.values[i](kx, row))).real());
        xx += common * kx * kx / k2, yy += common * ky * ky / k2, xy += common * kx * ky / k2;
      }
  }
  const double mean = 0.5 * (xx + yy), off = std::hypot(0.5 * (xx - yy), xy);
  return mean > 0.0 ? std::max(0.0, (mean - off) / (mean + off)) : 1.0;
}

}  // namespace gimbal::tilt
