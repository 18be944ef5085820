// SPDX-License-Identifier: GPL-3.0-or-later
// What the frames of a simulated movie can tell of their shifts at best: Cramer-Rao bounds from the
// expected electrons, without noise. Standard errors per axis (rms of x and y), px, of one frame's
// shift relative to the mean of all, without any knowledge of how the specimen moves.
#pragma once

#include "gimbal/sim/exposure.h"
#include "gimbal/sim/sensor.h"

namespace gimbal {

struct ShiftBounds {
  double known = 0;    // the noise-free image is known: sum over pixels of gradient^2 / expected
  double rings = 0;    // it is not: a Gaussian signal, of which rings of frequency give the power
  double patches = 0;  // the same with the power of each patch of about 128 px known
};

ShiftBounds shift_bounds(const sim::Field& field, const sim::Exposure& exposure,
                         const sim::Sensor& sensor);

}  // namespace gimbal
