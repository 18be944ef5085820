// SPDX-License-Identifier: GPL-3.0-or-later
// The three central slices of a volume as small pictures, drawn as one figure.
#pragma once

#include "gimbal/recon/slices.h"
#include "gimbal/report/canvas.h"

#include <string>
#include <vector>

namespace gimbal {

struct SlicePictures {
  std::string xy, xz, yz;      // grey JPEGs; empty: there are none
  int nx = 0, ny = 0, nz = 0;  // of the volume
  double voxel_A = 1.0;
};

// All with the contrast that suits the x-y slice of the last one.
std::vector<SlicePictures> slice_pictures(const std::vector<const recon::Slices*>& volumes,
                                          int max_px);

// x-y with x-z below it and y-z (z to the right) beside it, all to one scale, with a bar.
void draw_slices(Canvas& canvas, const Rect& area, const SlicePictures& pictures);
// Height over width of the figure.
double slices_aspect(const SlicePictures& pictures);

}  // namespace gimbal
