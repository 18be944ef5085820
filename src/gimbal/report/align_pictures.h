// SPDX-License-Identifier: GPL-3.0-or-later
// What a person looks at first: some tilts, and a slice of the specimen before and after.
#pragma once

#include "gimbal/report/align_report.h"
#include "gimbal/tilt/stack.h"

namespace gimbal {

// Five of the used tilts, from the most negative to the most positive one, and the slice through
// the height where most tracks are (z = 0 without tracks), back-projected with a ramp filter: once
// as the metadata say (nominal angles and axis, no shifts), once by the alignment.
AlignPictures align_pictures(const tilt::Stack& stack, const Alignment& alignment);

// The height, in px, of the track with most others near by; of several the one nearest to 0.
double busiest_height_px(const Alignment& alignment);

}  // namespace gimbal
