// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/parallel.h"
#include "gimbal/core/random.h"
#include "gimbal/tilt/slab_model.h"

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <functional>
#include <numbers>

namespace gimbal::tilt {
namespace {

using Complex = std::complex<double>;

constexpr double thickness_px = 12.0;
constexpr FrequencyBand band{0.05, 0.3};
const std::vector<double> angles_deg{-24.0, -10.0, 0.0, 7.0, 30.0};

// Numbers that have something in common in all tilts. The axis is y, so that a height depends on kx
// alone, and the signal is the same in all rings: the covariance is that of a whole column.
SlabSpectra spectra_of(int n) {
  SlabSpectra spectra;
  spectra.grid = {n, 1.0};
  spectra.share = 0.8;
  Random random(5);
  Image<cfloat> common(n / 2 + 1, n);
  const auto noise = [&] {
    return cfloat{static_cast<float>(random.normal()), static_cast<float>(random.normal())};
  };
  for (int y = 0; y < n; ++y)
    for (int x = 0; x <= n / 2; ++x) common(x, y) = noise();
  for (std::size_t i = 0; i < angles_deg.size(); ++i) {
    Projection projection;
    projection.y_tilt_deg = angles_deg[i];
    spectra.tilts.push_back(static_cast<int>(i));
    spectra.views.emplace_back(projection);
    spectra.rings.push_back(rings_of(spectra.views.back(), spectra.grid, 0.5));
    auto& values = spectra.values.emplace_back(n / 2 + 1, n);
    for (int y = 0; y < n; ++y)
      for (int x = 0; x <= n / 2; ++x) values(x, y) = 0.5F * (common(x, y) + noise());
  }
  return spectra;
}

SlabSignal signal_of(const SlabSpectra& spectra) {
  SlabSignal signal;
  signal.share.assign(static_cast<std::size_t>(spectra.n_rings()), 0.5);
  signal.gain = {0.7, 1.0, 1.2, 1.1, 0.9};
  return signal;
}

Eigen::MatrixXd naive_covariance(const SlabSpectra& spectra, const SlabSignal& signal, int kx) {
  const auto n = static_cast<Eigen::Index>(angles_deg.size());
  Eigen::MatrixXd c(n, n);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j) {
      const auto a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j);
      const auto height = [&](std::size_t t) {
        return std::tan(rad_from_deg(angles_deg[t])) * kx / spectra.grid.period_px();
      };
      const double x = std::numbers::pi * thickness_px * (height(a) - height(b));
      const double qa = 0.5 * signal.gain[a], qb = 0.5 * signal.gain[b];
      c(i, j) = std::sqrt(qa * qb) * (x == 0.0 ? 1.0 : std::sin(x) / x) + (i == j ? 1.0 - qa : 0.0);
    }
  return c;
}

Eigen::VectorXcd values_at(const SlabSpectra& spectra, int kx, int ky) {
  Eigen::VectorXcd e(static_cast<Eigen::Index>(angles_deg.size()));
  for (std::size_t i = 0; i < angles_deg.size(); ++i)
    e(static_cast<Eigen::Index>(i)) =
        Complex(spectra.values[i](kx, ky < 0 ? ky + spectra.grid.n : ky));
  return e;
}

void for_band(const SlabSpectra& spectra, const std::function<void(int, int)>& f) {
  const int n = spectra.grid.n;
  for (int kx = 0; kx < n / 2; ++kx)
    for (int ky = kx == 0 ? 1 : -n / 2 + 1; ky < n / 2; ++ky) {
      const double k = std::hypot(kx, ky) / spectra.grid.period_px();
      if (k >= band.lowest && k <= band.highest) f(kx, ky);
    }
}

// Moves the content of a tilt by +(x, y) px.
void move(SlabSpectra& spectra, std::size_t tilt, double x, double y) {
  const int n = spectra.grid.n;
  for (int row = 0; row < n; ++row)
    for (int kx = 0; kx <= n / 2; ++kx) {
      const double turns = (kx * x + signed_frequency(row, n) * y) / n;
      const auto factor = std::polar(1.0, -2.0 * std::numbers::pi * turns);
      spectra.values[tilt](kx, row) = cfloat(factor * Complex(spectra.values[tilt](kx, row)));
    }
}

}  // namespace

