// SPDX-License-Identifier: GPL-3.0-or-later
// What a job that selects tilts has taken out, so that a later one can put it back: a STAR file
// beside the selected series, with a block data_<name> for each series that lost tilts (their rows
// as they were, each with its number and the reason), and a block data_excluded_series with the
// rows of data_global of series that lost all.
#pragma once

#include "gimbal/data/tilt_series.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gimbal {

inline constexpr const char* excluded_tilts_file = "excluded_tilts.star";

struct ExcludedTilt {
  std::size_t number = 0;  // its place, from 1, among all tilts of the series
  Tilt row;
  std::string reason;
};

struct ExcludedFromSeries {
  Record global;          // its row of data_global
  bool is_whole = false;  // no tilt is left
  std::vector<ExcludedTilt> tilts;
};

// Without any excluded tilt there will be no file.
void write_excluded_tilts(const std::filesystem::path& path,
                          const std::vector<ExcludedFromSeries>& excluded);

// Empty when there is no such file. `global` is known of whole series only; it always has the name.
std::vector<ExcludedFromSeries> read_excluded_tilts(const std::filesystem::path& path);

// Puts the tilts back to their places in `series`, or at the end where the series is too short.
// Returns for each tilt of the result the reason why it was excluded; empty for the others.
std::vector<std::string> put_back(TiltSeries& series, const ExcludedFromSeries& excluded);

}  // namespace gimbal
