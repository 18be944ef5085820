// SPDX-License-Identifier: GPL-3.0-or-later
// Options of a reconstruction, each declared once.
#pragma once

#include "gimbal/core/options.h"

#include <string>

namespace gimbal::recon {

struct ReconOptions {
  std::string filter = "ramp";  // ramp, exact, none
  int sirt_iterations = 0;
  double filter_thickness_nm = 0.0;
  bool no_dose_weighting = false;
  bool ctf = false;
  double lowpass_A = 0.0;
  bool no_deformation = false;
};

void describe(ReconOptions& options, OptionTable& table);

}  // namespace gimbal::recon
