// SPDX-License-Identifier: GPL-3.0-or-later
// Linear algebra of matrices of any size, compiled once: wherever it is called, Eigen makes new
// code for each kind of operand (blocks, transposes, sums), which takes compilers seconds and saves
// nothing where matrices have more than a few rows.
#pragma once

#include <Eigen/Cholesky>

namespace gimbal {

using MatrixRef = Eigen::Ref<const Eigen::MatrixXd>;  // a matrix, a block of one, or a vector

Eigen::MatrixXd product(const MatrixRef& a, const MatrixRef& b);
Eigen::MatrixXd transposed_product(const MatrixRef& a, const MatrixRef& b);  // a^T b
Eigen::MatrixXd product_transposed(const MatrixRef& a, const MatrixRef& b);  // a b^T

// a -= b b^T, in the lower half only.
void subtract_square(const MatrixRef& b, Eigen::MatrixXd& a);

// a^-1 b, for a symmetric a (LDL^T).
Eigen::MatrixXd solve_symmetric(const MatrixRef& a, const MatrixRef& b);
Eigen::MatrixXd inverse_of_symmetric(const MatrixRef& a);

// L L^T of a positive definite matrix, of which the lower half is looked at.
class Cholesky {
 public:
  Cholesky() = default;
  explicit Cholesky(const MatrixRef& a);
  bool exists() const { return factor_.info() == Eigen::Success; }
  Eigen::MatrixXd solve(const MatrixRef& b) const;
  Eigen::MatrixXd inverse() const;
  Eigen::MatrixXd inverse_of_root() const;  // L^-1
  double log_determinant() const;

 private:
  Eigen::LLT<Eigen::MatrixXd> factor_;
};

struct SymmetricEigen {
  Eigen::VectorXd values;   // rising
  Eigen::MatrixXd vectors;  // columns
};
SymmetricEigen eigen_of_symmetric(const MatrixRef& a);

// Of a matrix without negative eigenvalues: directions that it does not have stay zero.
Eigen::MatrixXd pseudo_inverse_of_symmetric(const MatrixRef& a);

}  // namespace gimbal
