// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>

namespace gimbal {

// ln(k!) for k >= 0. std::lgamma also writes a global variable, so threads may not share it.
inline double log_factorial(double k) {
  int sign = 0;
  return ::lgamma_r(k + 1.0, &sign);
}

}  // namespace gimbal
