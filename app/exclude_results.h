// SPDX-License-Identifier: GPL-3.0-or-later
// What a job that selects tilts leaves.
#pragma once

#include "exclude_job.h"

namespace gimbal::app {

ExcludeJobReport job_report(const ExcludePlan& plan, const ExcludeSettings& settings);

// selected_tilt_series.star with tilt_series/<name>.star, and excluded_tilts.star. Returns the
// number of series with tilts left.
std::size_t write_selected_series(const ExcludePlan& plan, const ExcludeSettings& settings);

// report.html, logfile.pdf, summary.json, and contact_sheets/<name>.png.
void write_reports(const ExcludeJobReport& report, const ExcludePlan& plan,
                   const ExcludeSettings& settings);

// One line for each series, and one for each excluded tilt, to stdout.
void print_series(const ExcludeJobReport& report);

}  // namespace gimbal::app
