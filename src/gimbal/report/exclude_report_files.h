// SPDX-License-Identifier: GPL-3.0-or-later
// The faces of a job that selects tilts. Same report, same bytes.
#pragma once

#include "gimbal/report/canvas.h"
#include "gimbal/report/exclude_report.h"

#include <filesystem>
#include <string>

namespace gimbal {

// One file that needs no other. A click on a tilt makes the command that excludes it or keeps it.
std::string exclude_html(const ExcludeJobReport& report);
void write_exclude_html(const std::filesystem::path& path, const ExcludeJobReport& report);

// The contact sheet of every series. Returns the number of pages.
int write_exclude_pdf(const std::filesystem::path& path, const ExcludeJobReport& report);

// The contact sheet of one series as a picture.
void write_contact_sheet(const std::filesystem::path& path, const SeriesExclusion& series);

}  // namespace gimbal
