// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures of a job as they go into a report of limited size.
#pragma once

#include "gimbal/report/motion_report.h"

#include <cstddef>
#include <string>
#include <vector>

namespace gimbal {

struct MoviePictures {
  std::string sum_jpeg;
  std::string spectrum_jpeg;
};

// One for each movie, series by series: as they are when all of them take at most `budget` bytes,
// otherwise smaller, all by the same step. What is no JPEG is left out.
std::vector<MoviePictures> fitted_pictures(const MotionJobReport& report, std::size_t budget);

}  // namespace gimbal
