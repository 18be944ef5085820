// SPDX-License-Identifier: GPL-3.0-or-later
// From images to lines: what the recipe in reconstruct.cpp does for each tilt.
#pragma once

#include "gimbal/recon/lines.h"
#include "gimbal/recon/reconstruct.h"
#include "gimbal/recon/weights.h"

namespace gimbal::recon {

// What all tilts have in common, made once.
struct Plan {
  const Series* series = nullptr;
  VolumeGrid grid;
  ReconOptions options;
  std::vector<LineView> views;
  LineShape shape = LineShape::straight;
  WorkingGrid working;
  std::vector<FrequencyTable> across;  // [tilt], weights against |fu|
  std::vector<FrequencyTable> radial;  // [tilt], and against |f|
  FrequencyTable undo_u, undo_v;       // the lines' kernel
  std::vector<float> undo_x, undo_y;   // the image's kernel, at kx and |ky|
  ImageKernel kernel;
};

Plan make_plan(const Series& series, const Request& request, const ReconOptions& options);

struct TiltLines {
  LineSet lines;
  double mean = 0.0, deviation = 0.0;  // of the image
  double power = 0.0;                  // mean square of the filtered image
};

// Most memory that lines_of() takes for a tilt, from reading its image on, beside the lines.
double bytes_of_tilt(const Plan& plan, int tilt, const Slab& slab);

// The lines of the image less its mean, in its own units. An Error when it holds NaN.
TiltLines lines_of(const Plan& plan, int tilt, Image<float> image, const Slab& slab);

}  // namespace gimbal::recon
