// SPDX-License-Identifier: GPL-3.0-or-later
// What a job of alignment leaves besides the files of each series.
#pragma once

#include "align_job.h"

namespace gimbal::app {

AlignJobReport job_report(const AlignPlan& plan, const AlignSettings& settings);

// tilt_series/<name>.star of every aligned series, and aligned_tilt_series.star. Returns the number
// of aligned series.
std::size_t write_aligned_series(const AlignPlan& plan, const AlignSettings& settings);

// summary.json, report.html, logfile.pdf, and failed_tilt_series.star when some failed.
void write_reports(const AlignJobReport& report, const AlignSettings& settings);

// One line for each series, to stdout.
void print_series(const AlignJobReport& report);

}  // namespace gimbal::app
