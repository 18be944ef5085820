// SPDX-License-Identifier: GPL-3.0-or-later
// The faces of a job of reconstruction that people look at. Same report, same bytes.
#pragma once

#include "gimbal/report/recon_report.h"

#include <filesystem>
#include <string>

namespace gimbal {

// One file that needs no other.
std::string recon_html(const ReconJobReport& report);
void write_recon_html(const std::filesystem::path& path, const ReconJobReport& report);

// A summary, then the slices of each tomogram. Returns the number of pages.
int write_recon_pdf(const std::filesystem::path& path, const ReconJobReport& report);

}  // namespace gimbal
