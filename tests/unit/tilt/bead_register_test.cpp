// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/bead_register.h"

#include "gimbal/core/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

struct Scene {
  BeadModel truth;
  RegisterInput input;
};

struct SceneOptions {
  int n_points = 20, n_tilts = 21, n_spurious = 5;
  double field = 1000.0, depth = 80.0, stage_px = 50.0, axis_error_deg = 1.0;
  double lowest_deg = -60.0, step_deg = 6.0;
  std::uint64_t seed = 1;
};

Scene make_scene(const SceneOptions& o) {
  Scene scene;
  Random random(o.seed);
  const auto anywhere = [&](double width) { return width * (random.uniform() - 0.5); };
  scene.truth.axis_deg = 85.0;
  scene.input.axis_deg = 85.0 + o.axis_error_deg;
  scene.input.size = {static_cast<int>(o.field), static_cast<int>(o.field)};
  for (int i = 0; i < o.n_points; ++i) {
    const double x = anywhere(0.95 * o.field), y = anywhere(0.95 * o.field);
    scene.truth.points.push_back({x, y, anywhere(2.0 * o.depth)});
  }
  for (int t = 0; t < o.n_tilts; ++t) {
    BeadPose pose;
    pose.tilt_deg = o.lowest_deg + t * o.step_deg;
    const double x = o.stage_px * random.normal(), y = o.stage_px * random.normal();
    pose.shift_px = {x, y};
    scene.truth.tilts.push_back(pose);
    scene.input.tilt_deg.push_back(pose.tilt_deg);
    scene.input.start_px.emplace_back();
    auto& points = scene.input.points.emplace_back();
    for (const Vec3 p : scene.truth.points) {
      const double u = 0.3 * random.normal(), v = 0.3 * random.normal();
      const Vec2 at = scene.truth.predict(t, p) + Vec2{u, v};
      if (std::abs(at.x) < 0.5 * o.field && std::abs(at.y) < 0.5 * o.field &&
          random.uniform() < 0.95)
        points.push_back({at, 0.9});
    }
    for (int i = 0; i < o.n_spurious; ++i) {
      const double u = anywhere(o.field), v = anywhere(o.field);
      points.push_back({{u, v}, 0.6});
    }
  }
  return scene;
}

// rms distance between predictions of the truth and of the model, for the points it has found.
double error_of(const Scene& scene, const Registration& found) {
  double squares = 0.0;
  int n = 0;
  for (std::size_t t = 0; t < scene.truth.tilts.size(); ++t)
    for (std::size_t k = 0; k < found.point_of[t].size(); ++k) {
      const int i = found.point_of[t][k];
      if (i < 0 || !found.model.tilts[t].placed) continue;
      const Vec2 at = scene.input.points[t][k].position_px;
      const bool real = std::any_of(
          scene.truth.points.begin(), scene.truth.points.end(),
          [&](Vec3 p) { return length(scene.truth.predict(static_cast<int>(t), p) - at) < 2.0; });
      if (!real) continue;
      const Vec2 off = found.model.predict(static_cast<int>(t),
                                           found.model.points[static_cast<std::size_t>(i)]) -
                       at;
      squares += off.x * off.x + off.y * off.y;
      ++n;
    }
  return n == 0 ? 1e9 : std::sqrt(squares / n);
}

void expect_registered(const SceneOptions& options, bool axis_known = true) {
  Scene scene = make_scene(options);
  scene.input.axis_known = axis_known;
  const Registration found = register_beads(scene.input);
  EXPECT_EQ(found.n_placed, options.n_tilts);
  EXPECT_LT(error_of(scene, found), 0.8);
  const double off = std::remainder(found.model.axis_deg - scene.truth.axis_deg, 180.0);
  EXPECT_LT(std::abs(off), 0.3);
}

}  // namespace

TEST(BeadModel, RefineRecoversExactGeometry) {
  SceneOptions options;
  options.n_spurious = 0;
  const Scene scene = make_scene(options);
  BeadModel model = scene.truth;
  model.axis_deg += 2.0;
  std::vector<Sighting> sightings;
  for (int t = 0; t < options.n_tilts; ++t)
    for (int i = 0; i < options.n_points; ++i)
      sightings.push_back({t, i,
                           scene.truth.predict(t, scene.truth.points[static_cast<std::size_t>(i)]),
                           0.1, 1.0});
  for (auto& tilt : model.tilts) tilt.shift_px = tilt.shift_px + Vec2{8.0, -5.0};
  RefineOptions refining;
  refining.steps = 12;
  refining.depth_sigma_px = 1e4;
  refine(model, sightings, refining);
  EXPECT_NEAR(model.axis_deg, 85.0, 1e-3);
  for (const auto& s : sightings)
    EXPECT_LT(length(model.predict(s.tilt, model.points[static_cast<std::size_t>(s.point)]) -
                     s.position_px),
              0.01);
}

TEST(BeadRegister, FollowsTheStage) {
  expect_registered({});
  expect_registered({.stage_px = 180.0, .seed = 2});
}

TEST(BeadRegister, FewBeadsAndManyFalseOnes) {
  expect_registered({.n_points = 5, .n_spurious = 8, .stage_px = 15.0, .seed = 3});
}

TEST(BeadRegister, OneSided) {
  expect_registered({.n_points = 10, .n_tilts = 13, .lowest_deg = 0.0, .step_deg = 5.0, .seed = 4});
}

TEST(BeadRegister, FindsAWrongAxis) {
  expect_registered({.axis_error_deg = 10.0, .seed = 5});
  expect_registered({.axis_error_deg = 55.0, .seed = 6}, false);
}

TEST(BeadRegister, NothingToSee) {
  RegisterInput input;
  input.size = {100, 100};
  input.tilt_deg = {0.0, 3.0};
  input.start_px.resize(2);
  input.points.resize(2);
  EXPECT_EQ(register_beads(input).n_placed, 0);
}

}  // namespace gimbal::tilt
