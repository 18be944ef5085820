// SPDX-License-Identifier: GPL-3.0-or-later
// The sum over all tilts of what their lines hold at each voxel.
#pragma once

#include "gimbal/recon/lines.h"

#include <vector>

namespace gimbal::recon {

// A box of the volume, and where its sum goes: row y of plane z is at
// out + (z - first_z) * plane + (y - first_y) * pitch.
struct Box {
  int first_y = 0, n_y = 0;
  int first_z = 0, n_z = 0;
  float* out = nullptr;
  std::ptrdiff_t pitch = 0, plane = 0;
};

// All x of the box; each tilt's lines are multiplied by its factor. They must hold the box's y.
void back_project(const std::vector<LineView>& views, const std::vector<LineSet>& lines,
                  const std::vector<double>& factors, const VolumeGrid& grid, LineShape shape,
                  const Box& box);

}  // namespace gimbal::recon
