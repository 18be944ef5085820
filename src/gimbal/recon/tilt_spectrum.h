// SPDX-License-Identifier: GPL-3.0-or-later
// From a tilt's image to the filtered image at working size: low frequencies of the transform, then
// weights, then back on a grid 1.5 times as fine as the voxels.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/num/fft.h"

#include <functional>

namespace gimbal::recon {

// The next length >= least that is even and has no large prime factors.
int fast_length(double least);

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

// Row kx begins with ky = 0, 1, .., rows, -rows, .., -1, of the image, normalised: a wave of
// amplitude 1 has coefficients of 0.5. (What follows in a row has no meaning.)
using LowSpectrum = Image<cfloat>;
LowSpectrum low_spectrum(Image<float> image, const WorkingGrid& grid);

// A part of the working image.
struct Window {
  int x0 = 0, y0 = 0, nx = 0, ny = 0;
};
inline Window whole_window(const WorkingGrid& grid) {
  return {0, 0, grid.working.nx, grid.working.ny};
}
// Most memory that it takes to make a working image, from reading the tilt's image on.
double bytes_at_work(const WorkingGrid& grid, const Window& window);

// Gives the weights of column kx, in the order of LowSpectrum.
using ColumnWeights = std::function<void(int kx, float* weights)>;

// The window of the weighted image with `rim` px more on each side, where the image goes on
// periodically: pixel (x, y) of the grid is at (x - x0 + rim, y - y0 + rim).
inline constexpr int rim = 4;
Image<float> working_image(const LowSpectrum& spectrum, const WorkingGrid& grid,
                           const Window& window, const ColumnWeights& weights);

}  // namespace gimbal::recon
