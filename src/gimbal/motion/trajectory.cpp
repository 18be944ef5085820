// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/trajectory.h"

#include "gimbal/core/parallel.h"
#include "gimbal/num/linear.h"

#include <Eigen/LU>

#include <algorithm>
#include <array>
#include <cmath>

namespace gimbal {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

// One hypothesis on how the specimen moves. Amounts are variances relative to the measuring error.
struct Hypothesis {
  double walk = 0;      // variance of a random step from one frame to the next
  double drift = 0;     // variance of the change of velocity from one frame to the next
  double jitter = 0;    // variance of each frame's own, unrelated displacement
  double settling = 0;  // > 0: time runs as log(1 + t / settling), so motion is fast at first
};

double warped(double t, double settling) {
  return settling > 0.0 ? settling * std::log1p(t / settling) : t;
}

// At warped times.
double covariance(const Hypothesis& h, double a, double b, bool same_frame) {
  const double s = std::min(a, b), t = std::max(a, b);
  return h.walk * s + h.drift * (s * s * t / 2.0 - s * s * s / 6.0) + (same_frame ? h.jitter : 0.0);
}

std::vector<Hypothesis> hypotheses(int n) {
  const std::vector<double> amounts{0.0, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0};
  std::vector<Hypothesis> all;
  for (double settling : n >= 5 ? std::vector<double>{0.0, 2.0} : std::vector<double>{0.0})
    for (double walk : amounts)
      for (double drift : amounts)
        for (double jitter : {0.0, 1.0, 10.0, 100.0})
          all.push_back({walk, drift, jitter, settling});
  return all;
}

// What a hypothesis says: its log evidence (constant and linear trend integrated out) and its
// predictions.
struct Answer {
  double log_evidence = 0;
  MatrixXd predicted;  // wanted x 2
};

Answer answer(const Hypothesis& h, const std::vector<double>& times, const MatrixXd& y,
              const std::vector<double>& wanted) {
  const auto n = static_cast<Eigen::Index>(times.size()),
             m = static_cast<Eigen::Index>(wanted.size());
  MatrixXd v(n, n), k(m, n), trend(n, 2), trend_wanted(m, 2);
  VectorXd at(n), at_wanted(m);
  for (Eigen::Index i = 0; i < n; ++i)
    at(i) = warped(times[static_cast<std::size_t>(i)], h.settling);
  for (Eigen::Index i = 0; i < m; ++i)
    at_wanted(i) = warped(wanted[static_cast<std::size_t>(i)], h.settling);
  const auto same = [&](Eigen::Index i, Eigen::Index j) {
    return std::abs(wanted[static_cast<std::size_t>(i)] - times[static_cast<std::size_t>(j)]) <
           1e-9;
  };
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j)
      v(i, j) = covariance(h, at(i), at(j), i == j) + (i == j ? 1.0 : 0.0);
    trend.row(i) << 1.0, at(i);
  }
  for (Eigen::Index i = 0; i < m; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) k(i, j) = covariance(h, at_wanted(i), at(j), same(i, j));
    trend_wanted.row(i) << 1.0, at_wanted(i);
  }
  const Cholesky cholesky(v);
  const MatrixXd v_trend = cholesky.solve(trend);
  const Eigen::Matrix2d information = transposed_product(trend, v_trend);
  const MatrixXd coefficients = solve_symmetric(information, transposed_product(v_trend, y));
  const MatrixXd residual = y - product(trend, coefficients);
  const MatrixXd v_residual = cholesky.solve(residual);
  Answer result;
  const double log_det = cholesky.log_determinant();
  // Relative to the trend's own scale, so that different trends can be compared.
  const Eigen::Matrix2d trend_scale = transposed_product(trend, trend);
  const double log_det_trend =
      std::log(std::max(information.determinant(), 1e-300) / trend_scale.determinant());
  // Both axes (columns of y) speak on the same hypothesis.
  result.log_evidence =
      -0.5 * ((residual.array() * v_residual.array()).sum() + 2.0 * (log_det + log_det_trend));
  result.predicted = product(trend_wanted, coefficients) + product(k, v_residual);
  return result;
}

}  // namespace

std::vector<Shift> smoothed_trajectory(const std::vector<double>& times,
                                       const std::vector<Shift>& measured, Shift error_px,
                                       const std::vector<double>& wanted) {
  const auto n = static_cast<Eigen::Index>(times.size()),
             m = static_cast<Eigen::Index>(wanted.size());
  const bool exact = !(error_px.x > 0.0 && error_px.y > 0.0);
  if (exact) error_px = {1e-6, 1e-6};
  if (n < 3) {  // nothing to judge smoothness by
    std::vector<Shift> result;
    for (double t : wanted) {
      const double span = n > 1 ? times[1] - times[0] : 1.0;
      const double part = n > 1 ? (t - times[0]) / span : 0.0;
      const Shift a = measured.front(), b = measured.back();
      result.push_back({a.x + part * (b.x - a.x), a.y + part * (b.y - a.y)});
    }
    return result;
  }
  MatrixXd y(n, 2);
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto at = static_cast<std::size_t>(i);
    y.row(i) << measured[at].x / error_px.x, measured[at].y / error_px.y;
  }
  // The mean over all hypotheses, weighted by their evidence.
  auto all = hypotheses(static_cast<int>(n));
  if (exact) std::erase_if(all, [](const auto& h) { return h.jitter > 0.0 || h.walk == 0.0; });
  std::vector<Answer> answers(all.size());
  parallel_blocks(static_cast<int>(all.size()), 16, [&](int begin, int end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
      answers[i] = answer(all[i], times, y, wanted);
  });
  double best = -1e300;
  for (const auto& a : answers) best = std::max(best, a.log_evidence);
  MatrixXd mean = MatrixXd::Zero(m, 2);
  double total = 0.0;
  for (const auto& a : answers) {
    const double weight = std::exp(a.log_evidence - best);
    mean += weight * a.predicted;
    total += weight;
  }
  mean /= total;
  std::vector<Shift> result;
  for (Eigen::Index i = 0; i < m; ++i)
    result.push_back({mean(i, 0) * error_px.x, mean(i, 1) * error_px.y});
  return result;
}

}  // namespace gimbal
