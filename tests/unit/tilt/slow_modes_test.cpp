// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/slow_modes.h"

#include "gimbal/core/units.h"
#include "gimbal/tilt/slab_views.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal::tilt {
namespace {

// Tilts of -60 to 60 degrees in the order of their angles, 3 e/A2 each.
struct Series {
  Stack stack;
  SlabState state;
  VolumeGrid grid;

  explicit Series(double dose_e_A2) {
    stack.full_size = {1000, 800};
    stack.full_pixel_A = 5.0;
    grid.step_px = 5.0;
    grid.n = 240;
    for (int i = 0; i < 21; ++i) {
      stack.tilts.emplace_back().pre_exposure_e_A2 = dose_e_A2 * i;
      Projection& p = state.projections.emplace_back();
      p.y_tilt_deg = -60.0 + 6.0 * i;
      p.z_rot_deg = 85.0;
      state.tilts.push_back(i);
      grid.cosines.push_back(std::cos(rad_from_deg(p.y_tilt_deg)));
      grid.sines.push_back(std::sin(rad_from_deg(p.y_tilt_deg)));
    }
  }
};

// What the parameters do to points of the specimen, seen in the images, is what the volume's modes
// say of its pictures.
TEST(SlowModes, MoveShiftsAndDeformation) {
  Series s(3.0);
  const SlowModes modes = slow_modes(s.stack, s.state, s.grid, 2.8);
  ASSERT_EQ(modes.moving(), 5);
  ASSERT_EQ(modes.bending(), 1);
  Eigen::VectorXd q = Eigen::VectorXd::Zero(6);
  q(1) = 0.3, q(5) = -0.7;
  const SlabState before = s.state;
  for (int i = 0; i < 2; ++i) move_by(modes, 0.5 * q, s.grid, s.state);  // steps add up
  for (std::size_t t = 0; t < 21; ++t)
    for (const Vec3 place : {Vec3{0, 0, 0}, Vec3{400, -300, 0}, Vec3{-100, 250, 0}}) {
      const double dose = s.stack.tilts[t].pre_exposure_e_A2;
      const Vec2 seen =
          project(s.state.projections[t], s.state.deformation.at(place, dose), s.stack.full_size) -
          project(before.projections[t], place, s.stack.full_size);
      const double r2 = (place.x * place.x + place.y * place.y) / (500.0 * 500.0);
      const auto at = static_cast<Eigen::Index>(t);
      const double across_px = 5.0 * (modes.across(at, 1) * 0.3 - modes.bend(at) * 0.7 * r2);
      const double turn = rad_from_deg(85.0);
      EXPECT_NEAR(seen.x, across_px * std::cos(turn), 1e-9);
      EXPECT_NEAR(seen.y, across_px * std::sin(turn), 1e-9);
    }
  // Its unit: the rise at the longer side's end over the whole dose.
  const auto rise_px = [&](double dose) { return s.state.deformation.at({500, 0, 0}, dose).z; };
  EXPECT_NEAR(rise_px(60.0) - rise_px(0.0), -0.7 * 5.0, 1e-9);
}

TEST(SlowModes, WithoutDosesThereIsNoDoming) {
  const Series s(0.0);
  const SlowModes modes = slow_modes(s.stack, s.state, s.grid, 2.8);
  EXPECT_EQ(modes.bending(), 0);
  EXPECT_EQ(modes.precision.size(), 5);
  EXPECT_FALSE(is_doming_seen(modes, Eigen::MatrixXd::Zero(5, 5), 25.0));
}

TEST(SlowModes, FreeOnesAreAllThatNoMotionOfTheSpecimenMakes) {
  const Series s(3.0);
  const SlowModes modes = free_modes(s.grid);
  const auto n = static_cast<Eigen::Index>(s.grid.n_tilts());
  ASSERT_EQ(modes.across.rows(), n);
  ASSERT_EQ(modes.across.cols(), n - 2);
  EXPECT_EQ(modes.bending(), 0);
  EXPECT_EQ(modes.precision.size(), n - 2);
  const Eigen::MatrixXd products = modes.across.transpose() * modes.across / static_cast<double>(n);
  EXPECT_LT((products - Eigen::MatrixXd::Identity(n - 2, n - 2)).cwiseAbs().maxCoeff(), 1e-12);
  Eigen::MatrixXd motions(n, 2);
  for (Eigen::Index i = 0; i < n; ++i)
    motions.row(i) << s.grid.cosines[static_cast<std::size_t>(i)],
        s.grid.sines[static_cast<std::size_t>(i)];
  EXPECT_LT((motions.transpose() * modes.across).cwiseAbs().maxCoeff(), 1e-12);
}

TEST(SlowModes, DomingMustBeWellKnownAndThere) {
  const Series s(3.0);
  const SlowModes modes = slow_modes(s.stack, s.state, s.grid, 2.8);
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Identity(6, 6);
  covariance(5, 5) = 0.04;  // 0.2 grid px
  EXPECT_TRUE(is_doming_seen(modes, covariance, 20.0));
  EXPECT_FALSE(is_doming_seen(modes, covariance, 30.0));
  Eigen::VectorXd q = Eigen::VectorXd::Constant(6, 9.0);
  q(5) = -0.7;
  EXPECT_TRUE(is_doming(modes, q, covariance));
  q(5) = 0.3;
  EXPECT_FALSE(is_doming(modes, q, covariance));
}

TEST(UndoMotion, PutsThePictureBack) {
  const auto motion = [](double x, double y) { return 1.3 + 4e-4 * (x * x + 0.5 * y * y); };
  const auto object = [](double x, double y) {
    return std::exp(-((x - 6) * (x - 6) + (y + 4) * (y + 4)) / 32.0);
  };
  Image<float> picture(64, 48);
  for (int y = 0; y < 48; ++y)
    for (int x = 0; x < 64; ++x) {
      double from = x - 32.0;  // what is seen at x comes from there
      for (int i = 0; i < 30; ++i) from = x - 32.0 - motion(from, y - 24.0);
      picture(x, y) = static_cast<float>(object(from, y - 24.0));
    }
  undo_motion([&](int x, int y) { return motion(x, y); }, SincTable(), picture);
  for (int y = 0; y < 48; ++y)
    for (int x = 8; x < 56; ++x)
      ASSERT_NEAR(static_cast<double>(picture(x, y)), object(x - 32.0, y - 24.0), 0.003);
}

}  // namespace
}  // namespace gimbal::tilt
