// SPDX-License-Identifier: GPL-3.0-or-later
// Smoothness in time: shifts measured with a known error are replaced by their mean under a
// Gaussian process (a random walk, a smooth drift that starts fast, and jitter, in amounts that the
// data decide by their marginal likelihood; Rasmussen & Williams 2006, ch. 2 and 5). With precise
// shifts this changes nothing; at low dose it removes much of the noise.
#pragma once

#include "gimbal/data/motion_field.h"

#include <vector>

namespace gimbal {

// `measured` at times (in frames); returns the most likely shifts at `wanted` times. `error_px`:
// standard error of one measured shift for each axis; 0 returns (interpolates) the measured ones.
std::vector<Shift> smoothed_trajectory(const std::vector<double>& times,
                                       const std::vector<Shift>& measured, Shift error_px,
                                       const std::vector<double>& wanted);

}  // namespace gimbal
