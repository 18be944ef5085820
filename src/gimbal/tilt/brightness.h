// SPDX-License-Identifier: GPL-3.0-or-later
// How the specimen lies, from how bright the tilts are: electrons are lost along their way through
// it.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/tilt/stack.h"

#include <string>

namespace gimbal::tilt {

// A slab is thinnest, and its image brightest, when the beam is across it.
struct BrightnessOffset {
  bool is_known = false;  // false: `reason` says why the images do not tell
  std::string reason;
  double about_y_deg = 0.0;        // the tilt about Y of the slab at nominal angle 0
  double about_y_error_deg = 0.0;  // standard error
};

// Fits log(brightness / dose) = a - b u + c u^2, u = 1 / cos(angle + about_y), to the tilts that
// `alignment` uses, with its angles (up to 25 degrees); single tilts that do not fit lose their
// weight. Brightness is the median of 16 x 16 parts of the image, so that gold and a shadowed
// corner do not count. Where it is no count (a background was taken away) the parabola is fitted to
// brightness itself. The error counts what the offset would be without c. Not known: fewer than 8
// tilts, a specimen that hardly darkens with the angle (each image has lost its own mean), or an
// error above `max_error_deg`.
BrightnessOffset brightness_offset(const Stack& stack, const Alignment& alignment,
                                   double max_error_deg = 0.5);

}  // namespace gimbal::tilt
