// SPDX-License-Identifier: GPL-3.0-or-later
// Angles that cannot be right: without markers nothing else says so.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/tilt/stack.h"

namespace gimbal::tilt {

// Excludes the tilts that agree less than their neighbours do, and much better at another angle
// (within 9 degrees, at the same place); true if there are any. Their scores are known.
bool exclude_wrong_angles(const Stack& stack, Alignment& alignment);

}  // namespace gimbal::tilt
