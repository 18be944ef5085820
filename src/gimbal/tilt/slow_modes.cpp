// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/slow_modes.h"

#include "gimbal/core/units.h"

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

constexpr double expected_shift_A = 10.0, expected_doming_A = 10.0;
constexpr double expected_steps = 0.4;  // of the volume

const Projection& projection_of(const SlabState& state, Eigen::Index i) {
  const auto tilt = static_cast<std::size_t>(state.tilts[static_cast<std::size_t>(i)]);
  return state.projections[tilt];
}

// Functions of the tilt angle, of rms 1, that the first two columns do not make: those that the
// further columns make, and then any others.
Eigen::MatrixXd beside_first_two(const Eigen::MatrixXd& columns, Eigen::Index count) {
  const Eigen::Index n = columns.rows();
  Eigen::MatrixXd found(n, 2 + count);
  Eigen::Index n_found = 0;
  const auto add = [&](Eigen::VectorXd column) {
    constexpr double dependent = 1e-6;
    const double length = column.norm();
    for (int pass = 0; pass < 2; ++pass)  // twice is enough (Kahan)
      for (Eigen::Index i = 0; i < n_found; ++i) column -= found.col(i).dot(column) * found.col(i);
    if (column.norm() > dependent * length) found.col(n_found++) = column.normalized();
  };
  for (Eigen::Index k = 0; k < columns.cols(); ++k) add(columns.col(k));
  for (Eigen::Index i = 0; i < n && n_found < found.cols(); ++i) add(Eigen::VectorXd::Unit(n, i));
  return found.rightCols(count) * std::sqrt(static_cast<double>(n));
}

// What motions of the specimen make of the shifts across the axis, in the first two of `columns`.
void set_motions(const VolumeGrid& grid, Eigen::MatrixXd& columns) {
  for (int i = 0; i < grid.n_tilts(); ++i) {
    columns(i, 0) = grid.cosines[static_cast<std::size_t>(i)];
    columns(i, 1) = grid.sines[static_cast<std::size_t>(i)];
  }
}

Eigen::MatrixXd smooth_functions(const SlabState& state, const VolumeGrid& grid) {
  const int n = grid.n_tilts(), count = std::min(6, n / 4);
  double low = 1e300, high = -1e300;
  const auto angle = [&](int i) { return projection_of(state, i).y_tilt_deg; };
  for (int i = 0; i < n; ++i) low = std::min(low, angle(i)), high = std::max(high, angle(i));
  Eigen::MatrixXd basis(n, 2 + count);
  set_motions(grid, basis);
  for (int i = 0; i < n; ++i) {
    const double x = std::clamp(2.0 * (angle(i) - low) / (high - low) - 1.0, -1.0, 1.0);
    for (int k = 0; k < count; ++k)
      basis(i, 2 + k) = std::cos((k + 2) * std::acos(x));  // Chebyshev
  }
  return beside_first_two(basis, count);
}

// Saturates as doming does. The specimen is as the volume shows it where depths are seen on
// average: another shape would be another volume.
DeformationModel dose_course(const Stack& stack, const SlabState& state) {
  double low = 1e300, high = -1e300, sum = 0.0, squares = 0.0;
  for (const int t : state.tilts) {
    const double dose = stack.tilts[static_cast<std::size_t>(t)].pre_exposure_e_A2;
    low = std::min(low, dose), high = std::max(high, dose);
  }
  DeformationModel course;
  if (!(high > low)) return course;
  course.dose_scale_e_A2 = high - low;
  for (const int t : state.tilts) {
    const auto at = static_cast<std::size_t>(t);
    const double sine = std::sin(rad_from_deg(state.projections[at].y_tilt_deg));
    sum += sine * sine * std::exp(-stack.tilts[at].pre_exposure_e_A2 / course.dose_scale_e_A2);
    squares += sine * sine;
  }
  if (!(sum > 0.0)) return course;
  course.reference_dose_e_A2 = -course.dose_scale_e_A2 * std::log(sum / squares);
  // 1 over the whole dose.
  const double first = std::exp(-low / course.dose_scale_e_A2);
  const double unit = 1.0 / (first * -std::expm1(-1.0));
  course.z = {0.0, 0.0, unit, 0.0, unit, 0.0};
  return course;
}

}  // namespace

