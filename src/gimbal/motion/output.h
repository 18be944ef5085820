// SPDX-License-Identifier: GPL-3.0-or-later
// The files that motion correction leaves for a movie: RELION's names, and what goes into them.
#pragma once

#include "gimbal/io/frame_reader.h"
#include "gimbal/motion/motion.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gimbal {

// Empty paths: not made with these options.
struct MotionFiles {
  std::filesystem::path sum;             // <root>.mrc
  std::filesystem::path plain_sum;       // <root>_noDW.mrc
  std::filesystem::path even;            // <root>_EVN.mrc
  std::filesystem::path odd;             // <root>_ODD.mrc
  std::filesystem::path power_spectrum;  // <root>_PS.mrc
  std::filesystem::path log;             // <root>.log
  std::filesystem::path record;          // <root>.json, for reports and for resuming
  std::filesystem::path star;            // <root>.star, the mark of completion

  std::vector<std::filesystem::path> wanted() const;
};

MotionFiles motion_files(const std::filesystem::path& root, const MotionOptions& options);

// Every file that motion correction may make for a movie, whatever the options.
std::vector<std::filesystem::path> possible_motion_files(const std::filesystem::path& root);

// The images, each complete or not there (Survive::kill: the record knows their sizes, so that a
// resumed job sees what a power failure may have cut). Sums are float16 on request, spectra always
// float32.
void write_images(const MotionFiles& files, const MotionResult& result,
                  const MotionOptions& options);

// What was done, in the words of RELION's log; no times, so that the same input gives the same
// text.
std::string motion_log(const Movie& movie, const StackInfo& info, const MotionFiles& files,
                       const MotionResult& result, const MotionOptions& options);

}  // namespace gimbal
