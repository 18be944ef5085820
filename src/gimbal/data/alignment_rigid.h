// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gimbal/data/alignment.h"

namespace gimbal {

// What describes a specimen that changes its shape best to programs that know of no deformation:
// shift, rotation, tilt angle and magnification of each tilt, by least squares over the field and
// the thickness, for points that stay at their mean places. The same where there is no deformation.
Alignment rigid_alignment(const Alignment& alignment);

}  // namespace gimbal
