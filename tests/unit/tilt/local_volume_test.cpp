// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/local_volume.h"

#include "gimbal/core/random.h"
#include "gimbal/tilt/slow_system.h"

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <gtest/gtest.h>

#include <cmath>

namespace gimbal::tilt {
namespace {

constexpr int lanes = VolumeGrid::lanes;

VolumeGrid small_grid() {
  VolumeGrid grid;
  grid.nx = 9, grid.nz = 4, grid.n = lanes;
  for (const double angle : {-0.7, 0.0, 0.4, 0.9}) {
    grid.cosines.push_back(std::cos(angle));
    grid.sines.push_back(std::sin(angle));
  }
  return grid;
}

std::vector<float> random_values(std::size_t n, int seed) {
  Random random(static_cast<std::uint64_t>(seed));
  std::vector<float> values(n);
  for (float& v : values) v = static_cast<float>(random.normal());
  return values;
}

// The sums along rays of one lane, as a matrix: pictures (tilt, column) by voxels (z, x).
Eigen::MatrixXd naive_matrix(const VolumeGrid& grid) {
  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(grid.n_tilts() * grid.n, grid.nx * grid.nz);
  for (int t = 0; t < grid.n_tilts(); ++t)
    for (int z = 0; z < grid.nz; ++z)
      for (int x = 0; x < grid.nx; ++x) {
        const auto at = static_cast<std::size_t>(t);
        const double u = (x - grid.nx / 2) * grid.cosines[at] +
                         (z - 0.5 * (grid.nz - 1)) * grid.sines[at] + grid.n / 2;
        if (u < 0.0 || u >= grid.n - 1) continue;
        const int column = static_cast<int>(u);
        a(t * grid.n + column, z * grid.nx + x) += 1.0 - (u - column);
        a(t * grid.n + column + 1, z * grid.nx + x) += u - column;
      }
  return a;
}

Eigen::VectorXd lane_of(const std::vector<float>& values, int lane) {
  Eigen::VectorXd out(static_cast<Eigen::Index>(values.size()) / lanes);
  for (Eigen::Index i = 0; i < out.size(); ++i)
    out(i) = static_cast<double>(values[static_cast<std::size_t>(i * lanes + lane)]);
  return out;
}

TEST(LocalVolume, ProjectsAsTheNaiveSum) {
  const VolumeGrid grid = small_grid();
  const auto volume = random_values(grid.volume_size(), 1);
  const auto strengths = random_values(grid.volume_size(), 8);
  std::vector<float> pictures(grid.pictures_size());
  project(grid, volume.data(), strengths.data(), pictures.data());
  const auto a = naive_matrix(grid);
  for (const int lane : {0, 7, 15})
    EXPECT_LT(
        (lane_of(pictures, lane) - a * lane_of(volume, lane).cwiseProduct(lane_of(strengths, lane)))
            .cwiseAbs()
            .maxCoeff(),
        1e-5);
}

TEST(LocalVolume, BackProjectionIsTheAdjoint) {
  const VolumeGrid grid = small_grid();
  const auto pictures = random_values(grid.pictures_size(), 2);
  std::vector<float> volume(grid.volume_size());
  back_project(grid, pictures.data(), volume.data());
  const auto a = naive_matrix(grid);
  for (const int lane : {0, 8})
    EXPECT_LT(
        (lane_of(volume, lane) - a.transpose() * lane_of(pictures, lane)).cwiseAbs().maxCoeff(),
        1e-5);
}

TEST(LocalVolume, StrengthsAreThoseOfTheSurroundings) {
  VolumeGrid grid = small_grid();
  grid.nx = 40, grid.nz = 30, grid.n = 3 * lanes;
  std::vector<std::vector<float>> values;
  for (int b = 0; b < grid.n_blocks(); ++b) values.push_back(random_values(grid.volume_size(), b));
  // One strong object at x = 20, z = 15, y = 24 (block 1, lane 8).
  const std::size_t object = (15 * 40 + 20) * lanes + 8;
  values[1][object] = 40.0F;
  const auto strengths = local_strengths(grid, values, 4.0);
  double sum = 0.0;
  for (int z = 0; z < grid.nz; ++z)
    for (int x = 10; x < 30; ++x)
      for (int y = 8; y < 40; ++y) {
        const auto s = static_cast<double>(strengths[static_cast<std::size_t>(
            y / lanes)][static_cast<std::size_t>((z * 40 + x) * lanes + y % lanes)]);
        sum += s * s;
      }
  EXPECT_NEAR(sum / (30.0 * 20.0 * 32.0), 4.0, 0.01);  // mean square of the middle
  const auto at = [&](int x, int z) {
    return strengths[1][static_cast<std::size_t>((z * 40 + x) * lanes + 8)];
  };
  EXPECT_GT(at(20, 15), 5.0F * at(35, 5));
  EXPECT_GT(at(22, 15), 2.0F * at(35, 5));  // two sides of the object are alike
  EXPECT_NEAR(at(22, 15), at(18, 15), 0.3F * at(22, 15));
}

// Volume and motions at once, against the normal equations solved directly.
TEST(SlowSystem, SolvesVolumeAndMotionsTogether) {
  SlowSystem system;
  system.grid = small_grid();
  system.noise = 0.5;
  VolumeBlock& block = system.blocks.emplace_back();
  const std::size_t nv = system.grid.volume_size(), np = system.grid.pictures_size();
  block.strength = random_values(nv, 3);
  for (float& s : block.strength) s = 0.3F + std::abs(s);
  block.scaled.assign(nv, 0.0F);
  block.pictures = random_values(np, 4);
  block.weights = random_values(np, 5);
  for (float& w : block.weights) w = std::min(1.0F, std::abs(w));
  block.slope = random_values(np, 6);
  SlowModes modes;
  modes.across = Eigen::MatrixXd::Random(4, 2);
  modes.bend = Eigen::VectorXd::Random(4);
  modes.half = 6.0;
  modes.precision = Eigen::Vector3d(0.5, 0.2, 0.3);

  const auto n_own = static_cast<Eigen::Index>(nv), n_all = n_own + 3;
  Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(n_all, n_all);
  Eigen::VectorXd right = Eigen::VectorXd::Zero(n_all);
  const auto a = naive_matrix(system.grid);
  for (int t = 0; t < 4; ++t)
    for (int column = 0; column < system.grid.n; ++column)
      for (int lane = 0; lane < lanes; ++lane) {
        const auto i = static_cast<std::size_t>((t * system.grid.n + column) * lanes + lane);
        const auto slope = static_cast<double>(block.slope[i]);
        Eigen::VectorXd row = Eigen::VectorXd::Zero(n_all);
        for (Eigen::Index v = 0; v < a.cols(); ++v)
          row(v * lanes + lane) =
              a(t * system.grid.n + column, v) *
              static_cast<double>(block.strength[static_cast<std::size_t>(v * lanes + lane)]);
        const double x = (column - 8) / (6.0 * system.grid.cosines[static_cast<std::size_t>(t)]),
                     y = (lane - 8) / 6.0;
        row.segment(n_own, 2) = -slope * modes.across.row(t).transpose();
        row(n_own + 2) = -slope * modes.bend(t) * (x * x + y * y);
        const auto w = static_cast<double>(block.weights[i]);
        normal += w * row * row.transpose();
        right += w * static_cast<double>(block.pictures[i]) * row;
      }
  normal.diagonal().head(n_own).array() += system.noise;
  normal.diagonal().tail(3) += system.noise * modes.precision;
  const Eigen::VectorXd expected = normal.ldlt().solve(right);

  const Eigen::VectorXd q = solve_slow(system, modes, 150);
  EXPECT_LT((q - expected.tail(3)).cwiseAbs().maxCoeff(), 2e-4 * expected.tail(3).norm() + 1e-5);
  for (std::size_t i = 0; i < nv; i += 37)
    EXPECT_NEAR(static_cast<double>(block.scaled[i]), expected(static_cast<Eigen::Index>(i)), 1e-3);
}

// Blocks of random numbers.
SlowSystem random_system(int blocks) {
  SlowSystem system;
  system.grid = small_grid();
  system.grid.n = blocks * lanes;
  system.noise = 0.5;
  for (int b = 0; b < blocks; ++b) {
    VolumeBlock& block = system.blocks.emplace_back();
    const std::size_t nv = system.grid.volume_size(), np = system.grid.pictures_size();
    block.strength = random_values(nv, 30 + b);
    for (float& s : block.strength) s = 0.3F + std::abs(s);
    block.scaled = random_values(nv, 40 + b);
    block.pictures = random_values(np, 50 + b);
    block.weights = random_values(np, 60 + b);
    for (float& w : block.weights) w = std::min(1.0F, std::abs(w));
    block.slope = random_values(np, 70 + b);
  }
  return system;
}

// The curvature of the likelihood with the parameters that the volume of a block leaves, and the
// gradient where its volume is; the planes of a block are independent.
struct Leaves {
  Eigen::Matrix2d curvature = Eigen::Matrix2d::Zero();
  Eigen::Vector2d gradient = Eigen::Vector2d::Zero();
};
Leaves leaves_of(const SlowSystem& system, const VolumeBlock& block, const SlowModes& modes) {
  Leaves sum;
  for (int lane = 0; lane < lanes; ++lane) {
    const Eigen::MatrixXd a =
        naive_matrix(system.grid) * lane_of(block.strength, lane).asDiagonal();
    const Eigen::VectorXd weights = lane_of(block.weights, lane),
                          slope = lane_of(block.slope, lane),
                          off = a * lane_of(block.scaled, lane) - lane_of(block.pictures, lane);
    Eigen::MatrixXd motions(a.rows(), 2);
    for (Eigen::Index i = 0; i < a.rows(); ++i)
      motions.row(i) = slope(i) * modes.across.row(i / system.grid.n);
    Eigen::MatrixXd own = a.transpose() * weights.asDiagonal() * a;
    own.diagonal().array() += system.noise;
    const Eigen::MatrixXd weighted = weights.asDiagonal() * motions,
                          shared = a.transpose() * weighted;
    sum.curvature += motions.transpose() * weighted - shared.transpose() * own.ldlt().solve(shared);
    sum.gradient += weighted.transpose() * off;
  }
  return sum;
}

TEST(SlowSystem, KnowsHowWellMotionsAreKnown) {
  SlowModes modes;
  modes.across = Eigen::MatrixXd::Random(4, 2);
  modes.precision = Eigen::Vector2d(0.5, 0.2);
  for (const float scale : {0.0F, 3.0F}) {  // pictures that agree with all others, and not
    SlowSystem system = random_system(2);
    for (VolumeBlock& block : system.blocks)
      for (auto* values : {&block.pictures, &block.scaled})
        for (float& v : *values) v *= scale;
    const Leaves one = leaves_of(system, system.blocks[0], modes),
                 two = leaves_of(system, system.blocks[1], modes);
    Eigen::Matrix2d curvature = one.curvature + two.curvature;
    curvature.diagonal() += system.noise * modes.precision;
    const Eigen::Matrix2d inverse = curvature.inverse();
    const Eigen::Vector2d apart = one.gradient - two.gradient;
    const Eigen::Matrix2d measured = inverse * apart * apart.transpose() * inverse,
                          model = system.noise * inverse;
    const Eigen::MatrixXd found = slow_covariance(system, modes, 150);
    for (int k = 0; k < 2; ++k) {
      const double expected = std::max(model(k, k), measured(k, k));
      EXPECT_NEAR(found(k, k), expected, 1e-3 * expected) << "scale " << scale;
    }
    if (scale == 0.0F) {
      EXPECT_NEAR(found(0, 1), model(0, 1), 1e-3 * model(0, 0));
    }
  }
}

// Round objects, whose pictures are known: seen by a system of which the volume holds them.
struct RoundObjects {
  struct Object {
    double x, y, z, height;
  };
  static constexpr double sigma = 4.0;
  std::vector<Object> objects{
      {5, -7, 3, 1.0}, {-8, 4, -2, 0.7}, {2, 9, 1, -0.8}, {-4, -6, -4, 0.9}};