TEST(Slab, LikelihoodIsThatOfTheDenseModel) {
  const SlabSpectra spectra = spectra_of(40);
  const SlabSignal signal = signal_of(spectra);
  double expected = 0.0;
  for_band(spectra, [&](int kx, int ky) {
    const Eigen::MatrixXd c = naive_covariance(spectra, signal, kx);
    const Eigen::VectorXcd e = values_at(spectra, kx, ky);
    expected -= e.dot(c.inverse().cast<Complex>() * e).real() + std::log(c.determinant());
  });
  expected *= spectra.share;
  const double found = log_likelihood(spectra, signal, thickness_px, band);
  EXPECT_NEAR(found, expected, 1e-5 * std::abs(expected));
  EXPECT_NEAR(evaluate(spectra, signal, thickness_px, band).log_likelihood, expected,
              1e-5 * std::abs(expected));
}

TEST(Slab, PredictionIsThatFromAllOtherTilts) {
  const SlabSpectra spectra = spectra_of(40);
  const SlabSignal signal = signal_of(spectra);
  const SlabEvaluation e = evaluate(spectra, signal, thickness_px, band);
  const auto n = static_cast<Eigen::Index>(angles_deg.size());
  for_band(spectra, [&](int kx, int ky) {
    const Eigen::MatrixXd c = naive_covariance(spectra, signal, kx);
    const Eigen::VectorXcd values = values_at(spectra, kx, ky);
    const int row = ky < 0 ? ky + spectra.grid.n : ky;
    for (Eigen::Index i = 0; i < n; ++i) {
      Eigen::MatrixXd others(n - 1, n - 1);
      Eigen::VectorXd to_others(n - 1);
      Eigen::VectorXcd seen(n - 1);
      const auto other = [&](Eigen::Index a) { return a < i ? a : a + 1; };
      for (Eigen::Index a = 0; a < n - 1; ++a) {
        to_others(a) = c(i, other(a));
        seen(a) = values(other(a));
        for (Eigen::Index b = 0; b < n - 1; ++b) others(a, b) = c(other(a), other(b));
      }
      const Eigen::VectorXd weights = others.inverse() * to_others;
      const Complex expected = weights.cast<Complex>().dot(seen);
      const auto tilt = static_cast<std::size_t>(i);
      EXPECT_NEAR(std::abs(Complex(e.predicted[tilt](kx, row)) - expected), 0.0, 1e-5);
      EXPECT_NEAR(e.precision[tilt](kx, row) * (1.0 - weights.dot(to_others)), 1.0, 1e-5);
    }
  });
}

TEST(Slab, GradientIsThatOfTheLikelihood) {
  const SlabSpectra spectra = spectra_of(40);
  const SlabSignal signal = signal_of(spectra);
  const SlabEvaluation e = evaluate(spectra, signal, thickness_px, band);
  const double scale = e.gradient.norm() / std::sqrt(static_cast<double>(e.gradient.size()));
  for (std::size_t tilt = 0; tilt < angles_deg.size(); ++tilt)
    for (int axis = 0; axis < 2; ++axis) {
      const auto at = [&](double d) {
        SlabSpectra other = spectra_of(40);
        move(other, tilt, axis == 0 ? d : 0.0, axis == 1 ? d : 0.0);
        return log_likelihood(other, signal, thickness_px, band);
      };
      constexpr double h = 0.1;
      const double slope = (8.0 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12.0 * h);
      EXPECT_NEAR(e.gradient(2 * static_cast<Eigen::Index>(tilt) + axis), slope, 0.01 * scale);
    }
}

TEST(Slab, ContentMovesByTurnedPhases) {
  SlabSpectra found = spectra_of(40);
  SlabSpectra expected = found.clone();
  move_content(found, 2, {1.7, -0.6});
  move(expected, 2, 1.7, -0.6);
  for (std::size_t i = 0; i < angles_deg.size(); ++i)
    for (int row = 0; row < 40; ++row)
      for (int kx = 0; kx <= 20; ++kx)
        EXPECT_NEAR(std::abs(found.values[i](kx, row) - expected.values[i](kx, row)), 0.0, 1e-5);
}

