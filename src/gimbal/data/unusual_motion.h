// SPDX-License-Identifier: GPL-3.0-or-later
// When a movie has moved far more than the others of its series.
#pragma once

namespace gimbal {

// More than 5 times the median of the series and at least 10 A more. NaN: no.
constexpr bool is_unusual_motion(double motion_A, double median_A) {
  return motion_A > 5.0 * median_A && motion_A > median_A + 10.0;
}

}  // namespace gimbal
