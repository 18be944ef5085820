// SPDX-License-Identifier: GPL-3.0-or-later
// The true motion of a simulated movie: where specimen points of the first frame are in the others.
// Displacements are the specimen's, in pixels of the movie, and zero in the first frame; the shift
// that registers a frame to the first one is their negative.
#pragma once

#include "gimbal/core/geometry.h"
#include "gimbal/core/image.h"
#include "gimbal/data/motion_field.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace gimbal::sim {

// Extra displacement, in px, of the point that is at (x, y) px in frame 0. Smooth, and zero in
// frame 0.
using LocalDisplacement = std::function<Vec2(double x, double y, int frame)>;

struct TrueMotion {
  std::vector<Vec2> drift_px;  // one for each frame; empty: none
  LocalDisplacement local;     // empty: none

  Vec2 displacement(double x, double y, int frame) const;
  // What motion correction should report at (x, y): minus the displacement.
  Shift shift(double x, double y, int frame) const;
};

enum class DriftKind { none, linear, exponential, jitter, jump, mixed };

// A trajectory that ends `total_px` away (jitter: a random walk with steps of total / sqrt(n)).
// mixed: fast exponential settling, plus a linear part and jitter; jump: linear with a leap of a
// third of the total between two frames.
std::vector<Vec2> make_drift(DriftKind kind, int n_frames, Vec2 total_px, std::uint64_t seed);

// The displacement that RELION's polynomial describes: its shifts with the opposite sign.
LocalDisplacement polynomial_motion(const LocalMotionModel& model, Size2 size);

// What the beam does to a film in a hole: stretching and doming (linear and quadratic in the
// position), settling exponentially. rms_px is the rms over the field and over x and y together of
// the last frame's displacement, its mean removed.
LocalDisplacement beam_induced_motion(Size2 size, int n_frames, double rms_px, std::uint64_t seed);

// Smooth in space without being a polynomial: a few random long waves; same meaning of rms_px.
LocalDisplacement wavy_motion(Size2 size, int n_frames, double rms_px, std::uint64_t seed);

}  // namespace gimbal::sim
