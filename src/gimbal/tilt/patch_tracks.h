// SPDX-License-Identifier: GPL-3.0-or-later
// Patches of the specimen followed through all tilts: in each tilt a patch is compared with what
// all other tilts predict there, so that no error adds up from tilt to tilt.
#pragma once

#include "gimbal/tilt/slab.h"

namespace gimbal::tilt {

struct PatchOptions {
  double side_A = 1000.0;
  double overlap = 0.5;  // of the side
  double finest_A = 25.0;
};

// Positions are full-size px; sigmas come from the sharpness of the correlation and its noise.
// Patches without enough to see in a tilt have no observation there. The projections are those that
// the pictures were made with.
std::vector<Track> patch_tracks(const Stack& stack, const std::vector<Projection>& projections,
                                const std::vector<bool>& used, double thickness_A,
                                const PatchOptions& options);

// Patches that overlap see the same noise: so many of them tell as much as one that stands alone.
double patch_redundancy(double overlap);

}  // namespace gimbal::tilt
