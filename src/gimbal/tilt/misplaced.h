// SPDX-License-Identifier: GPL-3.0-or-later
// Tilts whose angle or place cannot be right.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/tilt/stack.h"

namespace gimbal::tilt {

// Excludes the tilts that agree less than their neighbours do, and much better at another angle
// within 9 degrees, or at another place; true if there are any. Their scores are known.
bool exclude_misplaced(const Stack& stack, Alignment& alignment);

}  // namespace gimbal::tilt
