// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/alignment_aretomo.h"

#include <algorithm>

namespace gimbal {

AretomoAlignment aretomo_alignment(const Alignment& alignment,
                                   const std::vector<std::size_t>& order) {
  AretomoAlignment result;
  result.nx = alignment.size.nx;
  result.ny = alignment.size.ny;
  result.n_sections = static_cast<int>(order.size());
  if (alignment.y_offset_deg) result.alpha_offset_deg = alignment.y_offset_deg;
  if (alignment.thickness_A > 0.0) result.thickness_px = alignment.thickness_A / alignment.pixel_A;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const AlignedTilt& tilt = alignment.tilts[order[i]];
    const Projection& p = tilt.projection;
    const int section = static_cast<int>(i);
    if (tilt.state == TiltState::excluded)
      result.dark.push_back({section, tilt.nominal_tilt_deg});
    else
      result.rows.push_back(
          {section, p.z_rot_deg, p.magnification, p.shift_px.x, p.shift_px.y, p.y_tilt_deg});
  }
  std::stable_sort(
      result.rows.begin(), result.rows.end(),
      [](const AretomoRow& a, const AretomoRow& b) { return a.tilt_deg < b.tilt_deg; });
  return result;
}

Projection projection_of(const AretomoRow& row) {
  Projection projection;
  projection.y_tilt_deg = row.tilt_deg;
  projection.z_rot_deg = row.rot_deg;
  projection.shift_px = {row.tx_px, row.ty_px};
  projection.magnification = row.magnification;
  return projection;
}

}  // namespace gimbal
