// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures of a job as they go into a report of limited size.
#pragma once

#include "gimbal/report/align_report.h"
#include "gimbal/report/motion_report.h"
#include "gimbal/report/recon_report.h"

#include <cstddef>
#include <string>
#include <vector>

namespace gimbal {

struct MoviePictures {
  std::string sum_jpeg;
  std::string spectrum_jpeg;
};

// One for each original: as they are when all of them take at most `budget` bytes, otherwise
// smaller, all by the same step. What is no JPEG becomes empty.
std::vector<std::string> fitted_pictures(std::vector<std::string> originals, std::size_t budget);

// One for each movie, series by series.
std::vector<MoviePictures> fitted_pictures(const MotionJobReport& report, std::size_t budget);

// The pictures of each series.
std::vector<AlignPictures> fitted_pictures(const AlignJobReport& report, std::size_t budget);
std::vector<SlicePictures> fitted_pictures(const ReconJobReport& report, std::size_t budget);

}  // namespace gimbal
