// SPDX-License-Identifier: GPL-3.0-or-later
// Movies that motion correction could not correct, as it lists them beside the corrected series,
// whose tilts they are missing from.
#pragma once

#include "gimbal/data/tilt_series.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gimbal {

inline constexpr const char* failed_movies_file = "failed_movies.star";

struct FailedMovie {
  std::string series;
  std::string movie;  // "None": the series as a whole
  std::string reason;
};

// Without any there will be no file.
void write_failed_movies(const std::filesystem::path& path, const std::vector<FailedMovie>& failed);
// Empty when there is no such file.
std::vector<FailedMovie> read_failed_movies(const std::filesystem::path& path);

// The list of the job that corrected this series: beside `input`, the file that the series was read
// from, or in a folder above its images, which selections of tilts refer to. Empty: there is none.
std::filesystem::path find_failed_movies(const std::filesystem::path& input,
                                         const TiltSeries& series);

}  // namespace gimbal
