// SPDX-License-Identifier: GPL-3.0-or-later
// The bundle adjustment made linear around its present state: Gauss-Newton steps, covariances, and
// leave-out errors, all from one dense system in which the points are eliminated (Schur). The
// leave-out errors of a linear system need no second solution: with the hat matrix H of what is
// left out, its errors are (I - H)^-1 times its residuals.
#pragma once

#include "gimbal/tilt/bundle.h"

#include <vector>

namespace gimbal::tilt {

struct Normal {
  Layout layout;
  std::vector<Derivatives> derivatives;  // of each observation, whitened
  std::vector<Vec2> residuals;           // measured minus predicted, whitened
  Eigen::MatrixXd reduced;               // lower half
  Eigen::VectorXd right_side;
  Eigen::MatrixXd coupling;  // size x 3 points: J_tilts^T W J_point
  std::vector<Eigen::Matrix3d> point_inverse;
  std::vector<Eigen::Vector3d> point_right_side;
};

Normal linearise(const Bundle& bundle);

// Sum of squares that is made small: observations and priors. Weights are as they are.
double cost(const Bundle& bundle);

// Gauss-Newton, with shorter steps while the cost does not fall, until steps move nothing by more
// than `tolerance_px` or `max_steps` are done.
void refine(Bundle& bundle, int max_steps, double tolerance_px);

// One such step.
void advance(Bundle& bundle, const Normal& normal, const Eigen::MatrixXd& covariance);

// Inverse of the reduced system: the covariance of the unknowns of the tilts and the common ones.
Eigen::MatrixXd covariance_of(const Normal& normal);

// Errors of observations that the solution has not seen, in sums over tracks: of squares, whitened,
// in px^2 over sigma_px^2, and of their weights.
struct LeaveOut {
  std::vector<double> squares, weights;
  std::vector<Vec2> errors;     // of each observation, in px; 0 where there is none
  std::vector<double> factors;  // their weights; 0: not tested
  double rms_px = 0.0;          // length of the error, over tested observations
  double white_rms_px = 0.0;    // of the whitened error
};

// by_track: the track is left out of the alignment, and the observation out of its own point too;
// else only the observation is left out of both. At most `max_tracks`, evenly chosen.
LeaveOut leave_out(const Bundle& bundle, const Normal& normal, const Eigen::MatrixXd& covariance,
                   bool by_track, int max_tracks);

}  // namespace gimbal::tilt
