// SPDX-License-Identifier: GPL-3.0-or-later
// What IMOD's batchruntomo is given, as RELION 5.0.1 gives it, and what its align.log tells.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gimbal {

struct ImodBatch {
  bool patches = false;  // patch tracking instead of gold beads
  double pixel_A = 1.0;
  double axis_deg = 0.0;  // nominal
  double gold_nm = 10.0;
  double patch_nm = 100.0;
  double patch_overlap = 50.0;  // %
  double thickness_nm = 300.0;
};

// Binning for patch tracking: the power of two, up to 256, whose pixel is nearest to 10 A.
int imod_patch_binning(double pixel_A);

// batchDirective.adoc. `lines`: the user's own (--adoc_template) instead of RELION's; axis, pixel
// and gold are set in any case.
std::string imod_directives(const ImodBatch& batch, const std::optional<std::string>& lines);

// Steps up to the alignment: 6.
std::vector<std::string> imod_command(const std::string& program,
                                      const std::filesystem::path& folder, const std::string& name);

struct ImodLog {
  std::optional<double> residual_nm, residual_sd_nm;  // mean and deviation over all points
  std::optional<double> leave_out_nm;                 // also where tiltalign fitted robustly
  std::optional<double> angle_offset_deg;             // that .tlt carries
};

// align.log, of IMOD 4.8 to 5; what it lacks is missing. IMOD 4.8 writes px: see `pixel_nm`.
ImodLog parse_align_log(const std::string& text, double pixel_nm);

}  // namespace gimbal
