// SPDX-License-Identifier: GPL-3.0-or-later
// Motion correction by MotionCor2 or MotionCor3: their motion and sums, gimbal's files and reports.
#pragma once

#include "motion_detector.h"
#include "motion_job.h"

#include <functional>

namespace gimbal::app {

class GpuPool;

// What has to be settled before the first movie: which program, and what it cannot do. UsageError.
void check(const MotioncorSettings& external, const MotionOptions& motion);

struct MotioncorResult {
  MotionResult result;
  std::string log;  // what the program printed
};

// As correct_motion(). An Error when the program fails, hangs, or writes what is no result.
MotioncorResult motioncor(const MotionItem& item, const MotionSettings& settings,
                          const FrameReader& reader, JobDetector& detector, GpuPool& gpus,
                          const std::function<bool()>& stop);

}  // namespace gimbal::app
