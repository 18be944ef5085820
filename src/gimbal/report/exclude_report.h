// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of a job that selects tilts when it is over: the reports are made from it, and
// nothing else. No dates, no names of machines.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/report/align_report.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace gimbal {

struct TiltChoice {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  std::string key;  // Tilt::key()
  int number = 0;   // its row, from 1, counting tilts that earlier jobs took out
  double nominal_tilt_deg = unknown;
  double pre_exposure_e_A2 = unknown;
  double motion_A = unknown;
  double brightness = unknown;  // over that of its neighbours in angle
  double shadow = unknown;      // part of the field
  double score = unknown;       // of the alignment
  bool excluded = false;
  std::string reason;   // why; or why it is kept although a rule or an earlier job was against it
  std::string problem;  // why there is no picture
  std::string jpeg;     // small, grey, row 0 of the image at the bottom
};

struct SeriesExclusion {
  std::string name;
  SeriesStatus status = SeriesStatus::done;
  std::string reason;                 // why it failed or was skipped
  std::vector<std::string> problems;  // what needs attention
  std::vector<TiltChoice> tilts;      // by number
};

struct ExcludeJobReport {
  std::string version;
  // The command that made it, without these two options, and what they were: the page makes the
  // next one from them.
  std::string command, tilts, keep;
  std::vector<std::pair<std::string, std::string>> options;
  std::vector<std::string> warnings;
  std::vector<SeriesExclusion> series;
};

int excluded_tilts(const SeriesExclusion& series);
// Indices of the tilts by angle; those without one come last.
std::vector<std::size_t> by_angle(const SeriesExclusion& series);
// Indices of the series: those that failed first, then by the share of their tilts that is
// excluded.
std::vector<std::size_t> worst_first(const ExcludeJobReport& report);
// "4 of 82 tilts are excluded, from 2 of 2 tilt series."
std::string job_sentence(const ExcludeJobReport& report);
// One line under a picture: "bright. 0.31, moved 12.3 Å". Empty when nothing is known.
std::string figures_text(const TiltChoice& tilt);

// summary.json: everything but the pictures. Its members only ever get more.
std::string exclude_summary_json(const ExcludeJobReport& report);

}  // namespace gimbal
