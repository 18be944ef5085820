// SPDX-License-Identifier: GPL-3.0-or-later
// Counts of electrons: exact Poisson numbers, fast for the small means of movie frames.
#pragma once

#include "gimbal/core/random.h"

#include <cstdint>

namespace gimbal::sim {

// A Poisson number of the given mean (<= 0 gives 0).
std::uint32_t poisson(Random& random, double mean);

}  // namespace gimbal::sim
