// SPDX-License-Identifier: GPL-3.0-or-later
// Tilts that no alignment can use, recognised by their images alone.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/tilt/stack.h"

namespace gimbal::tilt {

// Excludes, with the reason, tilts of `alignment` (as the stack's): without image; blank; much
// darker or brighter than their neighbours in angle; covered by a grid bar or another shadow over
// more than half of the field; taken again at the same angle (the later one, by pre-exposure).
// Brightness is judged only where the images have kept it (all means positive).
void exclude_bad_tilts(const Stack& stack, Alignment& alignment);

}  // namespace gimbal::tilt
