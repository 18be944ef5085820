// SPDX-License-Identifier: GPL-3.0-or-later
// Tells files that are complete from those that a microscope, or a copy, is still writing: a file
// is settled when its size and time of change have not moved for a while.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <vector>

namespace gimbal::app {

class SettledFiles {
 public:
  // How long the file has been as it is now, in seconds: as seen by repeated looks at it, or, at
  // the first look, by its time of change. 0 for a file that is not there. `now_s`: a clock that
  // never goes back.
  double rests_s(const std::filesystem::path& file, double now_s);

  // Those that have rested for `settle_s`, and hold something.
  std::vector<std::filesystem::path> settled(const std::vector<std::filesystem::path>& files,
                                             double settle_s, double now_s);

 private:
  struct Seen {
    std::uintmax_t bytes = 0;
    std::filesystem::file_time_type changed;
    double since_s = 0.0;
  };
  std::map<std::filesystem::path, Seen> seen_;
};

}  // namespace gimbal::app
