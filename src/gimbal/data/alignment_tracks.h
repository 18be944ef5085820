// SPDX-License-Identifier: GPL-3.0-or-later
// Points of tracks from known projections, and how well the two agree.
#pragma once

#include "gimbal/data/alignment.h"

namespace gimbal {

// Places each track's point by least squares over its observations in used tilts, and fills in all
// residuals and their rms (of the tilts and of the whole). Tracks that the tilts do not determine
// (fewer than two used views, or views from one direction) are removed. Deformation is not
// considered.
void fit_points(Alignment& alignment);

}  // namespace gimbal
