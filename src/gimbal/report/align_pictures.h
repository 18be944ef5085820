// SPDX-License-Identifier: GPL-3.0-or-later
// What a person looks at first: some tilts, and a slice of the specimen before and after.
#pragma once

#include "gimbal/report/align_report.h"
#include "gimbal/tilt/stack.h"

namespace gimbal {

// Five of the used tilts, from the most negative to the most positive one, and three slices that
// meet where most tracks are (in the tomogram's centre without tracks): once as the metadata say
// (nominal angles and axis, no shifts), once by the alignment.
AlignPictures align_pictures(const tilt::Stack& stack, const Alignment& alignment);

// Of the track with most others at its height; of several the one nearest to the centre.
Vec3 busiest_place_px(const Alignment& alignment);

}  // namespace gimbal
