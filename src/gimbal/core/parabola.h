// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>

namespace gimbal {

// Where the parabola through three values one step apart has its summit: steps from the middle
// one, from -0.5 to 0.5; 0 where it has none.
inline double parabola_vertex(double before, double middle, double after) {
  const double bend = before - 2.0 * middle + after;
  return bend < 0.0 ? std::clamp(0.5 * (before - after) / bend, -0.5, 0.5) : 0.0;
}

}  // namespace gimbal
