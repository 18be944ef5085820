// SPDX-License-Identifier: GPL-3.0-or-later
// Whether standard errors are honest: errors against the truth in units of the standard errors, two
// thirds of which (68 %) should be within 1.
#pragma once

#include "gimbal/sim/reference.h"

#include <vector>

namespace gimbal::sim {

struct Pulls {
  // Of every used tilt: where the specimen's centre is seen (x and y), and the parameters that
  // have a standard error.
  std::vector<double> shift, rotation, tilt_angle, magnification;
  std::vector<double> point;  // x, y and z of the tracks
};

// Errors after the best motion of the specimen: a translation, and, where tilt angles or
// magnifications were refined, their mean. `beads`: true points of the tracks, or empty.
Pulls pulls_of(const Reference& truth, const Alignment& alignment, const std::vector<Vec3>& beads);

// Part of the pulls that are within +-1.
double part_within_one(const std::vector<double>& pulls);

}  // namespace gimbal::sim
