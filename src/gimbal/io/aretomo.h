// SPDX-License-Identifier: GPL-3.0-or-later
// AreTomo's .aln files, of AreTomo 1.2 to 3: one row for each image that was kept, sorted by tilt
// angle; images that were left out are in the header.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gimbal {

// A position p of the raw image, from its centre, is R(rot) q + t for q of the aligned image.
struct AretomoRow {
  int section = 0;  // as in the file: see first_section
  double rot_deg = 0.0;
  double magnification = 1.0;  // GMAG: AreTomo always writes 1
  double tx_px = 0.0, ty_px = 0.0;
  double tilt_deg = 0.0;  // alpha offset included
};

struct AretomoDark {
  int section = 0;
  double tilt_deg = 0.0;
};

// How far a patch is from where the global alignment expects it, in px from the image's centre.
struct AretomoLocal {
  int tilt = 0;  // row of the table
  int patch = 0;
  double x_px = 0.0, y_px = 0.0, dx_px = 0.0, dy_px = 0.0;
  bool good = true;
};

struct AretomoAlignment {
  int nx = 0, ny = 0;  // of the raw images; 0: not stated
  int n_sections = 0;  // of the raw stack; 0: not stated
  std::vector<AretomoRow> rows;
  std::vector<AretomoDark> dark;
  std::vector<AretomoLocal> local;
  std::optional<double> alpha_offset_deg, beta_offset_deg, thickness_px;

  // Sections count from 0 (AreTomo, AreTomo2, AreTomo3 before 2.0.7) or from 1: what the table
  // proves. Nothing when both are possible.
  std::optional<int> first_section() const;
};

// `source` is the file's name, for messages. Errors name the line.
AretomoAlignment parse_aln(const std::string& text, const std::string& source);
AretomoAlignment read_aln(const std::filesystem::path& path);

// More digits than AreTomo writes (it rounds to 0.0001 degree, 0.001 px and 0.01 degree of tilt).
std::string aln_text(const AretomoAlignment& alignment);

}  // namespace gimbal
