// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/slow_system.h"

#include "gimbal/core/parallel.h"
#include "gimbal/num/linear.h"
#include "gimbal/tilt/covariance.h"

#include <algorithm>
#include <array>
#include <functional>

namespace gimbal::tilt {
namespace {

constexpr int lanes = VolumeGrid::lanes;

// Of the functions of the place that motions are made of: 1 and r^2.
using Shapes = Eigen::Vector2d;

// Calls f(index, r^2) for the px of one tilt in a block, by their places on the specimen.
template <typename F>
void for_pixels(const VolumeGrid& grid, double half, int block, int tilt, F f) {
  const auto t = static_cast<std::size_t>(tilt);
  std::array<float, lanes> y{};
  for (int lane = 0; lane < lanes; ++lane)
    y[static_cast<std::size_t>(lane)] =
        static_cast<float>((block * lanes + lane - grid.n / 2) / half);
  for (int column = 0; column < grid.n; ++column) {
    const auto x = static_cast<float>((column - grid.n / 2) / (half * grid.cosines[t]));
    const std::size_t first = grid.picture_index(t, column, 0);
    for (std::size_t lane = 0; lane < lanes; ++lane) f(first + lane, x * x + y[lane] * y[lane]);
  }
}

class Solver {
 public:
  Solver(SlowSystem& system, const SlowModes& modes) : s_(system), modes_(modes) {
    Eigen::MatrixXd curvature =
        Eigen::MatrixXd::Zero(modes.precision.size(), modes.precision.size());
    for (const auto& part : by_block([&](int b) { return own_curvature(b); })) curvature += part;
    curvature.diagonal() += s_.noise * modes.precision;
    curvature_ = Cholesky(curvature);
  }

  Eigen::VectorXd run(int iterations) {
    return descend(sum_of_parts(gradients_at_start()), iterations);
  }

  Eigen::MatrixXd covariance(int iterations) {
    const auto gradients = gradients_at_start();
    const auto blocks = static_cast<double>(gradients.size());
    const Eigen::VectorXd mean = sum_of_parts(gradients) / blocks;
    const Eigen::Index n = mean.size();
    Eigen::MatrixXd scatter = Eigen::MatrixXd::Zero(n, n), inverse(n, n);
    for (const auto& g : gradients)
      scatter += blocks / std::max(1.0, blocks - 1.0) * product_transposed(g - mean, g - mean);
    for (Eigen::Index k = 0; k < n; ++k) {
      for (VolumeBlock& v : s_.blocks)
        for (auto* values : {&v.residual, &v.direction}) values->assign(values->size(), 0.0F);
      inverse.col(k) = descend(Eigen::VectorXd::Unit(n, k), iterations);
    }
    inverse = 0.5 * (inverse + inverse.transpose()).eval();
    return larger_of(s_.noise * inverse, product(product(inverse, scatter), inverse));
  }

 private:
  static Eigen::VectorXd sum_of_parts(const std::vector<Eigen::VectorXd>& parts) {
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(parts.front().size());
    for (const auto& part : parts) sum += part;
    return sum;
  }

  // From these residuals (the volume's are in its blocks) by conjugate gradients.
  Eigen::VectorXd descend(Eigen::VectorXd residual, int iterations) {
    const Eigen::Index n = modes_.precision.size();
    Eigen::VectorXd q = Eigen::VectorXd::Zero(n), direction = q;
    double rz = precondition(residual, 0.0, direction);
    for (int k = 0; k < iterations && rz > 0.0; ++k) {
      Eigen::VectorXd product = apply(direction);
      const double length = rz / (product_of_directions_ + direction.dot(product));
      step(static_cast<float>(length));
      q += length * direction;
      residual -= length * product;
      rz = precondition(residual, rz, direction);
    }
    return q;
  }

  template <typename F>
  auto by_block(F f) -> std::vector<decltype(f(0))> {
    std::vector<decltype(f(0))> results(s_.blocks.size());
    parallel_for(s_.grid.n_blocks(), [&](int b) { results[static_cast<std::size_t>(b)] = f(b); });
    return results;
  }
  double sum_of(const std::function<double(int)>& f) {
    double sum = 0.0;
    for (const double part : by_block(f)) sum += part;
    return sum;
  }
  VolumeBlock& block(int b) { return s_.blocks[static_cast<std::size_t>(b)]; }

  // Diagonal, of the volume: strong voxels are bound by the pictures, weak ones by their prior.
  float scale(const VolumeBlock& block, std::size_t i) const {
    const auto noise = static_cast<float>(s_.noise);
    return noise /
           (noise + static_cast<float>(s_.grid.n_tilts()) * block.strength[i] * block.strength[i]);
  }

  // What the parameters make of the shapes of a tilt.
  Eigen::MatrixXd by_shape(int tilt) const {
    Eigen::MatrixXd m = Eigen::MatrixXd::Zero(2, modes_.precision.size());
    m.row(0).head(modes_.moving()) = modes_.across.row(tilt);
    if (modes_.bending() > 0) m(1, modes_.moving()) = modes_.bend(tilt);
    return m;
  }

  Eigen::MatrixXd own_curvature(int b) {
    const VolumeBlock& v = block(b);
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(modes_.precision.size(), modes_.precision.size());
    for (int t = 0; t < s_.grid.n_tilts(); ++t) {
      Eigen::Matrix2d squares = Eigen::Matrix2d::Zero();
      for_pixels(s_.grid, modes_.half, b, t, [&](std::size_t i, float r2) {
        const auto square = static_cast<double>(v.weights[i] * v.slope[i] * v.slope[i]),
                   far = static_cast<double>(r2) * square;
        squares(0, 0) += square;
        squares(0, 1) += far;
        squares(1, 1) += static_cast<double>(r2) * far;
      });
      squares(1, 0) = squares(0, 1);
      const Eigen::MatrixXd m = by_shape(t);
      sum += transposed_product(m, product(squares, m));
    }
    return sum;
  }

