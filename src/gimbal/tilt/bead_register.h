// SPDX-License-Identifier: GPL-3.0-or-later
// The rough geometry of a series from its candidates alone: tilts are added one after the other to
// a growing three-dimensional model, each at the shift under which the model best explains its
// candidates, so that neither the stage nor a bad tilt in between matters.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/tilt/bead_match.h"
#include "gimbal/tilt/bead_model.h"

#include <vector>

namespace gimbal::tilt {

struct RegisterInput {
  Size2 size;
  std::vector<double> tilt_deg;
  std::vector<Vec2> start_px;                      // shifts, as far as they are known
  std::vector<std::vector<RegisterPoint>> points;  // for each tilt, the best first
  double axis_deg = 0.0;
  bool axis_known = true;
  double depth_sigma_px = 100.0;  // spread of the points along the beam
  double match_px = 3.0;          // how well a prediction fits when all is known
};

struct Registration {
  BeadModel model;
  std::vector<std::vector<int>> point_of;  // [tilt][candidate]: index of its point, or -1
  double score = 0.0;                      // log-likelihood ratio of all matches
  int n_placed = 0;
  double scale_px = 0.0;  // robust residual per axis
};

// Tilts that cannot be placed are left so. With an unknown axis, or when the given one leaves much
// unexplained, others are tried.
Registration register_beads(const RegisterInput& input);

}  // namespace gimbal::tilt
