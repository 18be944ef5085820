// SPDX-License-Identifier: GPL-3.0-or-later
// The alignment of a tilt series from its images: gold beads, patches or projections, one solver.
#pragma once

#include "gimbal/core/options.h"
#include "gimbal/data/alignment.h"
#include "gimbal/tilt/stack.h"

#include <string>

namespace gimbal::tilt {

struct AlignOptions {
  std::string method = "auto";
  double gold_nm = 10.0;
  double patch_nm = 100.0;
  double patch_overlap = 50.0;             // %
  double thickness_nm = 0.0;               // 0: found from the images
  double tomogram_thickness = 300.0;       // nm
  std::string tilt_axis;                   // degrees, "unknown", or empty: as the metadata say
  std::string tilt_angle_offset = "auto";  // degrees, "auto" or "none"
  std::string refine_rotation = "auto";
  std::string refine_tilt = "auto";
  std::string refine_magnification = "auto";
  std::string deformation = "auto";
};

void describe(AlignOptions& options, OptionTable& table);

// UsageError when a text is neither one of its words nor a number in range.
void check(const AlignOptions& options);

// The axis that the options ask for, else the one of the metadata. Sets stack.nominal_axis_deg and
// stack.axis_known.
void set_axis(Stack& stack, const AlignOptions& options);

// Full-size px per px at which a series of such images is worked on.
int working_binning(double full_pixel_A);

// One AlignedTilt for each tilt of the stack, in its order. `start`: an alignment of the same tilts
// to refine, or nullptr. An Error says why a series cannot be aligned; single tilts that cannot are
// excluded with their reason.
Alignment align(const Stack& stack, const AlignOptions& options, const Alignment* start);

// Scores and verdict of an alignment that another program made, as align() gives them.
void assess(const Stack& stack, Alignment& alignment);

}  // namespace gimbal::tilt
