// SPDX-License-Identifier: GPL-3.0-or-later
// The faces of a job of alignment that people look at. Same report, same bytes.
#pragma once

#include "gimbal/report/align_report.h"

#include <filesystem>
#include <string>

namespace gimbal {

// One file that needs no other: works offline, in light and dark, on paper.
std::string align_html(const AlignJobReport& report);
void write_align_html(const std::filesystem::path& path, const AlignJobReport& report);

// A summary, then each series: pictures, figures, plots. Returns the number of pages.
int write_align_pdf(const std::filesystem::path& path, const AlignJobReport& report);

}  // namespace gimbal
