// SPDX-License-Identifier: GPL-3.0-or-later
// The motion of a movie in bounded memory, whatever the number of its frames.
#pragma once

#include "gimbal/motion/frames.h"
#include "gimbal/motion/motion.h"

namespace gimbal {

// Sets result.motion.global, relative to the first used frame, result.motion.local if there is one,
// and what is known of their errors.
void measure_motion(const MovieFrames& frames, const MotionOptions& options, MotionResult& result);

}  // namespace gimbal
