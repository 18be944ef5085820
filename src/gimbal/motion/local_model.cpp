// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/local_model.h"

#include "gimbal/core/parallel.h"
#include "gimbal/num/linear.h"

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index n_rows = 2 * n_space, n_free = 2;  // the constant terms are free: no prior

// One hypothesis on the local coefficients: a variance for the linear and one for the quadratic
// functions of space, times a covariance of the functions of time.
struct Prior {
  double linear = 0, quadratic = 0;
  MatrixXd time;  // trace = n_model
  VectorXd variances(Index n) const {
    VectorXd v(n);
    for (Index r = 0; r < n; ++r) v(r) = r < 2 * (n_linear_end - 1) ? linear : quadratic;
    return v;
  }
};

// The local terms with the constant ones integrated out.
struct Reduced {
  MatrixXd information;  // 10 x 10
  MatrixXd estimate;     // 10 x n_model: maximum likelihood
};

Reduced reduced(const LocalEvidence& evidence, Index n_model) {
  const auto& m = evidence.information;
  const MatrixXd estimate = evidence.at + solve_symmetric(m, evidence.gradient.leftCols(n_model));
  const Index n = n_rows - n_free;
  Reduced result;
  result.information =
      m.bottomRightCorner(n, n) -
      product(m.bottomLeftCorner(n, n_free),
              solve_symmetric(m.topLeftCorner(n_free, n_free), m.topRightCorner(n_free, n)));
  result.estimate = estimate.bottomRows(n);
  return result;
}

// How motion may run in time: steadily, settling quickly or slowly, at random, or anyhow. Each is
// mixed with a little "anyhow", so that precise data may say something else.
std::vector<MatrixXd> courses(const TimeFunctions& time) {
  const auto& times = time.times();
  const Index n_model = time.n_model(), n = time.values().rows();
  const MatrixXd functions = time.values().leftCols(n_model);
  const double first = times.front(), span = times.back() - first;
  std::vector<MatrixXd> result{MatrixXd::Identity(n_model, n_model)};
  const auto add = [&](const MatrixXd& covariance) {
    const MatrixXd own = transposed_product(functions, product(covariance, functions));
    const double amount = static_cast<double>(n_model) / std::max(own.trace(), 1e-30);
    for (const double anyhow : {0.1, 0.01, 0.001})
      result.emplace_back((1.0 - anyhow) * amount * own + anyhow * result.front());
  };
  VectorXd elapsed(n);  // since the first frame, as a part of the whole
  for (Index i = 0; i < n; ++i) elapsed(i) = (times[static_cast<std::size_t>(i)] - first) / span;
  add(elapsed * elapsed.transpose());
  for (const double settling : {0.1, 0.2, 0.4, 0.8}) {
    const VectorXd course = 1.0 - (-elapsed.array() / settling).exp();
    add(course * course.transpose());
  }
  add(elapsed.replicate(1, n).cwiseMin(elapsed.transpose().replicate(n, 1)));  // a random walk
  return result;
}

std::vector<Prior> hypotheses(const TimeFunctions& time, double noise_variance) {
  std::vector<Prior> result;
  for (const MatrixXd& course : courses(time))
    for (int step = -3; step <= 12; ++step)  // of half a decade
      for (const double ratio : {1.0, 0.3, 0.1, 0.03}) {
        const double linear = noise_variance * std::pow(10.0, 0.5 * step);
        result.push_back({linear, ratio * linear, course});
      }
  return result;
}

struct Answer {
  double log_evidence = 0;
  MatrixXd mean;     // n x n_model
  MatrixXd moments;  // n_model x n_model: mean of c c^T / variance over the rows c, in expectation
  double linear = 0, quadratic = 0;  // the variances that the expectation asks for
};

// Second moments of the coefficients, for the next step of expectation maximisation.
void learn_from(const MatrixXd& mean, const MatrixXd& uncertain, const SymmetricEigen& time,
                const VectorXd& variances, Answer& result) {
  const Index n = mean.rows(), n_model = mean.cols();
  const VectorXd least = time.values.cwiseMax(1e-9);
  MatrixXd moments = MatrixXd::Zero(n_model, n_model);
  std::array<double, 2> amount{}, count{};
  for (Index r = 0; r < n; ++r) {
    MatrixXd own = mean.row(r).transpose() * mean.row(r);
    own.diagonal() += uncertain.row(r).transpose();
    moments += own / (std::max(variances(r), 1e-12) * static_cast<double>(n));
    const std::size_t kind = r < 2 * (n_linear_end - 1) ? 0 : 1;
    amount[kind] += (own.diagonal().array() / least.array()).mean();
    count[kind] += 1.0;
  }
  result.moments = product_transposed(product(time.vectors, moments), time.vectors);
  result.linear = amount[0] / count[0];
  result.quadratic = amount[1] / count[1];
}

