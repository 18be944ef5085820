// SPDX-License-Identifier: GPL-3.0-or-later
// Three slices through a volume, for people to look at.
#pragma once

#include "gimbal/recon/reconstruct.h"

namespace gimbal::recon {

// Each the mean over some 50 A of depth. In `xy` x is horizontal and y is up (row 0 is the lowest),
// in `xz` z is up, in `yz` z is horizontal and y is up.
struct Slices {
  Image<float> xy, xz, yz;
  double voxel_A = 1.0;  // of the slices: those of large volumes are binned
};

// Collects those through the centre while a volume is made: give every row of it to take().
class SliceCollector {
 public:
  static constexpr int never_binned = 1 << 30;
  // Slices of more than this many voxels along x or y are binned.
  explicit SliceCollector(const VolumeGrid& grid, int most_px = 2048);
  // From several threads, in pieces of a multiple of 16 rows (up to the volume's end).
  void take(int z, int first_y, View<const float> rows);
  Slices slices() const;

 private:
  VolumeGrid grid_;
  int bin_ = 1;                         // of x and y, while they are collected
  int near_;                            // voxels on each side of a slice that it shows
  std::vector<Image<float>> planes_;    // z about the centre
  std::vector<Image<float>> sections_;  // y about the centre: row z
  Image<float> across_;                 // (z, y): mean over x about the centre
};

// Without the rest of the volume. The slices go through `place`, in voxels from the tomogram's
// centre, or through the grid's voxel that is nearest to it.
Slices slices_at(Vec3 place, const Series& series, const VolumeGrid& grid,
                 const ReconOptions& options, const ImageGiver& image_of);

}  // namespace gimbal::recon
