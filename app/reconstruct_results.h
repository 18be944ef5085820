// SPDX-License-Identifier: GPL-3.0-or-later
// What a job of reconstruction writes when all its series have been dealt with.
#pragma once

#include "reconstruct_job.h"

namespace gimbal::app {

ReconJobReport job_report(const ReconstructPlan& plan, const ReconstructSettings& settings);

// tomograms.star and tilt_series/<name>.star; how many there are of done series.
std::size_t write_tomograms(const ReconstructPlan& plan, const ReconstructSettings& settings);

// summary.json, report.html, logfile.pdf, and failed_tilt_series.star when some failed.
void write_reports(const ReconJobReport& report, const ReconstructSettings& settings);

// A line for each series, to stdout.
void print_series(const ReconJobReport& report);

}  // namespace gimbal::app
