// SPDX-License-Identifier: GPL-3.0-or-later
// What can be said about gold beads beforehand (options of the command line: align.h).
#pragma once

namespace gimbal::tilt {

struct BeadOptions {
  double gold_nm = 10.0;            // diameter, replaced where the data show another beyond doubt
  double max_thickness_nm = 500.0;  // beads lie within a slab of this thickness
  int max_candidates = 400;         // for each tilt
};

}  // namespace gimbal::tilt
