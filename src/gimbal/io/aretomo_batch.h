// SPDX-License-Identifier: GPL-3.0-or-later
// What AreTomo2 and AreTomo3 are given, and what they print. The alignment itself is in the .aln
// (io/aretomo.h).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gimbal {

struct AretomoBatch {
  int version = 2;
  std::filesystem::path folder;  // of <name>.mrc and its angles; outputs go there, too
  std::string name;
  double pixel_A = 1.0;
  std::optional<double> axis_deg;  // nothing: it looks for it
  double thickness_nm = 300.0;
  // Offset of the tilt angles: looked for, left alone, or given.
  enum class Offset { find, none, given } offset = Offset::find;
  double offset_deg = 0.0;
  int patches = 0;        // along each side, for local alignment; 0: none
  std::string gpu = "0";  // numbers, blanks between them
  // For the CTF, which is only looked at when asked for (AreTomo3 finds the angle offset by it).
  bool ctf = false, phase_shift = false;
  double voltage_kV = 300.0, cs_mm = 2.7, amplitude_contrast = 0.1;
};

// 3 when the name of the program says so, else 2.
int aretomo_version(const std::string& program);

std::vector<std::string> aretomo_command(const std::string& program, const AretomoBatch& batch);

// The file of angles that goes beside the stack: angle and order of acquisition from 0.
std::filesystem::path aretomo_angle_file(const AretomoBatch& batch);
std::filesystem::path aretomo_alignment_file(const AretomoBatch& batch);

// The best "Best tilt axis: a, Score: s" of the log: s.
std::optional<double> aretomo_axis_score(const std::string& log);

}  // namespace gimbal
