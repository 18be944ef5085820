// SPDX-License-Identifier: GPL-3.0-or-later
// Whether the magnification changes from tilt to tilt. A tilt shortens the specimen across its axis
// only: along the axis the images of neighbouring angles show one length.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/tilt/stack.h"

#include <vector>

namespace gimbal::tilt {

// How much larger tilt `to` shows lengths along the axis than `from`, of the next lower angle,
// beyond what their projections say; 0.01 is 1 %.
struct ScaleStep {
  int from = 0, to = 0;              // indices into the stack
  double change = 0.0, error = 0.0;  // error: standard
};

// Steps that are larger than errors and than what a microscope varies by itself: from 0.5 to 3 %,
// between used tilts of neighbouring angles.
std::vector<ScaleStep> scale_steps(const Stack& stack, std::vector<Projection> projections,
                                   const std::vector<bool>& used);
// Magnifications with these steps; that of the tilt most face-on remains.
std::vector<Projection> rescaled(std::vector<Projection> projections,
                                 const std::vector<ScaleStep>& steps);

}  // namespace gimbal::tilt
