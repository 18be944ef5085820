// SPDX-License-Identifier: GPL-3.0-or-later
// Where the specimen lies: the tilt of the slab that holds the tracked points, and its thickness.
#pragma once

#include "gimbal/data/alignment.h"

#include <string>

namespace gimbal::tilt {

// The slab as the points show it, in the frame of the alignment: a level slab that was turned by
// Ry(about_y) Rx(about_x).
struct Slab {
  bool is_known = false;  // false: `reason` says why the points do not support an offset
  std::string reason;
  int n_surfaces = 1;  // 2: the points lie on two parallel surfaces
  double about_x_deg = 0.0, about_y_deg = 0.0;
  double about_x_error_deg = 0.0, about_y_error_deg = 0.0;  // standard errors
  double depth_px = 0.0;                                    // of the middle, at x = y = 0
  double thickness_px = 0.0;                                // that holds the points; 0: not known
};

// Points on two surfaces give their common tilt, points on one its own, and points anywhere in the
// slab a plane whose error counts the slab's thickness. Two surfaces are believed when both have 3
// points or more, there are 8 in all, and their scatter is below a tenth of their distance. The
// offset is refused when the error of either angle is above `max_error_deg` or there are fewer than
// 4 points.
Slab find_slab(const Alignment& alignment, double max_error_deg = 1.0);

// Turns the specimen by -about_x and -about_y and moves its middle to z = 0. Every projection of
// every point stays where it was: the turn goes into the projections. Offsets are recorded in
// y_offset_deg and x_offset_deg. Of a deformation, the terms
// are lost that DeformationModel does not have (products with z).
Alignment levelled(const Alignment& alignment, const Slab& slab);

// The same for a wanted turn of the specimen, without a move: new points are R P with
// R = Rx(x_deg) Ry(y_deg).
Alignment turned(const Alignment& alignment, double x_deg, double y_deg);

// Moves the tomogram's centre by z_px along z: points lose it, and shifts gain what it was seen as.
void move_centre(Alignment& alignment, double z_px);

}  // namespace gimbal::tilt
