// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/num/linear.h"

#include <Eigen/Eigenvalues>

#include <limits>

namespace gimbal {

using Eigen::MatrixXd;

MatrixXd product(const MatrixRef& a, const MatrixRef& b) {
  return a * b;
}

MatrixXd transposed_product(const MatrixRef& a, const MatrixRef& b) {
  return a.transpose() * b;
}

MatrixXd product_transposed(const MatrixRef& a, const MatrixRef& b) {
  return a * b.transpose();
}

void subtract_square(const MatrixRef& b, MatrixXd& a) {
  a.selfadjointView<Eigen::Lower>().rankUpdate(b, -1.0);
}

MatrixXd solve_symmetric(const MatrixRef& a, const MatrixRef& b) {
  const Eigen::LDLT<MatrixXd> factor(a);
  if (b.cols() == 1) return factor.solve(b.col(0));  // vectors have faster ways
  return factor.solve(b);
}

MatrixXd inverse_of_symmetric(const MatrixRef& a) {
  return solve_symmetric(a, MatrixXd::Identity(a.rows(), a.cols()));
}

Cholesky::Cholesky(const MatrixRef& a) : factor_(a) {}

MatrixXd Cholesky::solve(const MatrixRef& b) const {
  if (b.cols() == 1) return factor_.solve(b.col(0));
  return factor_.solve(b);
}

MatrixXd Cholesky::inverse() const {
  return solve(MatrixXd::Identity(factor_.rows(), factor_.cols()));
}

MatrixXd Cholesky::inverse_of_root() const {
  return factor_.matrixL().solve(MatrixXd::Identity(factor_.rows(), factor_.cols()));
}

double Cholesky::log_determinant() const {
  return 2.0 * factor_.matrixLLT().diagonal().array().log().sum();
}

SymmetricEigen eigen_of_symmetric(const MatrixRef& a) {
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(a);
  return {solver.eigenvalues(), solver.eigenvectors()};
}

MatrixXd pseudo_inverse_of_symmetric(const MatrixRef& a) {
  const SymmetricEigen e = eigen_of_symmetric(a);
  const double least = static_cast<double>(a.rows()) * std::numeric_limits<double>::epsilon() *
                       e.values.cwiseAbs().maxCoeff();
  MatrixXd scaled = e.vectors;
  for (Eigen::Index i = 0; i < scaled.cols(); ++i)
    scaled.col(i) *= e.values(i) > least ? 1.0 / e.values(i) : 0.0;
  return product_transposed(scaled, e.vectors);
}

}  // namespace gimbal
