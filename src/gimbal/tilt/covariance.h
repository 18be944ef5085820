// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Eigen/Core>

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {

// The model's covariance, with variances at least those that were measured: few samples scatter, so
// neither is believed where the other says that errors are larger.
inline Eigen::MatrixXd larger_of(Eigen::MatrixXd model, const Eigen::MatrixXd& measured) {
  for (Eigen::Index i = 0; i < model.rows(); ++i) {
    const double ratio = measured(i, i) / std::max(1e-30, model(i, i));
    if (ratio <= 1.0) continue;
    model.row(i) *= std::sqrt(ratio);
    model.col(i) *= std::sqrt(ratio);
  }
  return model;
}

}  // namespace gimbal::tilt
