// SPDX-License-Identifier: GPL-3.0-or-later
// A small solver for the geometry of beads while they are being searched: points, shifts, the axis
// and small errors of each tilt. Lengths in working px from the images' centres. The solution that
// users get is made by tilt/solve.h.
#pragma once

#include "gimbal/core/geometry.h"

#include <vector>

namespace gimbal::tilt {

struct BeadPose {
  double tilt_deg = 0.0;
  double rotation_deg = 0.0;  // own, added to the axis
  double tilt_error_deg = 0.0;
  double magnification = 1.0;
  Vec2 shift_px;
  bool placed = false;
};

struct BeadModel {
  double axis_deg = 0.0;
  std::vector<BeadPose> tilts;
  std::vector<Vec3> points;

  Vec2 predict(int tilt, Vec3 point) const;
};

struct Sighting {
  int tilt = 0;
  int point = 0;
  Vec2 position_px;
  double sigma_px = 1.0;
  double weight = 1.0;  // robust, set by refine()
};

struct RefineOptions {
  bool axis = true;
  // Widths of the priors of what each tilt may have of its own; 0: none.
  double rotation_sigma_deg = 0.0, tilt_sigma_deg = 0.0, magnification_sigma = 0.0;
  double depth_sigma_px = 100.0;  // prior of the points' heights
  double least_scale_px = 0.3;    // of the robust loss
  int steps = 3;
};

// Gauss-Newton with a Cauchy loss, points eliminated. Returns the robust scale of the residuals, in
// px per axis.
double refine(BeadModel& model, std::vector<Sighting>& sightings, const RefineOptions& options);

}  // namespace gimbal::tilt
