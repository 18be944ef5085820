// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/local_model.h"

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index n_rows = 2 * n_space, n_free = 2;  // the constant terms are free: no prior

struct Prior {
  double linear, quadratic;  // variances
  MatrixXd time;             // n_model x n_model, trace = n_model
  double variance(Index local_row) const {
    return local_row < 2 * (n_linear_end - 1) ? linear : quadratic;
  }
};

// The local terms with the constant ones integrated out.
struct Reduced {
  MatrixXd information;  // 10 x 10
  MatrixXd estimate;     // 10 x n_model: maximum likelihood
};

Reduced reduced(const LocalEvidence& evidence, Index n_model) {
  const auto& m = evidence.information;
  const MatrixXd estimate = evidence.at + m.ldlt().solve(evidence.gradient.leftCols(n_model));
  const Index n = n_rows - n_free;
  Reduced result;
  result.information =
      m.bottomRightCorner(n, n) -
      m.bottomLeftCorner(n, n_free) *
          m.topLeftCorner(n_free, n_free).ldlt().solve(m.topRightCorner(n_free, n));
  result.estimate = estimate.bottomRows(n);
  return result;
}

VectorXd stacked(const MatrixXd& m) {
  return Eigen::Map<const VectorXd>(m.data(), m.size());
}  // by columns (time)

// Block matrix over (time, row): kron(left, right).
MatrixXd kron(const MatrixXd& left, const MatrixXd& right) {
  MatrixXd result(left.rows() * right.rows(), left.cols() * right.cols());
  for (Index i = 0; i < left.rows(); ++i)
    for (Index j = 0; j < left.cols(); ++j)
      result.block(i * right.rows(), j * right.cols(), right.rows(), right.cols()) =
          left(i, j) * right;
  return result;
}

MatrixXd prior_covariance(const Prior& prior, Index n) {
  VectorXd variances(n);
  for (Index r = 0; r < n; ++r) variances(r) = prior.variance(r);
  return kron(prior.time, variances.asDiagonal().toDenseMatrix());
}

struct Posterior {
  VectorXd mean;
  MatrixXd covariance;
};

// With C the prior covariance and M the information of the estimate z: mean = C (C + M^-1)^-1 z.
Posterior posterior(const MatrixXd& prior, const MatrixXd& noise, const VectorXd& estimate) {
  const Eigen::LDLT<MatrixXd> total(prior + noise);
  const MatrixXd gain = total.solve(prior).transpose();
  return {gain * estimate, prior - gain * prior};
}

void update_prior(const Posterior& p, Index n, Index n_model, Prior& prior) {
  const MatrixXd moments = p.mean * p.mean.transpose() + p.covariance;
  const MatrixXd time_inverse =
      (prior.time + 1e-9 * MatrixXd::Identity(n_model, n_model)).inverse();
  double linear = 0, quadratic = 0, n_linear = 0, n_quadratic = 0;
  MatrixXd time = MatrixXd::Zero(n_model, n_model);
  for (Index r = 0; r < n; ++r) {
    MatrixXd own(n_model, n_model);
    for (Index s = 0; s < n_model; ++s)
      for (Index t = 0; t < n_model; ++t) own(s, t) = moments(s * n + r, t * n + r);
    const double amount = (own * time_inverse).trace() / static_cast<double>(n_model);
    const bool is_linear = r < 2 * (n_linear_end - 1);
    (is_linear ? linear : quadratic) += amount;
    (is_linear ? n_linear : n_quadratic) += 1.0;
    time += own / std::max(prior.variance(r), 1e-12) / static_cast<double>(n);
  }
  prior.linear = linear / n_linear;
  prior.quadratic = quadratic / n_quadratic;
  prior.time = time * (static_cast<double>(n_model) / time.trace());
}

double log_evidence(const MatrixXd& covariance, const VectorXd& z) {
  const Eigen::LDLT<MatrixXd> ldlt(covariance);
  return -0.5 * (z.dot(ldlt.solve(z)) + ldlt.vectorD().array().abs().max(1e-300).log().sum());
}

// Mean square of the estimates in time functions that smooth motion does not need, in units of
// their expected variance: 1 when the noise is as assumed.
double noise_inflation(const LocalEvidence& evidence, Index n_model) {
  const Index n_spare = evidence.gradient.cols() - n_model;
  if (n_spare < 1) return 1.0;
  const MatrixXd spare = evidence.gradient.rightCols(n_spare);
  const double chi2 = (spare.array() * evidence.information.ldlt().solve(spare).array()).sum();
  return std::max(1.0, chi2 / static_cast<double>(n_rows * n_spare));
}

}  // namespace

std::array<double, n_space> space_functions(PatchPosition at) {
  const double linear = std::sqrt(12.0), quadratic = std::sqrt(180.0);
  return {1.0,
          linear * at.u,
          linear * at.v,
          quadratic * (at.u2 - 1.0 / 12.0),
          quadratic * (at.v2 - 1.0 / 12.0),
          12.0 * at.u * at.v};
}

