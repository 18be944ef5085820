// SPDX-License-Identifier: GPL-3.0-or-later
// Alignment without markers of simulated tilt series, against their truth.
#include "support/true_series.h"

#include "gimbal/core/random.h"
#include "gimbal/core/units.h"
#include "gimbal/sim/reference.h"
#include "gimbal/tilt/align.h"
#include "gimbal/tilt/scale_steps.h"
#include "gimbal/tilt/slab_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace gimbal {
namespace {

sim::SeriesOptions series_without_markers(int seed) {
  sim::SeriesOptions o;
  o.seed = seed;
  o.nx = o.ny = 512;
  o.pixel_A = 8.0;
  o.tilt_step_deg = 6.0;
  o.specimen.n_beads = 0;
  return o;
}

class Projections : public ::testing::TestWithParam<int> {};

TEST_P(Projections, AlignASeriesWithoutMarkers) {
  const auto series = gimbal::testing::make_true_series(series_without_markers(GetParam()));
  tilt::AlignOptions options;
  options.method = "projection";
  const Alignment found = tilt::align(series.stack, options, nullptr);
  const auto& o = series.plan.options;
  const SlabGrid grid{0.9 * o.nx, 0.9 * o.ny, o.specimen.ice_thickness_A / o.pixel_A};
  const auto error =
      reprojection_error(sim::truth_of(series.plan), found, grid, Placing::each_point);
  EXPECT_LT(error.mean_px, 0.4);  // measured: 0.15, 0.20 and 0.27 px
  for (const AlignedTilt& tilt : found.tilts) EXPECT_EQ(tilt.state, TiltState::used) << tilt.key;
  EXPECT_NE(found.verdict, Verdict::fail) << found.notes.front();
  const auto errors = shift_errors_px(sim::truth_of(series.plan), found);
  double squares = 0.0, expected = 0.0;
  for (std::size_t t = 0; t < errors.size(); ++t) {
    squares += std::pow(length(errors[t]), 2);
    expected += std::pow(length(found.tilts[t].standard_error.shift_px), 2);
  }
  const double ratio = std::sqrt(squares / expected);
  EXPECT_LT(ratio, 1.8);  // measured: 1.15, 1.29 and 1.13
  EXPECT_GT(ratio, 0.6);
}

// The true alignment, to put errors on.
tilt::SlabState true_state(const gimbal::testing::TrueSeries& series) {
  tilt::SlabState state = slab_start(series.stack, series.truth, {});
  state.tilts = state.candidates;
  state.thickness_px = series.plan.options.specimen.ice_thickness_A / series.stack.full_pixel_A;
  return state;
}

double mean_shift_error_px(const gimbal::testing::TrueSeries& series,
                           const tilt::SlabState& state) {
  Alignment found = series.truth;
  for (std::size_t t = 0; t < found.tilts.size(); ++t)
    found.tilts[t].projection = state.projections[t];
  double sum = 0.0;
  for (const Vec2 e : shift_errors_px(sim::truth_of(series.plan), found)) sum += length(e);
  return sum / static_cast<double>(found.tilts.size());
}

// Errors that the slab model cannot see.
TEST(SlowErrors, AreTakenAway) {
  const auto series = gimbal::testing::make_true_series(series_without_markers(4));
  tilt::SlabState state = true_state(series);
  for (Projection& p : state.projections) {
    const double error_px = 15.0 * std::sin(3.0 * rad_from_deg(p.y_tilt_deg));
    const double turn = rad_from_deg(p.z_rot_deg);
    p.shift_px = p.shift_px + Vec2{std::cos(turn) * error_px, std::sin(turn) * error_px};
  }
  EXPECT_GT(mean_shift_error_px(series, state), 5.0);
  const double axis_deg = state.projections.front().z_rot_deg;
  tilt::SlabOptions options;
  options.axis_range_deg = 0.0;
  remove_slow_errors(series.stack, options, state);
  EXPECT_LT(mean_shift_error_px(series, state), 0.15);  // measured: 0.05 px of 6
  EXPECT_EQ(state.projections.front().z_rot_deg, axis_deg);
  EXPECT_TRUE(state.deformation.empty());
}

TEST(SlowErrors, OfTheAxisAreTakenAway) {
  const auto series = gimbal::testing::make_true_series(series_without_markers(4));
  tilt::SlabState state = true_state(series);
  const double true_deg = state.projections.front().z_rot_deg;
  for (Projection& p : state.projections) p.z_rot_deg -= 0.3;
  remove_slow_errors(series.stack, {}, state);
  EXPECT_NEAR(state.projections.front().z_rot_deg, true_deg, 0.08);  // measured: 0.01
}

// Fields of fewer pixels, and fewer tilts: the direction does not need more.
gimbal::testing::TrueSeries small_series(double angle_offset_deg = 0.0, double x_tilt_deg = 0.0) {
  sim::SeriesOptions o = series_without_markers(1);
  o.angle_offset_deg = angle_offset_deg;
  o.x_tilt_deg = x_tilt_deg;
  o.nx = o.ny = 256;
  o.pixel_A = 14.0;
  o.tilt_step_deg = 10.0;
  return gimbal::testing::make_true_series(o);
}

bool is_said(const Alignment& alignment, const std::string& words) {
  for (const std::string& note : alignment.notes)
    if (note.find(words) != std::string::npos) return true;
  return false;
}

double axis_error_deg(const gimbal::testing::TrueSeries& series, const Alignment& found) {
  return std::remainder(
      found.tilts.front().projection.z_rot_deg - series.truth.tilts.front().projection.z_rot_deg,
      180.0);
}

TEST(TiltAxis, IsFoundFromNothingWithoutMarkers) {
  auto series = small_series();
  series.stack.axis_known = false;
  series.stack.nominal_axis_deg = 0.0;
  tilt::AlignOptions options;
  options.method = "projection";
  const Alignment found = tilt::align(series.stack, options, nullptr);
  EXPECT_NEAR(axis_error_deg(series, found), 0.0, 0.5);  // measured: 0.01
  EXPECT_NE(found.verdict, Verdict::pass);
  EXPECT_TRUE(is_said(found, "cannot tell it from the opposite direction"));
}

TEST(Levelling, WithoutMarkersCorrectsTheAngles) {
  const auto series = small_series(7.0, -5.0);
  tilt::AlignOptions options;
  options.method = "projection";
  const Alignment found = tilt::align(series.stack, options, nullptr);
  EXPECT_NEAR(found.y_offset_deg.value_or(0.0), 7.0, 0.5);
  EXPECT_NEAR(found.x_offset_deg.value_or(0.0), -5.0, 2.0);
  for (std::size_t t = 0; t < found.tilts.size(); ++t)
    EXPECT_NEAR(found.tilts[t].projection.y_tilt_deg, series.truth.tilts[t].projection.y_tilt_deg,
                0.5);
}

// From the 11th tilt of a dose-symmetric scheme on: at both ends of the range.
gimbal::testing::TrueSeries series_with_jump(double jump) {
  sim::SeriesOptions o = series_without_markers(5);
  o.nx = o.ny = 384;
  o.pixel_A = 10.0;
  o.magnification_jump = jump;
  o.magnification_jump_at = 11;
  return gimbal::testing::make_true_series(o);
}

TEST(MagnificationJump, IsFoundInTrueViews) {
  for (const double jump : {0.0, -0.01}) {
    const auto series = series_with_jump(jump);
    std::vector<Projection> projections;
    for (const AlignedTilt& tilt : series.truth.tilts) {
      projections.push_back(tilt.projection);
      projections.back().magnification = 1.0;
    }
    const std::vector<bool> used(projections.size(), true);
    const auto steps = scale_steps(series.stack, projections, used);
    if (jump == 0.0) {
      EXPECT_TRUE(steps.empty());
      continue;
    }
    ASSERT_EQ(steps.size(), 2U) << jump;
    EXPECT_NEAR(steps.front().change, -jump, 0.003);  // measured: 0.001
    EXPECT_NEAR(steps.back().change, jump, 0.003);
    projections = rescaled(std::move(projections), steps);
    for (std::size_t t = 0; t < projections.size(); ++t)
      EXPECT_NEAR(projections[t].magnification, series.truth.tilts[t].projection.magnification,
                  0.003)
          << series.truth.tilts[t].nominal_tilt_deg;
  }
}

TEST(MagnificationJump, IsFollowedWithoutMarkersAndWarnedOf) {
  const auto series = series_with_jump(0.015);
  const auto& o = series.plan.options;
  const SlabGrid grid{0.9 * o.nx, 0.9 * o.ny, o.specimen.ice_thickness_A / o.pixel_A};
  tilt::AlignOptions options;
  options.method = "projection";
  const Alignment found = tilt::align(series.stack, options, nullptr);
  const auto error =
      reprojection_error(sim::truth_of(series.plan), found, grid, Placing::each_point);
  EXPECT_LT(error.mean_px, 0.6);  // measured: 0.17
  EXPECT_TRUE(is_said(found, "The magnification changes by +1."));
  EXPECT_TRUE(is_said(found, "The magnification changes by -1."));
  EXPECT_TRUE(is_said(found, "RELION's own columns cannot say it"));
  EXPECT_EQ(found.verdict, Verdict::warn);
}

class WrongAxis : public ::testing::TestWithParam<double> {};

TEST_P(WrongAxis, IsReplacedWithAWarning) {
  auto series = small_series();
  series.stack.nominal_axis_deg += GetParam();
  tilt::AlignOptions options;
  options.method = "projection";
  const Alignment found = tilt::align(series.stack, options, nullptr);
  EXPECT_NEAR(axis_error_deg(series, found), 0.0, 0.5);
  EXPECT_NE(found.verdict, Verdict::pass);
  EXPECT_TRUE(is_said(found, "agree much better with it at"));
}

INSTANTIATE_TEST_SUITE_P(Degrees, WrongAxis, ::testing::Values(25.0, 90.0));

TEST(TiltAxis, ThatIsRightIsNotDoubted) {
  const auto series = small_series();
  tilt::AlignOptions options;
  options.method = "projection";
  const Alignment found = tilt::align(series.stack, options, nullptr);
  EXPECT_FALSE(is_said(found, "tilt axis"));
}

// Anywhere within 40 % of the field: the first image may lie at a corner of what others show.
TEST(StageShifts, LargeOnesAreFollowedWithoutMarkers) {
  auto series = gimbal::testing::plan_true_series(series_without_markers(5));
  Random random(5);
  for (std::size_t t = 0; t < series.plan.tilts.size(); ++t) {
    Vec2& shift_px = series.plan.tilts[t].shift_px;
    shift_px = {409.6 * (random.uniform() - 0.5), 409.6 * (random.uniform() - 0.5)};
    series.truth.tilts[t].projection.shift_px = shift_px;
  }
  series.plan.tilts.front().shift_px = {-200.0, 190.0};
  gimbal::testing::render(series);
  tilt::AlignOptions options;
  options.method = "projection";
  const Alignment found = tilt::align(series.stack, options, nullptr);
  int used = 0;
  for (const AlignedTilt& tilt : found.tilts) used += tilt.state == TiltState::used ? 1 : 0;
  EXPECT_GE(used, 19);  // of 21
  const auto& o = series.plan.options;
  const SlabGrid grid{0.9 * o.nx, 0.9 * o.ny, o.specimen.ice_thickness_A / o.pixel_A};
  const auto error =
      reprojection_error(sim::truth_of(series.plan), found, grid, Placing::each_point);
  EXPECT_LT(error.mean_px, 2.0);  // measured: 1.1; a tilt at a wrong place adds 5 and more
}

// Its angle is also that of another tilt, which is right and must not be the one that is left out.
TEST(WrongAngle, OfOneTiltIsFound) {
  auto series = gimbal::testing::make_true_series(series_without_markers(4));
  constexpr std::size_t wrong = 5;
  tilt::StackTilt& tilt = series.stack.tilts[wrong];
  tilt.nominal_tilt_deg += tilt.nominal_tilt_deg > 0.0 ? 6.0 : -6.0;
  tilt::AlignOptions options;
  options.method = "projection";
  const Alignment found = tilt::align(series.stack, options, nullptr);
  for (std::size_t t = 0; t < found.tilts.size(); ++t)
    EXPECT_EQ(found.tilts[t].state == TiltState::excluded, t == wrong) << found.tilts[t].reason;
  EXPECT_NE(found.tilts[wrong].reason.find("is its angle right?"), std::string::npos);
}

TEST(Edge, OfCarbonHasOneDirection) {
  auto wanted = series_without_markers(2);
  const auto variety = [](const sim::SeriesOptions& options) {
    const auto series = gimbal::testing::make_true_series(options);
    return tilt::variety_of_directions(tilt::slab_level(series.stack, 60.0), true_state(series));
  };
  EXPECT_GT(variety(wanted), 0.4);
  wanted.specimen.n_particles = wanted.specimen.n_proteins = wanted.specimen.n_vesicles = 0;
  wanted.specimen.carbon_thickness_A = 200.0;
  EXPECT_LT(variety(wanted), 0.2);
}

// Few beads leave a doubt: projections are tried, too, and both are scored.
TEST(Auto, ComparesBeadsWithProjections) {
  sim::SeriesOptions o = series_without_markers(5);
  o.nx = o.ny = 256;
  o.pixel_A = 14.0;
  o.tilt_step_deg = 10.0;
  o.specimen.n_beads = 3;
  const auto series = gimbal::testing::make_true_series(o);
  tilt::AlignOptions options;
  options.method = "auto";
  const Alignment found = tilt::align(series.stack, options, nullptr);
  EXPECT_TRUE(is_said(found, "projections to "));
  EXPECT_FALSE(is_said(found, "projections to 0.0"));  // measured: 0.247, beads 0.254
}

INSTANTIATE_TEST_SUITE_P(Seeds, Projections, ::testing::Values(1, 2, 3));

}  // namespace
}  // namespace gimbal
