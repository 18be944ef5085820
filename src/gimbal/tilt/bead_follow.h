// SPDX-License-Identifier: GPL-3.0-or-later
// Steps of track_beads(): points that are predicted, fitted, judged and refined in all tilts.
#pragma once

#include "gimbal/tilt/bead_detect.h"
#include "gimbal/tilt/bead_fit.h"
#include "gimbal/tilt/bead_model.h"

#include <vector>

namespace gimbal::tilt {

struct Followed {
  BeadModel model;                         // positions from the centre, working px
  Vec2 centre_px;                          // working px
  std::vector<std::vector<BeadFit>> fits;  // [point][tilt]; not ok: not seen
  std::vector<double> strength;            // of each point: its amplitude over that of its tilts
  std::vector<double> level;               // of each tilt: the usual amplitude
  std::vector<int> n_expected;             // tilts in which the point should be seen
  double scale_px = 1.0;

  int n_seen(std::size_t point) const;
  Vec2 predicted(int tilt, std::size_t point) const;
};

// Fits all points in all placed tilts, starting from candidates (when `from_candidates`) or from
// the predictions, and keeps what is within `gate_px` of its prediction and strong enough.
void fit_all(const BeadImages& images, Followed& state, double gate_px, bool from_candidates);

// Geometry from the fits; own rotation, tilt and magnification of each tilt under weak priors.
void refine_all(Followed& state, double depth_sigma_px, int steps);

// Drops points that are the same bead as a better one, or are hardly ever seen.
void prune(const BeadImages& images, Followed& state);

// Candidates that no point explains, but that lie on one point in space in many tilts, become
// points. Returns how many.
int discover(const BeadImages& images, Followed& state, double depth_px);

// The noise, learned again from what is left when the fitted beads are taken away: images are
// whitened by it. The profile has to be learned again afterwards.
void whiten_all_again(BeadImages& images, const Followed& state);

// The bead's image, learned again from all fits of undisturbed beads.
void learn_again(BeadImages& images, const Followed& state);

}  // namespace gimbal::tilt
