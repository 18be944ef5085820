// SPDX-License-Identifier: GPL-3.0-or-later
// Gold beads found, followed through all tilts and centred. All tilts decide together: what the
// beads' three-dimensional model predicts is looked for in every tilt, and what no model explains
// is no bead.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/tilt/bead_detect.h"
#include "gimbal/tilt/bead_options.h"
#include "gimbal/tilt/stack.h"

#include <string>
#include <vector>

namespace gimbal::tilt {

struct BeadTracks {
  std::vector<Track> tracks;            // gold beads; full-size px
  std::vector<Projection> projections;  // of each tilt, good to about a pixel: a start for solve()
  std::vector<bool> placed;             // false: the tilt's beads do not fit, or it has none
  double axis_deg = 0.0;
  double diameter_px = 0.0;  // full-size px
  int n_rejected = 0;        // seen in many tilts, but not gold
  double scale_px = 0.0;     // robust residual of the tracking model, full-size px
  std::vector<std::string> notes;
};

// `start`: angles within a few degrees, shifts and axis as far as they are known; its excluded
// tilts are left alone. No tracks when there are no beads.
BeadTracks track_beads(const Stack& stack, const Alignment& start, const BeadOptions& options);

}  // namespace gimbal::tilt
