// SPDX-License-Identifier: GPL-3.0-or-later
// How much local motion the data can carry. RELION's polynomial (6 terms in space times 3 in time,
// per axis) is written in orthonormal functions, and its coefficients get a Gaussian prior: one
// variance for the linear and one for the quadratic terms in space, times a 3 x 3 covariance in
// time shared by all. Of some hundred such priors, each speaks with the weight of its evidence
// (trajectory.h does the same for the common shifts). Where the data say nothing, all that are left
// have small variances; nothing is fitted to noise.
#pragma once

#include "gimbal/data/motion_field.h"
#include "gimbal/motion/likelihood.h"

#include <Eigen/Core>

#include <array>
#include <vector>

namespace gimbal {

// Where a patch is, as means under its window: fractions of the field, -0.5 .. 0.5, and their
// squares.
struct PatchPosition {
  double u = 0, v = 0;
  double u2 = 0, v2 = 0;
};

// Functions of space: 1, then two linear and three quadratic ones; orthonormal over the field. A
// patch sees their mean under its window.
inline constexpr int n_space = 6, n_linear_end = 3;
std::array<double, n_space> space_functions(PatchPosition at);

// Functions of time: orthonormal over the given frame times, without mean. The first `n_model` (at
// most 3) span z, z^2, z^3; the others, up to times.size() - 1, complete them.
class TimeFunctions {
 public:
  explicit TimeFunctions(const std::vector<double>& times);
  const std::vector<double>& times() const { return times_; }
  int n_model() const { return n_model_; }
  const Eigen::MatrixXd& values() const { return values_; }  // times x functions
  // Coefficients of z, z^2, z^3 of model function t.
  Eigen::Vector3d polynomial(int t) const { return polynomial_.col(t); }

 private:
  std::vector<double> times_;
  int n_model_;
  Eigen::MatrixXd values_;
  Eigen::Matrix3d polynomial_ = Eigen::Matrix3d::Zero();
};

// Coefficient (space b, axis a, time t) stands in row 2 b + a, column t.
using LocalCoefficients = Eigen::MatrixXd;

// A quadratic approximation of the log likelihood of coefficients: gradient (all time functions) at
// `at`, and the information, the same for each time function: rows 2 b + a.
struct LocalEvidence {
  LocalCoefficients at;         // (2 n_space) x n_model
  Eigen::MatrixXd gradient;     // (2 n_space) x all time functions
  Eigen::MatrixXd information;  // (2 n_space) x (2 n_space)
  double energy = 0;            // log likelihood at `at`, up to a constant
};

struct LocalPosterior {
  LocalCoefficients mean;  // (2 n_space) x n_model
  double promised_gain =
      0;  // of log likelihood over no local motion, by the quadratic approximation
  double log_bayes_factor = 0;  // against no local motion
  double rms_px = 0;  // of the mean over field and frames, about each frame's mean over the field
  double noise_inflation = 1;  // how much noisier the data are than assumed (found from time
                               // functions that smooth motion does not need)
};

LocalPosterior local_posterior(const LocalEvidence& evidence, const TimeFunctions& time);

// In RELION's form: zero at z = 0.
LocalMotionModel relion_model(const LocalCoefficients& coefficients, const TimeFunctions& time);

}  // namespace gimbal
