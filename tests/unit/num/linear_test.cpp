// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/num/linear.h"

#include "gimbal/core/random.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

MatrixXd random_matrix(Index rows, Index columns) {
  Random random(5, static_cast<std::uint64_t>(100 * rows + columns));
  return MatrixXd::NullaryExpr(rows, columns, [&] { return random.normal(); });
}

MatrixXd naive_product(const MatrixXd& a, const MatrixXd& b) {
  MatrixXd c = MatrixXd::Zero(a.rows(), b.cols());
  for (Index i = 0; i < c.rows(); ++i)
    for (Index j = 0; j < c.cols(); ++j)
      for (Index k = 0; k < a.cols(); ++k) c(i, j) += a(i, k) * b(k, j);
  return c;
}

double difference(const MatrixXd& a, const MatrixXd& b) {
  return (a - b).cwiseAbs().maxCoeff();
}

TEST(Linear, ProductsAreThoseOfTheFormula) {
  for (const Index n : {1, 3, 30})
    for (const Index m : {1, 7, 41}) {
      const MatrixXd a = random_matrix(n, 5), b = random_matrix(5, m), c = naive_product(a, b);
      EXPECT_LT(difference(product(a, b), c), 1e-13);
      EXPECT_LT(difference(transposed_product(a.transpose(), b), c), 1e-13);
      EXPECT_LT(difference(product_transposed(a, b.transpose()), c), 1e-13);
      EXPECT_LT(difference(product(a.leftCols(2), b.topRows(2)),
                           naive_product(a.leftCols(2), b.topRows(2))),
                1e-13);
      MatrixXd left = MatrixXd::Constant(n, n, 2.0);
      subtract_square(a, left);
      EXPECT_NEAR(left(n - 1, 0), 2.0 - a.row(n - 1).dot(a.row(0)), 1e-13);
    }
}

TEST(Linear, SymmetricSystemsAreSolved) {
  for (const Index n : {1, 2, 7, 60})
    for (const Index m : {1, 3}) {
      const MatrixXd root = random_matrix(n, n + 3), a = naive_product(root, root.transpose()),
                     x = random_matrix(n, m);
      EXPECT_LT(difference(solve_symmetric(a, naive_product(a, x)), x), 1e-8);
      EXPECT_LT(difference(naive_product(inverse_of_symmetric(a), a), MatrixXd::Identity(n, n)),
                1e-8);
      const Cholesky cholesky(a);
      EXPECT_TRUE(cholesky.exists());
      EXPECT_LT(difference(cholesky.solve(naive_product(a, x)), x), 1e-8);
      EXPECT_LT(difference(naive_product(cholesky.inverse(), a), MatrixXd::Identity(n, n)), 1e-8);
      const MatrixXd l = cholesky.inverse_of_root();
      EXPECT_LT(difference(naive_product(l.transpose(), l), cholesky.inverse()), 1e-8);
    }
}

TEST(Linear, CholeskyKnowsTheDeterminantAndWhetherItExists) {
  MatrixXd a = MatrixXd::Zero(3, 3);
  a.diagonal() << 2.0, 3.0, 5.0;
  EXPECT_NEAR(Cholesky(a).log_determinant(), std::log(30.0), 1e-14);
  a(0, 2) = 1e9;  // the upper half is not looked at
  EXPECT_NEAR(Cholesky(a).log_determinant(), std::log(30.0), 1e-14);
  a(1, 1) = -3.0;
  EXPECT_FALSE(Cholesky(a).exists());
}

TEST(Linear, EigenvectorsMakeTheMatrix) {
  const MatrixXd root = random_matrix(6, 6), a = root + root.transpose();
  const SymmetricEigen e = eigen_of_symmetric(a);
  const MatrixXd scaled = e.vectors * e.values.asDiagonal();
  EXPECT_LT(difference(naive_product(scaled, e.vectors.transpose()), a), 1e-12);
  for (Index i = 1; i < 6; ++i) EXPECT_LE(e.values(i - 1), e.values(i));
}

TEST(Linear, PseudoInversesLeaveWhatIsMissingAtZero) {
  const MatrixXd root = random_matrix(6, 2), a = naive_product(root, root.transpose());
  const MatrixXd inverse = pseudo_inverse_of_symmetric(a);
  EXPECT_LT(difference(naive_product(naive_product(a, inverse), a), a), 1e-11);
  EXPECT_LT(difference(naive_product(naive_product(inverse, a), inverse), inverse), 1e-11);
  EXPECT_EQ(difference(pseudo_inverse_of_symmetric(MatrixXd::Zero(3, 3)), MatrixXd::Zero(3, 3)), 0);
}

}  // namespace
}  // namespace gimbal
