// SPDX-License-Identifier: GPL-3.0-or-later
// Physical constants and conversions. Units are in the names: _A Angstrom, _nm, _kV, _deg, _rad,
// _e_A2.
#pragma once

#include <cmath>
#include <numbers>

namespace gimbal {

constexpr double rad_from_deg(double deg) {
  return deg * (std::numbers::pi / 180.0);
}
constexpr double deg_from_rad(double rad) {
  return rad * (180.0 / std::numbers::pi);
}

// Relativistic electron wavelength.
inline double wavelength_A(double voltage_kV) {
  const double volts = voltage_kV * 1e3;
  return 12.2642596588 / std::sqrt(volts * (1.0 + 0.97847538e-6 * volts));
}

}  // namespace gimbal
