// SPDX-License-Identifier: GPL-3.0-or-later
// Import: movies and the microscope's records -> tilt series, as RELION 5's Import job makes them.
// Rows are in order of acquisition; pre-exposures are the dose before each tilt; nothing is paired
// by position, and every doubt is reported.
#pragma once

#include "gimbal/core/options.h"
#include "gimbal/data/acquisition.h"
#include "gimbal/data/tilt_series.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gimbal {

struct ImportOptions {
  std::vector<std::string> movies{"frames/*.mrc"};
  std::vector<std::string> mdoc;
  std::vector<std::string> table;
  bool angles_from_names = false;
  bool images_are_motion_corrected = false;
  double angpix = 0.675;
  double kv = 300.0;
  double cs = 2.7;
  double q0 = 0.1;
  double dose = 0.0;
  double dose_per_movie_frame = 0.0;
  double tilt_axis = 85.0;
  bool invert_defocus_handedness = false;
  std::string prefix;
  std::string optics_group_name;
  std::string mtf_file;
};

void describe(ImportOptions& options, OptionTable& table);

// What import wants to know of a movie file; an Error when it cannot be read.
struct MovieFacts {
  int nx = 0;
  int ny = 0;
  int n_frames = 0;  // raw frames
};
using MovieProbe = std::function<MovieFacts(const std::filesystem::path&)>;
MovieFacts probe_movie(const std::filesystem::path& path);  // opens the header

struct ImportResult {
  // How the tilts of one series came about; in the order of `set.series`.
  struct Series {
    std::string name;
    std::string source;
    std::size_t n_recorded = 0;              // entries in the mdoc or table
    std::vector<std::string> without_movie;  // recorded movies that are not among the files
    std::vector<std::string> unreadable;     // movies that cannot be opened; their rows are kept
    std::string order;                       // what the order of acquisition was taken from
    std::string dose;                        // what the pre-exposures were taken from
    Findings findings;
  };

  TiltSeriesSet set;
  std::vector<Series> series;
  std::vector<FailedItem> failed;                       // not imported
  std::vector<std::filesystem::path> unclaimed_movies;  // no record speaks of them
  Findings findings;                                    // of the job as a whole
};

// Throws UsageError when the options contradict each other or match no files at all.
ImportResult import_tilt_series(const ImportOptions& options,
                                const MovieProbe& probe = probe_movie);

}  // namespace gimbal
