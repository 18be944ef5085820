// SPDX-License-Identifier: GPL-3.0-or-later
// What was acquired, as the microscope's own records say: from mdoc files, from a table that the
// user wrote, or from the names of the movies. Movies are not looked at here.
#pragma once

#include "gimbal/core/error.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gimbal {

struct AcquiredTilt {
  std::string movie;  // as recorded: may hold the folders of the microscope's computer
  double angle_deg = 0.0;
  std::optional<double> time_s;  // only differences have a meaning
  std::optional<double> order;   // rank of acquisition, when it is recorded as such
  std::optional<double> dose_e_A2;
  std::optional<double> prior_dose_e_A2;  // before this tilt
  std::optional<double> defocus_um;
  long n_frames = 0;  // 0: not recorded
  std::string where;  // "TS_01.mrc.mdoc line 12", for messages
};

struct AcquiredSeries {
  std::string name;
  std::string source;               // file(s) it comes from, for messages
  std::vector<AcquiredTilt> tilts;  // in the order of the source
  std::optional<double> title_axis_deg;
  std::optional<double> rotation_deg;  // RotationAngle of the images
  bool tomography5 = false;
  std::optional<double> pixel_A;  // of the images of the mdoc's stack
  double stack_binning = 1.0;
  std::optional<double> voltage_kV;
  Findings findings;
};

// Something that could not be imported, and why.
struct FailedItem {
  std::string item;
  std::string reason;
};

struct Acquisition {
  std::vector<AcquiredSeries> series;  // in natural order of their names
  std::vector<FailedItem> failed;
};

// One series for each mdoc of a tilt series, named as the mdoc without .mdoc and the extension of
// an image. Mdocs of single movies (frame sets, or one section and the name of its movie) are put
// into series by what stands before the running number and the angle in the movies' names.
Acquisition acquisition_from_mdocs(const std::vector<std::filesystem::path>& mdocs);

// Text, CSV or STAR tables: docs/formats.md. One series per value of the column `series`; without
// that column one per table, named as the file.
Acquisition acquisition_from_tables(const std::vector<std::filesystem::path>& tables);

// Names such as TS_01_012_-36.0.mrc alone.
Acquisition acquisition_from_names(const std::vector<std::filesystem::path>& movies);

// The parts of a movie's name: <series>_[<running number>_]<angle>[_<date>]... The angle is the
// last part that has a decimal point and is a number from -90 to 90.
struct TiltName {
  std::string series;  // without the running number
  std::string number;  // digits before the angle; empty when there are none
  double angle_deg = 0.0;
  std::optional<double> time_s;  // Oct08_07.39.05 or 20230324_121311
};
std::optional<TiltName> parse_tilt_name(std::string_view file_name);

// Splits tilts into series by their names, which have to be the movies' names. A number before
// the angle is a running number when no two tilts of a series share it, otherwise part of the name.
std::vector<AcquiredSeries> group_by_name(std::vector<AcquiredTilt> tilts,
                                          std::vector<FailedItem>& failed);

// The file name without the extensions of compression, images and mdoc: "a.b.mrc.mdoc" -> "a.b".
std::string image_stem(std::string_view file_name);

}  // namespace gimbal
