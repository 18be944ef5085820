// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/radiation_damage.h"

#include <algorithm>
#include <cmath>

namespace gimbal {

double critical_dose_e_A2(double cycles_per_A, double voltage_kV) {
  const double at_300 = 0.245 * std::pow(cycles_per_A, -1.665) + 2.81;
  const double v = std::clamp(voltage_kV, 100.0, 300.0);
  const double factor =
      v >= 200.0 ? 0.8 + 0.2 * (v - 200.0) / 100.0 : 0.64 + 0.16 * (v - 100.0) / 100.0;
  return at_300 * factor;
}

}  // namespace gimbal
