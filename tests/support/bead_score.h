// SPDX-License-Identifier: GPL-3.0-or-later
// Tracked beads against the truth.
#pragma once

#include "support/true_series.h"

#include "gimbal/tilt/bead_track.h"

namespace gimbal::testing {

struct BeadScore {
  int visible = 0;              // true beads that are in view in at least 5 tilts
  int found = 0;                // of them
  int false_tracks = 0;         // tracks that are no bead, or one that another track is
  int visible_images = 0;       // images of visible beads in normal tilts, well inside
  int images = 0;               // of them, found
  int wrong_images = 0;         // further than half a radius from the bead of the track
  double rms_px = 0.0;          // per axis, of beads that stand alone
  double crowded_rms_px = 0.0;  // of those with another one within 1.5 diameters
  double crowded_expected_px = 0.0;
  double expected_px = 0.0;  // the same of what the tracker believes, alone
  double bound_px = 0.0;     // Cramer-Rao, of the same images
};

BeadScore score_beads(const TrueSeries& series, const tilt::BeadTracks& found);

// The start of a bundle adjustment.
Alignment with_tracks(const tilt::Stack& stack, const tilt::BeadTracks& found);

}  // namespace gimbal::testing