  // Subtracts slope . motion from the image.
  void subtract_motion(int b, const Eigen::VectorXd& q) {
    VolumeBlock& v = block(b);
    for (int t = 0; t < s_.grid.n_tilts(); ++t) {
      const Eigen::Vector2f across = (by_shape(t) * q).cast<float>();
      for_pixels(s_.grid, modes_.half, b, t, [&](std::size_t i, float r2) {
        v.image[i] -= (across(0) + r2 * across(1)) * v.slope[i];
      });
    }
  }

  // The pairing of the weighted image with the modes.
  Eigen::VectorXd with_modes(int b) {
    const VolumeBlock& v = block(b);
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(modes_.precision.size());
    for (int t = 0; t < s_.grid.n_tilts(); ++t) {
      Shapes across = Shapes::Zero();
      for_pixels(s_.grid, modes_.half, b, t, [&](std::size_t i, float r2) {
        const float product = v.image[i] * v.slope[i];
        across(0) += static_cast<double>(product);
        across(1) += static_cast<double>(product * r2);
      });
      sum += by_shape(t).transpose() * across;
    }
    return sum;
  }

  // strength A^T (weighted image) + noise of; `of`: the scaled volume or a direction of it.
  void to_volume(VolumeBlock& v, const std::vector<float>& of, std::vector<float>& out) {
    out.assign(of.size(), 0.0F);
    back_project(s_.grid, v.image.data(), out.data());
    const auto noise = static_cast<float>(s_.noise);
    for (std::size_t i = 0; i < of.size(); ++i) out[i] = out[i] * v.strength[i] + noise * of[i];
  }
  void to_image(VolumeBlock& v, const std::vector<float>& of) {
    v.image.assign(s_.grid.pictures_size(), 0.0F);
    project(s_.grid, of.data(), v.strength.data(), v.image.data());
  }

  // Of each block, of the parameters; its volume's is left in it.
  std::vector<Eigen::VectorXd> gradients_at_start() {
    return by_block([&](int b) {
      VolumeBlock& v = block(b);
      to_image(v, v.scaled);
      for (std::size_t i = 0; i < v.image.size(); ++i)
        v.image[i] = v.weights[i] * (v.image[i] - v.pictures[i]);
      to_volume(v, v.scaled, v.residual);
      for (float& r : v.residual) r = -r;
      v.direction.assign(v.residual.size(), 0.0F);
      return with_modes(b);
    });
  }

  // The matrix times the direction; the volume's part goes to product_.
  Eigen::VectorXd apply(const Eigen::VectorXd& q) {
    product_.resize(s_.blocks.size());
    std::vector<double> squares(s_.blocks.size());
    Eigen::VectorXd sum = s_.noise * modes_.precision.cwiseProduct(q);
    for (const auto& part : by_block([&](int b) {
           VolumeBlock& v = block(b);
           auto& product = product_[static_cast<std::size_t>(b)];
           to_image(v, v.direction);
           subtract_motion(b, q);
           for (std::size_t i = 0; i < v.image.size(); ++i) v.image[i] *= v.weights[i];
           to_volume(v, v.direction, product);
           double square = 0.0;
           for (std::size_t i = 0; i < product.size(); ++i)
             square += static_cast<double>(product[i] * v.direction[i]);
           squares[static_cast<std::size_t>(b)] = square;
           return with_modes(b);
         }))
      sum -= part;
    product_of_directions_ = 0.0;
    for (const double square : squares) product_of_directions_ += square;
    return sum;
  }

  void step(float length) {
    parallel_for(s_.grid.n_blocks(), [&](int b) {
      VolumeBlock& v = block(b);
      const auto& product = product_[static_cast<std::size_t>(b)];
      for (std::size_t i = 0; i < product.size(); ++i) {
        v.scaled[i] += length * v.direction[i];
        v.residual[i] -= length * product[i];
      }
    });
  }

  // New directions; returns the residual's square as preconditioned.
  double precondition(const Eigen::VectorXd& residual, double last_rz, Eigen::VectorXd& direction) {
    const Eigen::VectorXd own = curvature_.solve(residual);
    const double rz = residual.dot(own) + sum_of([&](int b) {
                        const VolumeBlock& v = block(b);
                        double sum = 0.0;
                        for (std::size_t i = 0; i < v.residual.size(); ++i)
                          sum += static_cast<double>(v.residual[i] * v.residual[i] * scale(v, i));
                        return sum;
                      });
    const double keep = last_rz > 0.0 ? rz / last_rz : 0.0;
    parallel_for(s_.grid.n_blocks(), [&](int b) {
      VolumeBlock& v = block(b);
      const auto kept = static_cast<float>(keep);
      for (std::size_t i = 0; i < v.direction.size(); ++i)
        v.direction[i] = kept * v.direction[i] + scale(v, i) * v.residual[i];
    });
    direction = keep * direction + own;
    return rz;
  }

  SlowSystem& s_;
  const SlowModes& modes_;
  Cholesky curvature_;
  std::vector<std::vector<float>> product_;
  double product_of_directions_ = 0.0;
};

}  // namespace

Eigen::VectorXd solve_slow(SlowSystem& system, const SlowModes& modes, int iterations) {
  return Solver(system, modes).run(iterations);
}

Eigen::MatrixXd slow_covariance(SlowSystem& system, const SlowModes& modes, int iterations) {
  return Solver(system, modes).covariance(iterations);
}

}  // namespace gimbal::tilt