// More columns than a tile has lanes, blocks of several rows, views that do not reach all of the
// band: of two views of one angle that know everything of each other, one is the other's
// prediction.
TEST(Slab, ViewsOfOneAngleShareTheirSignal) {
  constexpr int n = 120;
  SlabSpectra spectra;
  spectra.grid = {n, 1.0};
  Random random(7);
  for (std::size_t i = 0; i < 3; ++i) {
    Projection projection;
    projection.y_tilt_deg = i < 2 ? 50.0 : 0.0;
    projection.z_rot_deg = 20.0;
    spectra.tilts.push_back(static_cast<int>(i));
    spectra.views.emplace_back(projection);
    spectra.rings.push_back(rings_of(spectra.views.back(), spectra.grid, 0.5));
    auto& values = spectra.values.emplace_back(n / 2 + 1, n);
    for (int y = 0; y < n; ++y)
      for (int x = 0; x <= n / 2; ++x)
        values(x, y) = {static_cast<float>(random.normal()), static_cast<float>(random.normal())};
  }
  SlabSignal signal;
  signal.share.assign(n, 0.5);
  signal.gain.assign(3, 1.0);
  constexpr double thick_px = 1e6;  // the third shares nothing with the others
  const FrequencyBand wide{0.05, 0.45};
  const SlabEvaluation e = evaluate(spectra, signal, thick_px, wide);
  int reached = 0, beyond = 0;
  for (int kx = 1; kx < n / 2; ++kx)
    for (int ky = -n / 2 + 1; ky < n / 2; ++ky) {
      const int row = spectra.row_of(ky);
      const double k = std::hypot(kx, ky) / n;
      if (k < 0.1 || k > 0.44) continue;
      const bool is_seen = e.precision[0](kx, row) > 0.0F;
      is_seen ? ++reached : ++beyond;
      if (!is_seen) continue;
      EXPECT_NEAR(std::abs(e.predicted[0](kx, row) - 0.5F * spectra.values[1](kx, row)), 0.0, 1e-4);
      EXPECT_NEAR(e.precision[0](kx, row), 1.0 / 0.75, 1e-4);
    }
  EXPECT_GT(reached, 2000);
  EXPECT_GT(beyond, 200);
}

TEST(Slab, MovingAllTiltsTellsNothing) {
  const SlabSpectra spectra = spectra_of(40);
  const Eigen::MatrixXd information =
      evaluate(spectra, signal_of(spectra), thickness_px, band).information;
  const double largest = information.diagonal().maxCoeff();
  EXPECT_GT(information.diagonal().minCoeff(), 0.0);
  EXPECT_LT((information - information.transpose()).cwiseAbs().maxCoeff(), 1e-5 * largest);
  for (Eigen::Index i = 0; i < information.rows(); ++i)
    for (Eigen::Index axis = 0; axis < 2; ++axis) {
      double sum = 0.0;
      for (Eigen::Index j = axis; j < information.cols(); j += 2) sum += information(i, j);
      EXPECT_NEAR(sum, 0.0, 1e-5 * largest) << i;
    }
}

TEST(Slab, CorrelationIsMeasuredTimesPredicted) {
  const SlabSpectra spectra = spectra_of(40);
  const SlabSignal signal = signal_of(spectra);
  const SlabEvaluation e = evaluate(spectra, signal, thickness_px, band);
  const auto found = weighted_correlation(spectra, signal, thickness_px, band, {0, 1, 2, 4, 3});
  for_band(spectra, [&](int kx, int ky) {
    const int row = ky < 0 ? ky + spectra.grid.n : ky;
    const Complex expected = double{e.precision[3](kx, row)} *
                             std::conj(Complex(e.predicted[3](kx, row))) *
                             Complex(spectra.values[3](kx, row));
    EXPECT_NEAR(std::abs(Complex(found(kx, row)) - expected), 0.0, 1e-4);
  });
}

TEST(Slab, ThreadsDoNotChangeTheLikelihood) {
  const SlabSpectra spectra = spectra_of(40);
  const SlabSignal signal = signal_of(spectra);
  SlabEvaluation one, three;
  Arena(1).run([&] { one = evaluate(spectra, signal, thickness_px, band); });
  Arena(3).run([&] { three = evaluate(spectra, signal, thickness_px, band); });
  EXPECT_EQ(one.log_likelihood, three.log_likelihood);
  EXPECT_EQ(one.gradient, three.gradient);
  EXPECT_EQ(one.information, three.information);
}

TEST(Slab, RingsAreFrequenciesInTheImage) {
  Projection projection;
  projection.z_rot_deg = 30.0, projection.y_tilt_deg = 50.0, projection.x_tilt_deg = -4.0;
  const PlaneView view(projection);
  const PlaneGrid grid{48, 2.0};
  const auto rings = rings_of(view, grid, 0.25);
  for (int row = 0; row < 48; ++row)
    for (int kx = 0; kx <= 24; ++kx) {
      const double ky = row > 24 ? row - 48 : row;
      const double k = length(view.image_frequency({kx / 96.0, ky / 96.0}));
      if (std::abs(k - 0.9 * 0.25) < 1e-5) continue;
      const double ring = rings(kx, row);
      if (k < 0.9 * 0.25)
        EXPECT_NEAR(ring, 96.0 * k, 0.5001);
      else
        EXPECT_EQ(ring, -1.0);
    }
}

}  // namespace gimbal::tilt
