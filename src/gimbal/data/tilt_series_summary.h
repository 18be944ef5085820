// SPDX-License-Identifier: GPL-3.0-or-later
// What is in a tilt series, in a few figures: what `gimbal info` says of a STAR file of tilt
// series.
#pragma once

#include "gimbal/data/tilt_series.h"

#include <filesystem>
#include <optional>
#include <string>

namespace gimbal {

// Figures that the file does not give are absent. Those of an aligned series are refined angles.
struct TiltSeriesSummary {
  std::string name;
  int n_tilts = 0;
  bool refined_angles = false;  // rlnTomoYTilt instead of the nominal ones
  std::optional<double> min_angle_deg, max_angle_deg;
  std::optional<double> pixel_A;    // of the movies
  std::optional<double> dose_e_A2;  // of the whole series
};

TiltSeriesSummary summarise(const TiltSeries& series);

// "41 tilts from -60.0 to 60.0 degrees, 1.35 A, 123 e/A^2"
std::string text_of(const TiltSeriesSummary& summary);

// Whether a STAR file is a table of tilt series (data_global with names and files).
bool is_tilt_series_table(const std::filesystem::path& path);

}  // namespace gimbal
