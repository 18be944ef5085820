// SPDX-License-Identifier: GPL-3.0-or-later
// A raw movie of one tilt and what must be known to correct it.
#pragma once

#include <filesystem>
#include <string>

namespace gimbal {

struct Movie {
  std::filesystem::path path;  // as in the STAR file: relative to the working directory
  double pixel_A = 1.0;        // of the unbinned movie (rlnMicrographOriginalPixelSize)
  double voltage_kV = 300.0;
  double pre_exposure_e_A2 = 0.0;    // before this tilt
  double dose_per_frame_e_A2 = 0.0;  // per frame (EER: per fraction)
};

}  // namespace gimbal
