// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/solve.h"

#include "gimbal/core/error.h"
#include "gimbal/core/random.h"
#include "gimbal/sim/pulls.h"
#include "gimbal/sim/reference.h"
#include "gimbal/sim/tracks.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal {
namespace {

struct Scene {
  sim::SeriesOptions series;
  sim::TrackOptions tracks;

  Scene() {
    series.specimen = {.n_beads = 1, .n_particles = 0, .n_proteins = 0, .n_vesicles = 0};
    series.angle_error_deg = 0.03;
    series.magnification_error = 0.0005;
  }
  sim::SimulatedTracks made() const {
    return sim::simulate_tracks(sim::plan_series(series, 0), tracks);
  }
  double error_px(const sim::SimulatedTracks& made, const Alignment& result) const {
    const SlabGrid grid{.width_px = 0.8 * series.nx,
                        .height_px = 0.8 * series.ny,
                        .thickness_px = tracks.thickness_A / series.pixel_A};
    return reprojection_error(made.truth, result, grid, Placing::each_point).mean_px;
  }
};

bool says(const Alignment& alignment, const std::string& text) {
  for (const std::string& note : alignment.notes)
    if (note.find(text) != std::string::npos) return true;
  return false;
}

TEST(Solve, ExactObservationsGiveTheTruth) {
  Scene scene;
  scene.tracks.noise_px = 0.0;
  scene.tracks.start_axis_error_deg = 4.0;
  const auto made = scene.made();
  const Alignment result = tilt::solve(made.start);
  EXPECT_LT(scene.error_px(made, result), 1e-3);
  EXPECT_LT(result.residual_px, 1e-3);
  EXPECT_EQ(result.verdict, Verdict::pass);
}

TEST(Solve, NoiseGivesErrorsNearTheStatisticalLimit) {
  // 25 beads, 0.2 px: a shift alone is known to 0.2 * sqrt(2 / 25) = 0.057 px.
  Scene scene;
  const auto made = scene.made();
  const Alignment result = tilt::solve(made.start);
  EXPECT_LT(scene.error_px(made, result), 0.095);
  EXPECT_NEAR(result.residual_px, 0.2 * std::sqrt(2.0), 0.03);
  EXPECT_GT(result.leave_out_px, result.residual_px);
}

TEST(Solve, OutliersCountForNothing) {
  Scene scene;
  scene.tracks.outliers = 0.1;
  const auto made = scene.made();
  const Alignment result = tilt::solve(made.start);
  EXPECT_LT(scene.error_px(made, result), 0.105);
}

TEST(Solve, ABadTiltIsReportedAndHarmsNoOther) {
  Scene scene;
  auto made = scene.made();
  Random random(3);
  for (Track& track : made.start.tracks)
    for (Observation& o : track.observations)
      if (o.tilt == 7) {
        const double x = random.normal(), y = random.normal();
        o.position_px = o.position_px + 15.0 * Vec2{x, y};
      }
  const Alignment result = tilt::solve(made.start);
  EXPECT_EQ(result.tilts[7].state, TiltState::excluded);
  EXPECT_NE(result.tilts[7].reason.find("do not agree"), std::string::npos);
  EXPECT_LT(scene.error_px(made, result), 0.095);
  EXPECT_NEAR(result.tilts[7].projection.y_tilt_deg, result.tilts[7].nominal_tilt_deg, 0.2);
}

TEST(Solve, FindsTheAxisFromNothing) {
  Scene scene;
  scene.tracks.start_axis_error_deg = 71.0;
  const auto made = scene.made();
  tilt::SolveOptions options;
  options.axis_known = false;
  const Alignment result = tilt::solve(made.start, options);
  EXPECT_LT(scene.error_px(made, result), 0.095);
  EXPECT_NEAR(result.tilts[20].projection.z_rot_deg, 85.6, 0.2);
  EXPECT_TRUE(says(result, "mirrors the specimen"));
}

TEST(Solve, DomingIsModelled) {
  Scene scene;
  scene.series.doming_A = 16.2;  // 3 px
  const auto made = scene.made();
  const Alignment with = tilt::solve(made.start);
  tilt::SolveOptions options;
  options.deformation = tilt::Freedom::off;
  const Alignment without = tilt::solve(made.start, options);
  EXPECT_FALSE(with.deformation.empty());
  EXPECT_TRUE(without.deformation.empty());
  EXPECT_LT(scene.error_px(made, with), 0.095);
  EXPECT_GT(scene.error_px(made, without), 0.115);
}

TEST(Solve, StandardErrorsAreCalibrated) {
  // 68 % within one standard error; 7 points are allowed for chance and small samples.
  sim::Pulls all;
  const auto append = [](std::vector<double>& sum, const std::vector<double>& more) {
    sum.insert(sum.end(), more.begin(), more.end());
  };
  for (int seed = 1; seed <= 4; ++seed) {
    Scene scene;
    scene.series.seed = seed;
    scene.series.doming_A = 16.2;
    scene.series.shrinkage = seed % 2 == 0 ? 0.05 : 0.0;
    scene.tracks.seed = static_cast<std::uint64_t>(seed);
    scene.tracks.sigma_px = 0.1;  // believed to be half of what it is
    const auto made = scene.made();
    const sim::Pulls pulls = sim::pulls_of(made.truth, tilt::solve(made.start), {});
    append(all.shift, pulls.shift);
    append(all.rotation, pulls.rotation);
    append(all.tilt_angle, pulls.tilt_angle);
    append(all.magnification, pulls.magnification);
  }
  EXPECT_NEAR(sim::part_within_one(all.shift), 0.68, 0.07);
  EXPECT_NEAR(sim::part_within_one(all.rotation), 0.68, 0.07);
  EXPECT_NEAR(sim::part_within_one(all.tilt_angle), 0.68, 0.07);
  EXPECT_NEAR(sim::part_within_one(all.magnification), 0.68, 0.07);
}

// Errors of 0.1 px along the tilt axis and 0.5 px across it.
sim::SimulatedTracks with_different_errors(const Scene& scene, std::uint64_t seed) {
  auto made = scene.made();
  Random random(seed);
  const double axis = rad_from_deg(made.truth.views.front().projection.z_rot_deg);
  for (Track& track : made.start.tracks)
    for (Observation& o : track.observations) {
      const double along = 0.1 * random.normal(), across = 0.5 * random.normal();
      o.position_px = o.position_px + Vec2{across * std::cos(axis) - along * std::sin(axis),
                                           across * std::sin(axis) + along * std::cos(axis)};
    }
  return made;
}

TEST(Solve, ErrorsThatDifferAlongAndAcrossTheAxisAreWeighed) {
  tilt::SolveOptions aware;
  aware.errors_differ = true;
  double error_px = 0.0, alike_px = 0.0;
  std::vector<double> along, across, rotation;  // pulls
  for (int seed = 1; seed <= 3; ++seed) {
    Scene scene;
    scene.series.seed = seed;
    scene.series.tilt_axis_deg = 89.4;  // with the error: so that x is along it, and y across
    scene.tracks.seed = static_cast<std::uint64_t>(seed);
    scene.tracks.noise_px = 0.0;
    const auto made = with_different_errors(scene, 7 + static_cast<std::uint64_t>(seed));
    const Alignment result = tilt::solve(made.start, aware);
    error_px += scene.error_px(made, result);
    alike_px += scene.error_px(made, tilt::solve(made.start));
    EXPECT_TRUE(says(result, "across the tilt axis are 5.") ||
                says(result, "across the tilt axis are 4."));
    double along2 = 0.0, count = 0.0;  // residuals are in px, not weighed
    for (const Track& track : result.tracks)
      for (const Observation& o : track.observations)
        along2 += o.residual_px.x * o.residual_px.x, count += 1.0;
    EXPECT_NEAR(std::sqrt(along2 / count), 0.1, 0.02);
    const sim::Pulls pulls = sim::pulls_of(made.truth, result, {});
    for (std::size_t i = 0; i < pulls.shift.size(); i += 2) {
      along.push_back(pulls.shift[i]);
      across.push_back(pulls.shift[i + 1]);
    }
    rotation.insert(rotation.end(), pulls.rotation.begin(), pulls.rotation.end());
  }
  EXPECT_LT(error_px, 0.8 * alike_px)
      << sim::part_within_one(along) << " " << sim::part_within_one(across) << " "
      << sim::part_within_one(rotation);
  EXPECT_NEAR(sim::part_within_one(along), 0.68, 0.1);
  EXPECT_NEAR(sim::part_within_one(across), 0.68, 0.1);
  EXPECT_NEAR(sim::part_within_one(rotation), 0.68, 0.1);
}

TEST(Solve, FewTracksGiveWhatTheyCan) {
  for (int n : {1, 2, 3}) {
    Scene scene;
    scene.tracks.n_tracks = n;
    const auto made = scene.made();
    const Alignment result = tilt::solve(made.start);
    EXPECT_LT(scene.error_px(made, result), 1.0) << n;
    if (n < 3) {
      EXPECT_EQ(result.verdict, Verdict::warn);
    }
  }
}

TEST(Solve, NothingToSolveIsRefused) {
  Scene scene;
  auto made = scene.made();
  for (Track& track : made.start.tracks) track.observations.resize(2);
  EXPECT_THROW(tilt::solve(made.start), Error);
  made.start.tracks.clear();
  EXPECT_THROW(tilt::solve(made.start), Error);
}

}  // namespace
}  // namespace gimbal
