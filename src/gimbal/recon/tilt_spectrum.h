// SPDX-License-Identifier: GPL-3.0-or-later
// From a tilt's image to the filtered image at working size: low frequencies of the transform, then
// weights, then back on a grid 1.5 times as fine as the voxels.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/num/fft.h"

#include <functional>

namespace gimbal::recon {

// Sizes of the transforms. Images are continued by their mirror images, fading to 0, so that their
// ends do not meet.
struct WorkingGrid {
  Size2 image;
  Size2 padded;     // of the forward transform
  Size2 working;    // of the backward one: position p of the image is at p * working / padded
  int columns = 0;  // kept frequencies 0 .. columns - 1 along x
  int rows = 0;     // and -rows .. rows along y
};

// For voxels of this many px of the image (>= 1, up to rounding).
WorkingGrid working_grid(Size2 image, double voxel_px);

// Row kx holds ky = 0, 1, .., rows, -rows, .., -1, of the image, normalised: a wave of amplitude 1
// has coefficients of 0.5.
using LowSpectrum = Image<cfloat>;
LowSpectrum low_spectrum(View<const float> image, const WorkingGrid& grid);

// Gives the weights of column kx, in the order of LowSpectrum.
using ColumnWeights = std::function<void(int kx, float* weights)>;

// The weighted image; `rim` px on each side go on periodically, so that pixel (x, y) of the grid is
// at (x + rim, y + rim).
inline constexpr int rim = 4;
Image<float> working_image(const LowSpectrum& spectrum, const WorkingGrid& grid,
                           const ColumnWeights& weights);

}  // namespace gimbal::recon
