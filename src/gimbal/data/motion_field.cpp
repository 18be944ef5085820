// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/motion_field.h"

namespace gimbal {

Shift LocalMotionModel::at(double x_fraction, double y_fraction, double z) const {
  const double u = x_fraction - 0.5, v = y_fraction - 0.5;
  const double space[6] = {1.0, u, u * u, v, v * v, u * v};
  const double time[3] = {z, z * z, z * z * z};
  Shift shift;
  for (std::size_t s = 0; s < 6; ++s)
    for (std::size_t t = 0; t < 3; ++t) {
      shift.x += x[3 * s + t] * space[s] * time[t];
      shift.y += y[3 * s + t] * space[s] * time[t];
    }
  return shift;
}

Shift MotionField::at(double px, double py, int i) const {
  Shift shift = global.at(static_cast<std::size_t>(i));
  if (local) {
    const Shift extra = local->at(px / size.nx, py / size.ny, i);
    shift.x += extra.x;
    shift.y += extra.y;
  }
  return shift;
}

}  // namespace gimbal
