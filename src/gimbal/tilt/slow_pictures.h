// SPDX-License-Identifier: GPL-3.0-or-later
// What the volume of slow errors is solved from: pictures of the tilts turned and shifted, not
// stretched, at the scale of the volume and weighted to the signal.
#pragma once

#include "gimbal/tilt/slab_search.h"
#include "gimbal/tilt/slow_system.h"

#include <vector>

namespace gimbal::tilt {

struct SlowLevel {
  SlabLevel slab;
  std::vector<double> share;  // of the signal in the power, by ring
};

// Full-size px per voxel, within what the volume may cost.
double slow_step_px(const Stack& stack, bool is_start, const SlabState& state);
SlowLevel slow_level(const Stack& stack, const SlabState& state, double step_px);
VolumeGrid volume_grid(const Stack& stack, const SlabState& state, double step_px);

// Mean squares of signal and noise in the pictures.
struct Variances {
  double signal = 0.0, noise = 0.0;
};
Variances variances_of(const SlowLevel& level);

void set_pictures(const SlowLevel& level, const SlabState& state, SlowSystem& system);

}  // namespace gimbal::tilt