SlowModes slow_modes(const Stack& stack, const SlabState& state, const VolumeGrid& grid,
                     double by_strengths) {
  SlowModes modes;
  modes.across = smooth_functions(state, grid);
  modes.half = 0.5 * std::max(stack.full_size.nx, stack.full_size.ny) / grid.step_px;
  modes.course = dose_course(stack, state);
  if (!modes.course.empty()) {
    modes.bend.resize(grid.n_tilts());
    for (Eigen::Index i = 0; i < modes.bend.size(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      const auto& tilt = stack.tilts[static_cast<std::size_t>(state.tilts[at])];
      modes.bend(i) = grid.sines[at] * modes.course.at({1.0, 0.0, 0.0}, tilt.pre_exposure_e_A2).z;
    }
  }
  const double step_A = grid.step_px * stack.full_pixel_A;
  modes.precision = Eigen::VectorXd::Constant(modes.moving() + modes.bending(),
                                              std::pow(step_A / expected_shift_A, 2));
  modes.precision.tail(modes.bending())
      .setConstant(std::pow(by_strengths * step_A / expected_doming_A, 2));
  return modes;
}

SlowModes free_modes(const VolumeGrid& grid) {
  const int n = grid.n_tilts();
  Eigen::MatrixXd motions(n, 2);
  set_motions(grid, motions);
  SlowModes modes;
  modes.across = beside_first_two(motions, n - 2);
  modes.precision = Eigen::VectorXd::Constant(n - 2, std::pow(expected_steps, -2));
  return modes;
}

void move_by(const SlowModes& modes, const Eigen::VectorXd& q, const VolumeGrid& grid,
             SlabState& state) {
  move_across(grid.step_px * modes.across * q.head(modes.moving()), state);
  if (modes.bending() == 0) return;
  if (state.deformation.empty()) {
    state.deformation = modes.course;
    state.deformation.z.assign(6, 0.0);
  }
  const double half_px = modes.half * grid.step_px,
               unit = grid.step_px * modes.course.z[2] / (half_px * half_px);
  for (const std::size_t k : {2U, 4U}) state.deformation.z[k] += unit * q(modes.moving());
}

void move_across(const Eigen::VectorXd& px, SlabState& state) {
  for (std::size_t i = 0; i < state.tilts.size(); ++i) {
    auto& p = state.projections[static_cast<std::size_t>(state.tilts[i])];
    const double x = px(static_cast<Eigen::Index>(i)), turn = rad_from_deg(p.z_rot_deg);
    p.shift_px = p.shift_px + Vec2{std::cos(turn) * x, std::sin(turn) * x};
  }
}

Eigen::MatrixXd mean_motions(const SlowModes& modes) {
  Eigen::MatrixXd motions = Eigen::MatrixXd::Zero(modes.across.rows(), modes.precision.size());
  motions.leftCols(modes.moving()) = modes.across;
  constexpr double mean_square = 2.0 / 3.0;  // of the distance, over a square
  if (modes.bending() > 0) motions.col(modes.moving()) = mean_square * modes.bend;
  return motions;
}

bool is_doming_seen(const SlowModes& modes, const Eigen::MatrixXd& covariance, double step_A) {
  constexpr double largest_A = 0.5 * expected_doming_A;
  return modes.bending() > 0 &&
         step_A * std::sqrt(covariance(modes.moving(), modes.moving())) < largest_A;
}

bool is_doming(const SlowModes& modes, const Eigen::VectorXd& q,
               const Eigen::MatrixXd& covariance) {
  constexpr double by_chance = 2.0;
  return std::abs(q(modes.moving())) >
         by_chance * std::sqrt(covariance(modes.moving(), modes.moving()));
}

}  // namespace gimbal::tilt
