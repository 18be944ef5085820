// SPDX-License-Identifier: GPL-3.0-or-later
// The diameter of the beads as the images show it.
#pragma once

#include "gimbal/core/geometry.h"
#include "gimbal/tilt/bead_whiten.h"

#include <vector>

namespace gimbal::tilt {

// How well the likeliest beads of a few tilts agree with dark balls of this diameter (working px):
// mean square of signal times correlation of the best few of each tilt. `scale`: working px per px
// of the small images.
double likeness_of_beads(const std::vector<WhiteTilt>& tilts, Vec2 scale, double diameter_px);

// The diameter between 0.4 and 3 times the given one that agrees best; the given one unless another
// agrees far better.
double likely_diameter_px(const std::vector<WhiteTilt>& tilts, Vec2 scale, double given_px);

}  // namespace gimbal::tilt
