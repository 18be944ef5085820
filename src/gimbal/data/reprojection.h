// SPDX-License-Identifier: GPL-3.0-or-later
// How far an alignment is from another one, or from the truth of a simulation, free of gauge:
// points on a grid through the slab are projected with the reference, and compared with what the
// alignment can make of them. An alignment is as good as the specimen can be placed under it, so
// that neither the choice of the tomogram's centre nor a tilt-angle offset counts.
#pragma once

#include "gimbal/data/alignment.h"

#include <functional>
#include <string>
#include <vector>

namespace gimbal {

// What a tilt shows, according to the reference.
struct ReferenceView {
  std::string name;  // of the movie
  Projection projection;
  double dose_e_A2 = 0.0;  // before it
};

struct Reference {
  Size2 size;
  std::vector<ReferenceView> views;
  // Where a specimen point (px from the tomogram's centre) has moved at a dose; empty: nowhere.
  std::function<Vec3(Vec3 point_px, double dose_e_A2)> moved;
};

struct SlabGrid {
  double width_px = 0.0, height_px = 0.0, thickness_px = 0.0;  // across, along the axis, in z
  int nx = 5, ny = 5, nz = 3;
};

struct ReprojectionError {
  double mean_px = 0.0, rms_px = 0.0, max_px = 0.0;  // over tilts and points
  std::vector<double> tilt_mean_px;                  // 0 for excluded tilts
  std::vector<Vec2> tilt_offset_px;                  // mean of reference minus alignment
  std::vector<Vec3> points_px;                       // where the alignment sees the grid's points
};

enum class Placing {
  each_point,    // the best place for each point of the grid
  rigid_motion,  // the best rotation and translation of the specimen
  similarity,    // these and a scale: the mean magnification is no error
};

// The alignment's tilts are the reference's views, in the same order; excluded ones do not count.
ReprojectionError reprojection_error(const Reference& reference, const Alignment& alignment,
                                     const SlabGrid& grid, Placing placing);

// How far each tilt's shift is from the reference (px of the image, alignment minus reference)
// after the best translation of the specimen; {} for excluded tilts. Angles do not count.
std::vector<Vec2> shift_errors_px(const Reference& reference, const Alignment& alignment);

}  // namespace gimbal
