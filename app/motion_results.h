// SPDX-License-Identifier: GPL-3.0-or-later
// What a job of motion correction leaves besides the files of each movie: the corrected tilt
// series, the list of what failed, and the reports.
#pragma once

#include "motion_detector.h"
#include "motion_job.h"

namespace gimbal::app {

// The report of the whole job; failures and what was not started are in the items' reports.
MotionJobReport job_report(const MotionPlan& plan, const MotionSettings& settings,
                           const std::vector<std::string>& warnings);

// tilt_series/<name>.star of every series with a corrected movie, corrected_tilt_series.star, and
// failed_movies.star when movies failed. Returns the number of series written.
std::size_t write_corrected_series(const MotionPlan& plan, const MotionSettings& settings);

void write_reports(const MotionJobReport& report, const MotionSettings& settings);

}  // namespace gimbal::app
