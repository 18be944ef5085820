// SPDX-License-Identifier: GPL-3.0-or-later
// One movie of a job: from its file to all of its outputs.
#pragma once

#include "motion_detector.h"
#include "motion_job.h"

namespace gimbal::app {

// Corrects the movie and writes its files, the STAR file last; fills in the item's report.
void correct_item(MotionItem& item, const MotionSettings& settings, JobDetector& detector);

// Also what an earlier run with other options left.
void remove_outputs(const MotionItem& item);

}  // namespace gimbal::app
