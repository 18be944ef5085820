// SPDX-License-Identifier: GPL-3.0-or-later
// The motion of one movie: a shift per frame, and RELION's third-order polynomial of local motion.
// A shift is what is applied to a frame to register it to the first used frame: minus the
// specimen's drift. Units: unbinned pixels of the movie. Frames count from 0 here, from 1 in STAR
// files.
#pragma once

#include "gimbal/core/image.h"

#include <array>
#include <optional>
#include <vector>

namespace gimbal {

struct Shift {
  double x = 0.0;
  double y = 0.0;
};

// RELION's local model, per axis 18 coefficients: {1, x, x^2, y, y^2, x y} times {z, z^2, z^3},
// index 3 * space + time; x = px / nx - 0.5, y likewise, z = frames after the first used one. In
// unbinned px.
struct LocalMotionModel {
  static constexpr int n_coefficients = 18;
  std::array<double, n_coefficients> x{};
  std::array<double, n_coefficients> y{};
  Shift at(double x_fraction, double y_fraction, double z) const;
};

struct MotionField {
  Size2 size;                 // of the unbinned frames
  int first_frame = 0;        // the first used frame: its shift is zero
  std::vector<Shift> global;  // one for each used frame
  std::optional<LocalMotionModel> local;

  int n_frames() const { return static_cast<int>(global.size()); }
  // Shift applied at an unbinned pixel position to used frame i (0 .. n_frames()-1).
  Shift at(double px, double py, int i) const;
};

}  // namespace gimbal
