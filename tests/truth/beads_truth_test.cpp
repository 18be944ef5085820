// SPDX-License-Identifier: GPL-3.0-or-later
// Gold beads of simulated tilt series against their truth.
#include "support/bead_score.h"

#include "gimbal/core/parallel.h"
#include "gimbal/tilt/align.h"
#include "gimbal/tilt/align_methods.h"
#include "gimbal/tilt/bead_track.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace gimbal {
namespace {

sim::SeriesOptions small_series(int seed) {
  sim::SeriesOptions o;
  o.seed = seed;
  o.nx = o.ny = 512;
  o.tilt_step_deg = 8.0;
  o.specimen.n_beads = 10;
  o.specimen.n_particles = 0;
  o.specimen.n_vesicles = 0;
  o.specimen.n_proteins = 200;
  return o;
}

tilt::BeadTracks track(const testing::TrueSeries& series) {
  return tilt::track_beads(series.stack, tilt::nominal_alignment(series.stack), {});
}

void expect_all_found(const testing::BeadScore& score) {
  EXPECT_EQ(score.found, score.visible);
  EXPECT_EQ(score.false_tracks, 0);
  EXPECT_EQ(score.wrong_images, 0);
  EXPECT_GE(score.images, 0.98 * score.visible_images);
}

}  // namespace

TEST(Beads, AllAreFoundAndCentredNearTheBound) {
  const auto series = testing::make_true_series(small_series(1));
  const auto score = testing::score_beads(series, track(series));
  expect_all_found(score);
  EXPECT_LT(score.rms_px, 1.6 * score.bound_px);
  EXPECT_NEAR(score.expected_px, score.rms_px, 0.25 * score.rms_px);
}

TEST(Beads, StageShiftsTouchingBeadsAndBadTilts) {
  auto options = small_series(2);
  options.stage_shift_A = 250.0;
  options.specimen.n_touching_beads = 4;
  options.specimen.n_contaminants = 4;
  options.dark_tilts = {"4"};
  options.blocked_tilts = {"9"};
  options.dose_per_tilt_e_A2 = 2.0;
  const auto series = testing::make_true_series(options);
  expect_all_found(testing::score_beads(series, track(series)));
}

TEST(Beads, ShowThatTheAxisIsWrong) {
  auto series = testing::make_true_series(small_series(1));
  tilt::AlignOptions options;
  options.method = "fiducials";
  const auto verdict = [&] { return tilt::align(series.stack, options, nullptr).verdict; };
  EXPECT_EQ(verdict(), Verdict::pass);
  series.stack.nominal_axis_deg += 90.0;
  EXPECT_EQ(verdict(), Verdict::warn);
}

// Two beads are not enough to be sure.
TEST(Beads, AreComparedWithProjectionsWhenInDoubt) {
  auto wanted = small_series(4);
  wanted.specimen.n_beads = 2;
  wanted.specimen.n_particles = 20;
  const auto series = testing::make_true_series(wanted);
  const Alignment found = tilt::align(series.stack, {}, nullptr);
  const auto said = std::find_if(found.notes.begin(), found.notes.end(), [](const auto& note) {
    return note.find("projections to ") != std::string::npos;
  });
  ASSERT_NE(said, found.notes.end());
  EXPECT_EQ(said->find("projections to 0.000"), std::string::npos) << *said;
}

// Of two rows with one angle the later is taken for a repetition, but here the first one is wrong.
TEST(Beads, ShowWhichOfTwoTiltsHasAWrongAngle) {
  auto series = testing::make_true_series(small_series(1));
  constexpr std::size_t wrong = 3;
  double& angle_deg = series.stack.tilts[wrong].nominal_tilt_deg;
  angle_deg += angle_deg > 0.0 ? 8.0 : -8.0;
  tilt::AlignOptions how;
  how.method = "fiducials";
  const Alignment found = tilt::align(series.stack, how, nullptr);
  for (std::size_t t = 0; t < found.tilts.size(); ++t)
    EXPECT_EQ(found.tilts[t].state == TiltState::excluded, t == wrong)
        << found.tilts[t].nominal_tilt_deg << ": " << found.tilts[t].reason;
}

// Beads on one surface do not show how thick the specimen is, what lies between them does.
TEST(Beads, OnOneSurfaceLeaveTheThicknessToTheRest) {
  auto wanted = small_series(6);
  wanted.specimen.ice_thickness_A = 1500.0;
  wanted.specimen.n_particles = 25;
  const auto aligned = [](const sim::SeriesOptions& options) {
    auto series = testing::plan_true_series(options);
    for (auto& bead : series.plan.specimen.gold)
      bead.centre_A.z = 0.5 * options.specimen.ice_thickness_A;
    testing::render(series);
    tilt::AlignOptions how;
    how.method = "fiducials";
    return tilt::align(series.stack, how, nullptr);
  };
  const Alignment found = aligned(wanted);
  EXPECT_NEAR(found.thickness_A, 1500.0, 225.0);
  ASSERT_FALSE(found.tracks.empty());
  EXPECT_NEAR(std::abs(found.tracks.front().point_px.z) * found.pixel_A, 750.0, 110.0);
  wanted.specimen.n_particles = wanted.specimen.n_proteins = 0;
  EXPECT_EQ(aligned(wanted).thickness_A, 0.0);
}

// Beads of 15 nm that are taken for such of 10 would be centred on their rims.
TEST(Beads, AreOfTheSizeThatTheImagesShow) {
  auto wanted = small_series(5);
  wanted.specimen.bead_diameter_A = 150.0;
  const auto series = testing::make_true_series(wanted);
  const auto beads = track(series);
  EXPECT_NEAR(beads.diameter_px * wanted.pixel_A, 150.0, 25.0);
  ASSERT_EQ(beads.notes.size(), 2U);
  EXPECT_NE(beads.notes[1].find("not like the 10 nm that were given"), std::string::npos);
  const auto score = testing::score_beads(series, beads);
  expect_all_found(score);
  EXPECT_LT(score.rms_px, 2.0 * score.bound_px);
}

TEST(Beads, NoBeadsNoTracks) {
  auto options = small_series(3);
  options.specimen.n_beads = 0;
  options.specimen.n_particles = 20;
  EXPECT_TRUE(track(testing::make_true_series(options)).tracks.empty());
}

TEST(Beads, ThreadsDoNotChangeTheResult) {
  auto options = small_series(4);
  options.tilt_step_deg = 15.0;
  const auto series = testing::make_true_series(options);
  std::vector<tilt::BeadTracks> results;
  for (int threads : {1, 3}) Arena(threads).run([&] { results.push_back(track(series)); });
  ASSERT_EQ(results[0].tracks.size(), results[1].tracks.size());
  for (std::size_t i = 0; i < results[0].tracks.size(); ++i) {
    const auto &a = results[0].tracks[i].observations, &b = results[1].tracks[i].observations;
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t k = 0; k < a.size(); ++k) {
      EXPECT_EQ(a[k].position_px, b[k].position_px);
      EXPECT_EQ(a[k].sigma_px, b[k].sigma_px);
    }
  }
}

}  // namespace gimbal
