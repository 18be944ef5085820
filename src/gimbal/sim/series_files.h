// SPDX-License-Identifier: GPL-3.0-or-later
// A simulated series on disk: movies, mdoc, gain, defects and the truth, ready for `gimbal import`.
#pragma once

#include "gimbal/sim/series.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gimbal::sim {

// The text of a SerialEM mdoc.
std::string mdoc_text(const SeriesPlan& plan);

// UCSF defect lines (x y w h) of what is known of the camera: dead columns and pixels.
std::string defect_text(const Sensor& sensor);

// Everything that is true, as JSON: docs/simulate.md names the fields.
std::string truth_text(const std::vector<SeriesPlan>& plans, const Sensor& sensor);

// Writes frames/, mdoc/, gain, defects and truth.json into the folder; calls written(movie name)
// after each movie.
void write_series(const std::vector<SeriesPlan>& plans, const std::filesystem::path& folder,
                  const std::function<void(const std::string&)>& written);

// Name of the gain file within the folder; empty when the camera has none.
std::string gain_name(const SeriesOptions& options);

}  // namespace gimbal::sim
