// SPDX-License-Identifier: GPL-3.0-or-later
// What a report on motion correction is made from: plain results of a job, its series and its
// movies, and what can be said of them in words. Holds no dates, times or names of machines, so
// that a resumed job gives the same files as an undisturbed one.
#pragma once

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace gimbal {

enum class MovieStatus { done, failed, skipped };

struct MovieReport {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  std::string movie;  // as in the tilt series' STAR file
  MovieStatus status = MovieStatus::done;
  std::string reason;  // why it failed or was skipped, in words
  int order = 0;       // of acquisition in its series, from 1; 0: unknown
  double tilt_angle_deg = unknown;
  double pre_exposure_e_A2 = unknown;
  double dose_e_A2 = unknown;  // of this movie
  double pixel_A = unknown;    // of the unbinned movie
  int nx = 0, ny = 0;          // of its frames; 0: unknown

  // Applied to each used frame, as data/motion_field.h has it: minus the specimen's drift.
  std::vector<double> shift_x_A;
  std::vector<double> shift_y_A;
  std::vector<double> shift_error_A;  // standard error per axis; may be empty
  double total_motion_A = unknown;    // length of the path over all frames
  double early_motion_A = unknown;
  double late_motion_A = unknown;
  double local_rms_A = 0.0;    // of the local part over the field; 0: one shift per frame
  std::string local_decision;  // why a local model was used or not, in words

  int hot_pixels = 0;                   // found in the movie
  int dead_pixels = 0;                  // found in the movie
  int masked_pixels = 0;                // given: defect file, gain zeros
  double mean_counts_per_px = unknown;  // of one frame

  // Small JPEG pictures made when the movie was processed (report/thumbnail.h); may be empty.
  std::string sum_jpeg;
  std::string spectrum_jpeg;
  double spectrum_edge_A = unknown;  // resolution at the edge of the spectrum's picture
  std::vector<std::string> warnings;
};

struct SeriesReport {
  std::string name;
  std::vector<MovieReport> movies;    // in order of acquisition
  std::vector<std::string> warnings;  // of the series as a whole
};

struct MotionJobReport {
  std::string version;                                       // of gimbal
  std::vector<std::pair<std::string, std::string>> options;  // those that can change a result
  std::vector<SeriesReport> series;
  std::vector<std::string> warnings;  // of the job as a whole
};

// What stands out in a movie: its own warnings, and those that only its series can show (moved far
// more than the others, or received far fewer counts). A done movie with any of them is doubtful.
struct MovieDoubts {
  std::vector<std::string> texts;
};

struct SeriesSummary {
  int done = 0;
  int failed = 0;
  int skipped = 0;
  int doubtful = 0;  // done, but with doubts
  double median_motion_A = MovieReport::unknown;
  double max_motion_A = MovieReport::unknown;
  double median_local_A = MovieReport::unknown;  // over the movies with a local model
  int with_local_model = 0;
  double max_tilt_deg = MovieReport::unknown;  // largest |tilt angle|
  std::vector<MovieDoubts> doubts;             // one for each movie
};

SeriesSummary summarise(const SeriesReport& series);

// A remark that holds for `movies` movies of `series` series, worst first.
struct Remark {
  enum class Kind { failure, skipped, warning };
  Kind kind = Kind::warning;
  std::string text;
  int movies = 0;
  int series = 0;
  std::string example;  // first place: "TS_01: frames/x.tif (tilt 12.0)"
};

// Where a remark holds, for a line below it: its only place, or how many and the first.
std::string place_text(const Remark& remark);

struct JobSummary {
  int movies = 0;
  int done = 0;
  int failed = 0;
  int skipped = 0;
  int doubtful = 0;
  std::vector<SeriesSummary> series;  // in the report's order
  std::vector<Remark> remarks;
  std::string verdict;  // one sentence
  enum class Outcome { good, doubtful, incomplete, some_failed, failed } outcome = Outcome::good;
};

JobSummary summarise(const MotionJobReport& report);

}  // namespace gimbal
