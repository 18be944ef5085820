// SPDX-License-Identifier: GPL-3.0-or-later
// The three faces of a motion report: report.html for people, logfile.pdf where RELION's users look
// for it, summary.json for programs. Same report, same bytes.
#pragma once

#include "gimbal/report/motion_report.h"

#include <filesystem>
#include <string>

namespace gimbal {

// One file that needs no other: works offline, in light and dark, on paper.
std::string motion_html(const MotionJobReport& report);
void write_motion_html(const std::filesystem::path& path, const MotionJobReport& report);

// A summary, then a page of plots and one of pictures for each series. Returns the number of pages.
int write_motion_pdf(const std::filesystem::path& path, const MotionJobReport& report);

// The format is described in docs/report.md.
std::string motion_summary_json(const MotionJobReport& report);

}  // namespace gimbal
