// SPDX-License-Identifier: GPL-3.0-or-later
// Tilt series as RELION 5 keeps them: tilt_series.star (data_global, one row per series) and one
// STAR file per series (data_<name>, one row per tilt). Known values have typed access; all other
// columns, blocks and comments are carried through in their order. Tilts are found by the name of
// their movie, never by their position.
#pragma once

#include "gimbal/core/error.h"
#include "gimbal/data/movie.h"
#include "gimbal/data/record.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gimbal {

// One tilt. Use set(label::..., value) to add or change a column.
class Tilt : public Record {
 public:
  const std::string& movie_name() const;  // rlnMicrographMovieName
  // The movie's name, or the image's for series that were imported as motion-corrected.
  const std::string& key() const;
  double nominal_angle_deg() const;
  double nominal_axis_deg() const;
  double pre_exposure_e_A2() const;
};

struct TiltSeries {
  Record global;            // its row of data_global
  std::vector<Tilt> tilts;  // in the order of the file
  std::vector<std::string> comments;
  std::vector<StarTable> other_blocks;  // of the per-series file

  const std::string& name() const;
  double voltage_kV() const;
  double spherical_aberration_mm() const;
  double amplitude_contrast() const;
  double original_pixel_A() const;

  // The tilt with that movie (or motion-corrected image); nullptr when there is none.
  const Tilt* find(std::string_view key) const;
  Tilt* find(std::string_view key);
  // Indices of tilts by rising pre-exposure (equal ones: as in the file).
  std::vector<std::size_t> acquisition_order() const;
  // Dose of every tilt from the steps of the pre-exposures, in the order of `tilts`; the last tilt
  // acquired gets the median of the others. All zero when the steps do not tell.
  std::vector<double> tilt_doses_e_A2() const;
  // What motion correction needs to know of a tilt. The dose per frame is not filled in.
  Movie movie(const Tilt& tilt) const;
};

struct TiltSeriesSet {
  std::vector<TiltSeries> series;
  std::vector<std::string> comments;
  std::vector<StarTable> other_blocks;  // of the global file

  // A series whose own file could not be read: the others go on.
  struct Unreadable {
    std::string name;
    std::string reason;
  };
  std::vector<Unreadable> unreadable;
  Findings findings;  // doubts met while reading
};

// Per-series files are looked for relative to the working directory (RELION's project), then
// beside the STAR file, which gives a finding. An Error when no series at all can be read.
TiltSeriesSet read_tilt_series(const std::filesystem::path& path);

// Writes <folder of path>/tilt_series/<name>.star for each series, then `path`, all atomically.
// rlnTomoTiltSeriesStarFile is set to the files written.
void write_tilt_series(const std::filesystem::path& path, const TiltSeriesSet& set);

// <folder>/tilt_series/<name>.star
std::filesystem::path tilt_series_path(const std::filesystem::path& folder,
                                       const std::string& name);

}  // namespace gimbal
