// SPDX-License-Identifier: GPL-3.0-or-later
// One movie of a job: from its file to all of its outputs.
#pragma once

#include "motion_detector.h"
#include "motion_job.h"

#include <functional>

namespace gimbal::app {

class GpuPool;

// What all movies of a job share.
struct MotionWork {
  const MotionSettings& settings;
  JobDetector& detector;
  GpuPool& gpus;               // for another program
  std::function<bool()> stop;  // ends another program
};

// Corrects the movie and writes its files, the STAR file last; fills in the item's report.
void correct_item(MotionItem& item, const MotionWork& work);

// Also what an earlier run with other options left.
void remove_outputs(const MotionItem& item);

}  // namespace gimbal::app