  // All pictures turned, and the volume turned back about z.
  double picture(const VolumeGrid& grid, std::size_t tilt, double u, double v, double turn) const {
    const double c = std::cos(turn), s = std::sin(turn);
    double sum = 0.0;
    for (const Object& o : objects) {
      const double x = c * o.x + s * o.y, y = c * o.y - s * o.x;
      const double across = x * grid.cosines[tilt] + o.z * grid.sines[tilt];
      const double du = u - (c * across - s * y), dv = v - (s * across + c * y);
      sum += o.height * sigma * std::sqrt(2.0 * 3.14159265358979) *
             std::exp(-0.5 * (du * du + dv * dv) / (sigma * sigma));
    }
    return sum;
  }
  SlowSystem system() const {
    SlowSystem s;
    s.grid = small_grid();
    s.grid.nx = 41, s.grid.nz = 31, s.grid.n = 3 * lanes;
    s.noise = 0.7;
    for (int b = 0; b < s.grid.n_blocks(); ++b) {
      VolumeBlock& block = s.blocks.emplace_back();
      block.strength.assign(s.grid.volume_size(), 1.0F);
      block.scaled.assign(s.grid.volume_size(), 0.0F);
      std::size_t i = 0;
      for (int z = 0; z < s.grid.nz; ++z)
        for (int x = 0; x < s.grid.nx; ++x)
          for (int lane = 0; lane < lanes; ++lane, ++i)
            for (const Object& o : objects) {
              const double dx = x - s.grid.nx / 2 - o.x, dz = z - 0.5 * (s.grid.nz - 1) - o.z,
                           dy = b * lanes + lane - s.grid.n / 2 - o.y;
              block.scaled[i] += static_cast<float>(
                  o.height * std::exp(-0.5 * (dx * dx + dy * dy + dz * dz) / (sigma * sigma)));
            }
      block.pictures = random_values(s.grid.pictures_size(), 10 + b);
      block.weights = random_values(s.grid.pictures_size(), 20 + b);
      for (float& w : block.weights) w = std::min(1.0F, std::abs(w));
      block.slope.assign(s.grid.pictures_size(), 0.0F);
    }
    return s;
  }
};

TEST(SlowSystem, KnowsHowPicturesChangeAcross) {
  const RoundObjects objects;
  SlowSystem system = objects.system();
  set_slopes(system);
  const VolumeGrid& grid = system.grid;
  for (std::size_t t = 0; t < 4; ++t)
    for (int y = 8; y < 40; y += 3)
      for (int x = 8; x < 40; ++x) {
        const double u = x - grid.n / 2, v = y - grid.n / 2, h = 1e-3;
        const double expected =
            (objects.picture(grid, t, u + h, v, 0.0) - objects.picture(grid, t, u - h, v, 0.0)) /
            (2.0 * h);
        const auto& slope = system.blocks[static_cast<std::size_t>(y / lanes)].slope;
        EXPECT_NEAR(static_cast<double>(slope[grid.picture_index(t, x, y)]), expected, 0.2);
      }
}

TEST(SlowSystem, KnowsHowTheLikelihoodGrowsWithATurn) {
  const RoundObjects objects;
  const SlowSystem system = objects.system();
  const VolumeGrid& grid = system.grid;
  double expected = 0.0, squares = 0.0;
  for (std::size_t t = 0; t < 4; ++t)
    for (int y = 0; y < grid.n; ++y)
      for (int x = 0; x < grid.n; ++x) {
        const double u = x - grid.n / 2, v = y - grid.n / 2, h = 1e-4;
        const VolumeBlock& block = system.blocks[static_cast<std::size_t>(y / lanes)];
        const std::size_t i = grid.picture_index(t, x, y);
        const double rest =
            objects.picture(grid, t, u, v, 0.0) - static_cast<double>(block.pictures[i]);
        // The axis turns; so what the pictures hold turns the other way.
        const double motion =
            (objects.picture(grid, t, u, v, -h) - objects.picture(grid, t, u, v, h)) / (2.0 * h);
        const auto w = static_cast<double>(block.weights[i]);
        expected += w * rest * motion / system.noise;
        squares += std::pow(w * rest * motion / system.noise, 2);
      }
  EXPECT_NEAR(turning_slope(system), expected, 0.1 * std::sqrt(squares));
  EXPECT_GT(std::abs(expected), std::sqrt(squares));
}

}  // namespace
}  // namespace gimbal::tilt