TimeFunctions::TimeFunctions(const std::vector<double>& times)
    : n_model_(std::min<int>(3, static_cast<int>(times.size()) - 1)) {
  const auto n = static_cast<Index>(times.size());
  values_ = MatrixXd::Zero(n, std::max<Index>(n - 1, 0));
  for (Index t = 0; t + 1 < n; ++t) {
    VectorXd f(n);
    Eigen::Vector3d polynomial = Eigen::Vector3d::Zero();
    for (Index i = 0; i < n; ++i)  // after the cubic, single frames complete the basis
      f(i) = t < n_model_ ? std::pow(times[static_cast<std::size_t>(i)], static_cast<double>(t + 1))
                          : (i == t ? 1.0 : 0.0);
    if (t < n_model_) polynomial(t) = 1.0;
    for (int pass = 0; pass < 2; ++pass) {  // twice is enough (Kahan)
      f.array() -= f.mean();
      for (Index s = 0; s < t; ++s) {
        const double overlap = f.dot(values_.col(s));
        f -= overlap * values_.col(s);
        if (t < n_model_) polynomial -= overlap * polynomial_.col(s);
      }
    }
    const double norm = std::max(f.norm(), 1e-12);
    values_.col(t) = f / norm;
    if (t < n_model_) polynomial_.col(t) = polynomial / norm;
  }
}

LocalPosterior local_posterior(const LocalEvidence& evidence, int n_model_int) {
  constexpr int em_steps = 300;
  constexpr double least_variance = 1e-10;
  const Index n_model = n_model_int, n = n_rows - n_free;
  LocalPosterior result;
  result.noise_inflation = noise_inflation(evidence, n_model);
  const Reduced data = reduced(evidence, n_model);
  const VectorXd z = stacked(data.estimate);
  const MatrixXd noise = kron(MatrixXd::Identity(n_model, n_model),
                              data.information.inverse() * result.noise_inflation);
  const double start = std::max(
      least_variance, data.estimate.squaredNorm() / static_cast<double>(data.estimate.size()));
  Prior prior{start, start, MatrixXd::Identity(n_model, n_model)};
  for (int i = 0; i < em_steps; ++i)
    update_prior(posterior(prior_covariance(prior, n), noise, z), n, n_model, prior);
  const MatrixXd covariance = prior_covariance(prior, n);
  result.log_bayes_factor = log_evidence(covariance + noise, z) - log_evidence(noise, z);
  const VectorXd local = posterior(covariance, noise, z).mean;
  const MatrixXd local_terms = Eigen::Map<const MatrixXd>(local.data(), n, n_model);
  result.promised_gain = 0.5 *
                         (local_terms.array() * (data.information * local_terms).array()).sum() /
                         result.noise_inflation;
  result.mean = LocalCoefficients::Zero(n_rows, n_model);
  result.mean.bottomRows(n) = local_terms;
  // The constant terms that go with it: their conditional maximum.
  const auto& m = evidence.information;
  const MatrixXd full = evidence.at + m.ldlt().solve(evidence.gradient.leftCols(n_model));
  result.mean.topRows(n_free) =
      full.topRows(n_free) +
      m.topLeftCorner(n_free, n_free)
          .ldlt()
          .solve(m.topRightCorner(n_free, n) * (full.bottomRows(n) - result.mean.bottomRows(n)));
  const double frames = static_cast<double>(evidence.gradient.cols() + 1);
  result.rms_px = std::sqrt(local.squaredNorm() / (2.0 * frames));
  return result;
}

LocalMotionModel relion_model(const LocalCoefficients& coefficients, const TimeFunctions& time) {
  LocalMotionModel model;
  const double linear = std::sqrt(12.0), quadratic = std::sqrt(180.0);
  for (int axis = 0; axis < 2; ++axis) {
    auto& out = axis == 0 ? model.x : model.y;
    for (int t = 0; t < time.n_model(); ++t) {
      const auto c = [&](int b) { return coefficients(2 * b + axis, t); };
      // RELION's terms: 1, u, u^2, v, v^2, u v.
      const std::array<double, n_space> space{c(0) - quadratic / 12.0 * (c(3) + c(4)),
                                              linear * c(1),
                                              quadratic * c(3),
                                              linear * c(2),
                                              quadratic * c(4),
                                              12.0 * c(5)};
      const Eigen::Vector3d polynomial = time.polynomial(t);
      for (std::size_t b = 0; b < n_space; ++b)
        for (std::size_t m = 0; m < 3; ++m)
          out[3 * b + m] += space[b] * polynomial(static_cast<Index>(m));
    }
  }
  return model;
}

}  // namespace gimbal
