// SPDX-License-Identifier: GPL-3.0-or-later
// Linear algebra of matrices of any size, compiled once: wherever it is called, Eigen makes new
// code for each kind of operand (blocks, transposes, sums), which takes compilers seconds and saves
// nothing where matrices have more than a few rows.
#pragma once

#include <Eigen/Core>

namespace gimbal {

using MatrixRef = Eigen::Ref<const Eigen::MatrixXd>;  // a matrix, a block of one, or a vector

Eigen::MatrixXd product(const MatrixRef& a, const MatrixRef& b);
Eigen::MatrixXd transposed_product(const MatrixRef& a, const MatrixRef& b);  // a^T b
Eigen::MatrixXd product_transposed(const MatrixRef& a, const MatrixRef& b);  // a b^T

// a^-1 b, for a symmetric a (LDL^T).
Eigen::MatrixXd solve_symmetric(const MatrixRef& a, const MatrixRef& b);
Eigen::MatrixXd inverse_of_symmetric(const MatrixRef& a);

struct SymmetricEigen {
  Eigen::VectorXd values;   // rising
  Eigen::MatrixXd vectors;  // columns
};
SymmetricEigen eigen_of_symmetric(const MatrixRef& a);

// Of a matrix without negative eigenvalues: directions that it does not have stay zero.
Eigen::MatrixXd pseudo_inverse_of_symmetric(const MatrixRef& a);

}  // namespace gimbal
