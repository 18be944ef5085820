// SPDX-License-Identifier: GPL-3.0-or-later
// How far two alignments of one tilt series are apart, free of gauge: each point of the specimen
// that one alignment sees is placed where it fits the other one best (data/reprojection.h), so
// neither the choice of the tomogram's centre nor a common tilt-angle offset counts.
#pragma once

#include "gimbal/data/alignment.h"

#include <string>
#include <vector>

namespace gimbal {

struct TiltDifference {
  std::string key;
  double nominal_tilt_deg = 0.0;
  double mean_A = 0.0;                     // mean distance over the points
  Vec2 offset_A;                           // what all points have in common: first minus second
  double axis_deg = 0.0, angle_deg = 0.0;  // ZRot and YTilt: second minus first, as they stand
};

struct AlignmentDifference {
  double mean_A = 0.0, rms_A = 0.0, max_A = 0.0;     // over tilts and points
  double rigid_mean_A = 0.0;                         // all points moved together, as one rigid body
  double axis_deg = 0.0, angle_deg = 0.0;            // means over the tilts: second minus first
  double thickness_A = 0.0;                          // of the slab that holds the points
  std::vector<TiltDifference> tilts;                 // used in both, by rising nominal angle
  std::vector<std::string> only_first, only_second;  // tilts that just one of them uses
};

// The points are 5 x 5 x 3 in 90 % of the field and a slab of that thickness. Tilts are matched by
// their keys; the pixel sizes may differ. An Error when fewer than three are used by both.
AlignmentDifference compare_alignments(const Alignment& first, const Alignment& second,
                                       double thickness_A);

}  // namespace gimbal
