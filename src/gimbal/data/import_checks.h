// SPDX-License-Identifier: GPL-3.0-or-later
// Doubts about the metadata of a series that is imported: each finding says what to check.
#pragma once

#include "gimbal/data/import.h"

namespace gimbal {

// The nominal tilt axis against the mdoc's title, and Tomography 5's other conventions.
Findings check_axis(const AcquiredSeries& series, double nominal_axis_deg);
// Duplicate or missing angles, doses against --dose, pixel size and voltage against the mdoc.
Findings check_acquisition(const AcquiredSeries& series, const ImportOptions& options);

}  // namespace gimbal
