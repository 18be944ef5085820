// SPDX-License-Identifier: GPL-3.0-or-later
// What a perfect tracker with known noise would hand to the solver: positions of beads in the
// tilts of a plan, without making images.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/sim/reference.h"

#include <cstdint>
#include <vector>

namespace gimbal::sim {

struct TrackOptions {
  int n_tracks = 25;
  double thickness_A = 1000.0;  // of the slab in which the beads are
  bool on_surfaces = false;     // else anywhere in it
  double noise_px = 0.2;        // per axis
  double sigma_px = 0.2;        // what the tracker believes of its noise
  double outliers = 0.0;        // part of the observations that are anywhere within 30 px
  double missing = 0.0;         // part of the observations that are not there
  double start_axis_error_deg = 0.0;
  double start_shift_error_px = 20.0;
  std::uint64_t seed = 1;
};

struct SimulatedTracks {
  Reference truth;
  Alignment start;          // tilts by rising angle, nominal, and observed tracks
  std::vector<Vec3> beads;  // true places, px from the tomogram's centre, before any dose
};

SimulatedTracks simulate_tracks(const SeriesPlan& plan, const TrackOptions& options);

}  // namespace gimbal::sim