// With C the prior covariance and M the information of the estimate z: mean = C (C + M^-1)^-1 z.
// In the eigenvectors of the covariance of time, functions of time are independent.
Answer answer(const Prior& prior, const MatrixXd& noise, const MatrixXd& estimate, bool learn) {
  const SymmetricEigen time = eigen_of_symmetric(prior.time);
  const MatrixXd z = product(estimate, time.vectors);
  const Index n = noise.rows(), n_model = z.cols();
  const VectorXd variances = prior.variances(n);
  MatrixXd mean(n, n_model), uncertain(n, n_model);
  Answer result;
  for (Index t = 0; t < n_model; ++t) {
    const VectorXd own = std::max(time.values(t), 0.0) * variances;
    MatrixXd total = noise;
    total.diagonal() += own;
    const Cholesky cholesky(total);
    const VectorXd solved = cholesky.solve(z.col(t));
    mean.col(t) = own.cwiseProduct(solved);
    result.log_evidence -= 0.5 * (z.col(t).dot(solved) + cholesky.log_determinant());
    if (!learn) continue;
    const MatrixXd inverse = cholesky.inverse();
    uncertain.col(t) = own.array() * (1.0 - own.array() * inverse.diagonal().array());
  }
  result.mean = product_transposed(mean, time.vectors);
  if (learn) learn_from(mean, uncertain, time, variances, result);
  return result;
}

// The prior that gives the data more evidence than the hypotheses do: expectation maximisation.
Prior learned(Prior prior, const MatrixXd& noise, const MatrixXd& estimate) {
  constexpr int steps = 100;
  for (int i = 0; i < steps; ++i) {
    const Answer now = answer(prior, noise, estimate, true);
    prior.linear = now.linear;
    prior.quadratic = now.quadratic;
    prior.time = now.moments * (static_cast<double>(now.moments.rows()) / now.moments.trace());
  }
  return prior;
}

// Mean square of the estimates in time functions that smooth motion does not need, in units of
// their expected variance: 1 when the noise is as assumed.
double noise_inflation(const LocalEvidence& evidence, Index n_model) {
  const Index n_spare = evidence.gradient.cols() - n_model;
  if (n_spare < 1) return 1.0;
  const MatrixXd spare = evidence.gradient.rightCols(n_spare);
  const double chi2 = (spare.array() * solve_symmetric(evidence.information, spare).array()).sum();
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
    : times_(times), n_model_(std::min<int>(3, static_cast<int>(times.size()) - 1)) {
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

LocalPosterior local_posterior(const LocalEvidence& evidence, const TimeFunctions& time) {
  const Index n_model = time.n_model(), n = n_rows - n_free;
  LocalPosterior result;
  result.noise_inflation = noise_inflation(evidence, n_model);
  const Reduced data = reduced(evidence, n_model);
  const MatrixXd noise = inverse_of_symmetric(data.information) * result.noise_inflation;
  const Cholesky noise_cholesky(noise);
  const double log_none =
      -0.5 * (data.estimate.array() * noise_cholesky.solve(data.estimate).array()).sum() -
      0.5 * static_cast<double>(n_model) * noise_cholesky.log_determinant();
  const std::vector<Prior> priors = hypotheses(time, noise.trace() / static_cast<double>(n));
  std::vector<Answer> answers(priors.size() + 1);
  parallel_for(static_cast<int>(priors.size()), [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    answers[at] = answer(priors[at], noise, data.estimate, false);
  });
  const auto less = [](const Answer& a, const Answer& b) {
    return a.log_evidence < b.log_evidence;
  };
  const auto most_likely = std::max_element(answers.begin(), answers.end() - 1, less);
  // One that is made for the data counts less by what its eight free parameters gain from noise.
  constexpr double freedom = 10.0;
  const auto n_hypotheses = static_cast<double>(priors.size());
  const Prior own = learned(priors[static_cast<std::size_t>(most_likely - answers.begin())], noise,
                            data.estimate);
  answers.back() = answer(own, noise, data.estimate, false);
  answers.back().log_evidence += std::log(n_hypotheses) - freedom;
  const double best = std::max_element(answers.begin(), answers.end(), less)->log_evidence;
  // The mean over all hypotheses, weighted by their evidence; that nothing moves
  // counts as much as all of them.
  MatrixXd local_terms = MatrixXd::Zero(n, n_model);
  double total = 0;
  for (const Answer& a : answers) {
    const double weight = std::exp(a.log_evidence - best);
    local_terms += weight * a.mean;
    total += weight;
  }
  result.log_bayes_factor = best - log_none + std::log(total / n_hypotheses);
  local_terms /= total * (1.0 + std::exp(-result.log_bayes_factor));
  result.promised_gain = 0.5 *
                         local_terms.cwiseProduct(product(data.information, local_terms)).sum() /
                         result.noise_inflation;
  result.mean = LocalCoefficients::Zero(n_rows, n_model);
  result.mean.bottomRows(n) = local_terms;
  // The constant terms that go with it: their conditional maximum.
  const auto& m = evidence.information;
  const MatrixXd full = evidence.at + solve_symmetric(m, evidence.gradient.leftCols(n_model));
  result.mean.topRows(n_free) =
      full.topRows(n_free) +
      solve_symmetric(m.topLeftCorner(n_free, n_free),
                      product(m.topRightCorner(n_free, n), full.bottomRows(n) - local_terms));
  const double frames = static_cast<double>(evidence.gradient.cols() + 1);
  result.rms_px = std::sqrt(local_terms.squaredNorm() / (2.0 * frames));
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
