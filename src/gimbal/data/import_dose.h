// SPDX-License-Identifier: GPL-3.0-or-later
// The order of acquisition of a series, and the dose before each of its tilts.
#pragma once

#include "gimbal/data/import.h"

#include <string>
#include <vector>

namespace gimbal {

// Sorts the tilts by acquisition and says what the order was taken from: recorded order, date,
// prior dose, or (with a warning) the order of the file.
std::string sort_by_acquisition(std::vector<AcquiredTilt>& tilts, Findings& findings);

struct PreExposures {
  std::vector<double> e_A2;  // of each tilt, in order of acquisition
  std::string source;        // what they were taken from
};

// Tilts in order of acquisition; movies that are missing have been exposed, too. Frame counts must
// be known for a dose per frame: otherwise an Error.
PreExposures pre_exposures(const std::vector<AcquiredTilt>& tilts, const ImportOptions& options,
                           Findings& findings);

}  // namespace gimbal
