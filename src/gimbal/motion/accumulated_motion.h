// SPDX-License-Identifier: GPL-3.0-or-later
// How far a movie moved: RELION's rlnAccumMotion*, in Angstrom.
#pragma once

#include "gimbal/data/motion_field.h"
#include "gimbal/data/movie.h"

namespace gimbal {

// Lengths of the path of the global shifts over the used frames. A step belongs to the early part
// when the dose that the specimen had received at the end of its frame, pre-exposure included, is
// at most early_dose_e_A2. Without a dose per frame everything is late.
struct AccumulatedMotion {
  double total_A = 0.0;
  double early_A = 0.0;
  double late_A = 0.0;
};
AccumulatedMotion accumulated_motion(const MotionField& motion, const Movie& movie,
                                     double early_dose_e_A2);

}  // namespace gimbal
