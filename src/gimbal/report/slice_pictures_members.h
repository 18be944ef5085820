// SPDX-License-Identifier: GPL-3.0-or-later
// Every member of SlicePictures, once, for the records that hold them, in both directions.
#pragma once

#include "gimbal/report/record_structures.h"
#include "gimbal/report/slice_pictures.h"

namespace gimbal {

template <record::Is<SlicePictures> T, typename Member>
void each_member(T& p, const Member& member) {
  member("xy", p.xy);
  member("xz", p.xz);
  member("yz", p.yz);
  member("nx", p.nx);
  member("ny", p.ny);
  member("nz", p.nz);
  member("voxel_A", p.voxel_A);
}

}  // namespace gimbal
