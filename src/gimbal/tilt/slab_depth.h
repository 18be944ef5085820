// SPDX-License-Identifier: GPL-3.0-or-later
// How thick the specimen is, and where its middle lies, when beads do not show it.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/tilt/stack.h"

namespace gimbal::tilt {

struct SlabDepth {
  double thickness_px = 0.0;  // full-size px; 0: not known
  double middle_px = 0.0;     // along z, from the alignment's
};

// By the likelihood of the slab in images without beads (the tracks, of this diameter in full-size
// px), which are stronger than all else and may lie on one surface. The alignment has to be right,
// and the specimen level. Not known where little is seen between the beads.
SlabDepth depth_between_beads(const Stack& stack, const Alignment& alignment, double diameter_px,
                              double largest_A);

}  // namespace gimbal::tilt
