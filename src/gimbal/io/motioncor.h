// SPDX-License-Identifier: GPL-3.0-or-later
// What MotionCor2 and MotionCor3 are given, as RELION 5.0.1 gives it (and EER, which it does not),
// and what they print.
#pragma once

#include "gimbal/core/geometry.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gimbal {

struct MotioncorBatch {
  std::filesystem::path movie, output;  // output: <root>.mrc; others get its name with an ending
  bool tiff = false;
  std::filesystem::path eer_fractions;  // of EER movies: see eer_fraction_text()
  int eer_sampling = 1;
  double bfactor = 150.0;
  double pixel_A = 1.0;
  int patch_x = 0, patch_y = 0;  // 0: none
  int group = 1;
  std::filesystem::path gain, defect_file, defect_map, archive;  // empty: none
  int throw_first = 0, throw_last = 0;                           // frames
  double bin_factor = 1.0;
  bool dose_weighting = false;
  double voltage_kV = 300.0, dose_per_frame_e_A2 = 0.0, pre_exposure_e_A2 = 0.0;
  bool split = false;  // even and odd frames
  std::string gpu = "0";
};

std::vector<std::string> motioncor_command(const std::string& program, const MotioncorBatch& batch);

// The file -FmIntFile: `fractions` fractions of `grouping` raw frames each.
std::string eer_fraction_text(int fractions, int grouping, double dose_per_raw_frame_e_A2);

// Shifts of the whole frames, px of the unbinned movie, from what the program printed (MotionCor2
// up to 1.5: "Frame ( 1) shift: x y"; later and MotionCor3: a table). Frames are counted from the
// first one that was used. Errors say what is missing.
std::vector<Vec2> parse_motioncor_shifts(const std::string& log, const std::string& source);

}  // namespace gimbal
