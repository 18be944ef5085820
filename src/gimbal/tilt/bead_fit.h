// SPDX-License-Identifier: GPL-3.0-or-later
// Least-squares centring of beads in a whitened image: position, height and size of each, on a
// plane; beads whose images overlap are fitted together.
#pragma once

#include "gimbal/tilt/bead_profile.h"

#include <vector>

namespace gimbal::tilt {

struct BeadFit {
  bool ok = false;  // converged within reach of its start, mostly inside the image
  Vec2 position_px;
  double sigma_px = 0.0;   // per axis, from the fit's curvature and the residual
  double amplitude = 0.0;  // in standard deviations: the matched filter's signal to noise
  double stretch = 0.0;    // of the size, as a fraction
  double chi2 = 1.0;       // residual variance over that of the noise
  double agreement = 0.0;  // part of the variance within the window that the bead explains
  double background = 0.0;
  Vec2 slope;
  double crowding = 1e9;  // distance to the next one, px
};

struct BeadFitOptions {
  double max_move_px = 4.0;
  bool fit_stretch = true;
};

std::vector<BeadFit> fit_beads(View<const float> white, const BeadProfile& profile,
                               const std::vector<Vec2>& starts, const BeadFitOptions& options);

// Takes the fitted beads (not their backgrounds) away.
void subtract_beads(View<float> white, const BeadProfile& profile,
                    const std::vector<BeadFit>& beads);

}  // namespace gimbal::tilt
