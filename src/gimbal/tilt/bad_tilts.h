// SPDX-License-Identifier: GPL-3.0-or-later
// Tilts that no alignment can use, recognised by their images alone.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/tilt/stack.h"

#include <vector>

namespace gimbal::tilt {

struct BadTiltLimits {
  double dark = 0.4;          // of the expected brightness; 0: not judged
  double bright = 2.5;        // times the expected brightness; 0: not judged
  double shadow = 0.5;        // of the field; 0: not judged
  bool without_image = true;  // nothing can be read, or every pixel is the same
  bool repeated = true;
};

// Excludes, with the reason, tilts of `alignment` (as the stack's): without image; blank; much
// darker or brighter than their neighbours in angle let expect, the longer way through a tilted
// specimen allowed for; covered by a grid bar or another shadow over
// more than half of the field; taken again at the same angle (the later one, by pre-exposure).
// Brightness is judged only where the images have kept it (all means positive).
void exclude_bad_tilts(const Stack& stack, Alignment& alignment, const BadTiltLimits& limits = {});

// Of each tilt: its mean over what its neighbours in angle that are used let expect, and the share
// of its field that is darker than half of what its bright part has. NaN: no image, or no
// brightness.
struct TiltLight {
  double brightness;
  double shadow;
};
std::vector<TiltLight> light_of(const Stack& stack, const Alignment& alignment);

}  // namespace gimbal::tilt
