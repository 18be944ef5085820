// SPDX-License-Identifier: GPL-3.0-or-later
// A specimen on a coarse grid whose local strengths are known: what strong objects look like from
// one tilt to the next, where the slab of slab.h only knows how thick everything is.
// y runs along the tilt axis. Planes across it are independent; 16 neighbours are a block, whose
// lane is the innermost index: volumes [z][x][lane], pictures [tilt][column][lane].
#pragma once

#include <vector>

namespace gimbal::tilt {

struct VolumeGrid {
  static constexpr int lanes = 16;
  double step_px = 1.0;                // full-size px per grid px
  int nx = 0, nz = 0;                  // across the axis and in depth, around the middle
  int n = 0;                           // of a square picture, whose rows run across the axis
  std::vector<double> cosines, sines;  // of the tilts

  int n_tilts() const { return static_cast<int>(cosines.size()); }
  int n_blocks() const { return n / lanes; }
  std::size_t volume_size() const {  // of a block, in floats
    return static_cast<std::size_t>(nx) * static_cast<std::size_t>(nz) * lanes;
  }
  std::size_t picture_index(std::size_t tilt, int x, int y) const {  // in its block, y / lanes
    return (tilt * static_cast<std::size_t>(n) + static_cast<std::size_t>(x)) * lanes +
           static_cast<std::size_t>(y % lanes);
  }
  std::size_t pictures_size() const { return cosines.size() * static_cast<std::size_t>(n) * lanes; }
};

// Adds the sums along the rays of a block's volume (values times strengths) to its pictures; adds
// the pictures to a volume along their rays. Linear interpolation in the pictures.
void project(const VolumeGrid& grid, const float* values, const float* strengths, float* pictures);
void back_project(const VolumeGrid& grid, const float* pictures, float* volume);

// Standard deviations of the values, by block: of the power 1.5 of the mean squares around
// (Gaussian, 1.6 px wide, 2.4 in depth), over a floor, and scaled to this mean square over the
// middle of the volume. `values` has the blocks of a whole volume.
std::vector<std::vector<float>> local_strengths(const VolumeGrid& grid,
                                                const std::vector<std::vector<float>>& values,
                                                double mean_square);

}  // namespace gimbal::tilt
