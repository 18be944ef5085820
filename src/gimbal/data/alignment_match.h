// SPDX-License-Identifier: GPL-3.0-or-later
// Which row of an alignment made elsewhere belongs to which tilt. Formats without names are matched
// by tilt angles, and only when the angles leave no doubt.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/io/aretomo.h"

#include <string>
#include <vector>

namespace gimbal {

struct RowMatch {
  std::vector<int> row_of_tilt;  // for each tilt; -1: the alignment does not have it
  double offset_deg = 0.0;       // typical angle in the alignment minus nominal angle
  std::string note;              // a doubt, as a whole sentence; else empty
};

// Rows that carry the angles recorded at the microscope: each tilt gets the row of its own angle;
// rows that are left over belong to tilts that are not in the series.
RowMatch match_nominal(const std::vector<AlignedTilt>& tilts,
                       const std::vector<double>& nominal_deg, const std::string& source);

// Rows that carry refined angles, all shifted by the same offset perhaps: as many as tilts, paired
// in the order of the angles.
RowMatch match_refined(const std::vector<AlignedTilt>& tilts,
                       const std::vector<double>& refined_deg, const std::string& source);

// Rows of AreTomo know their section of the stack, which may have been in the order of the table,
// of the tilt angles or of acquisition, counted from 0 or 1: what agrees with the angles.
RowMatch match_aretomo(const std::vector<AlignedTilt>& tilts, const AretomoAlignment& alignment,
                       const std::string& source);

}  // namespace gimbal
