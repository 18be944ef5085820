// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/alignment.h"

namespace gimbal {
namespace {

double polynomial(const std::vector<double>& c, Vec3 p) {
  if (c.empty()) return 0.0;
  return c[0] * p.x + c[1] * p.y + c[2] * p.x * p.x + c[3] * p.x * p.y + c[4] * p.y * p.y +
         c[5] * p.z;
}

}  // namespace

Mat3 rotation_of(const Projection& projection) {
  return rotation_z(projection.z_rot_deg) * rotation_y(projection.y_tilt_deg) *
         rotation_x(projection.x_tilt_deg);
}

Vec2 image_centre(Size2 size) {
  return {static_cast<double>(size.nx / 2), static_cast<double>(size.ny / 2)};
}

Vec2 project(const Projection& projection, Vec3 point_px, Size2 size) {
  const Vec3 seen = rotation_of(projection) * point_px;
  return image_centre(size) + projection.shift_px + projection.magnification * Vec2{seen.x, seen.y};
}

Vec3 DeformationModel::at(Vec3 point_px, double dose_e_A2) const {
  const double f =
      std::exp(-reference_dose_e_A2 / dose_scale_e_A2) - std::exp(-dose_e_A2 / dose_scale_e_A2);
  return {point_px.x + f * polynomial(x, point_px), point_px.y + f * polynomial(y, point_px),
          point_px.z + f * polynomial(z, point_px)};
}

}  // namespace gimbal
