// SPDX-License-Identifier: GPL-3.0-or-later
// The dose of one frame of a movie, from what is known of its tilt.
#pragma once

#include "gimbal/io/frame_reader.h"
#include "gimbal/motion/options.h"

namespace gimbal {

// In this order: --dose_per_frame; the dose of the tilt shared out to the frames of the file; the
// exposure that the file itself states. EER: of a fraction, so raw frames that are left over have
// their share, too. 0: unknown.
double frame_dose_e_A2(const MotionOptions& options, double tilt_dose_e_A2, const StackInfo& info);

bool is_eer(const StackInfo& info);

}  // namespace gimbal
