// SPDX-License-Identifier: GPL-3.0-or-later
// The picture of a power spectrum as CTFFIND takes it from RELION: centred amplitudes, made square,
// cut at 1.4 A per pixel, resampled by Fourier cropping.
#pragma once

#include "gimbal/core/image.h"

namespace gimbal {

struct PowerSpectrum {
  Image<float> image;    // size x size, zero frequency at (size/2, size/2)
  double pixel_A = 0.0;  // Nyquist of the picture's edge is 1 / (2 pixel_A)
};

// The largest size that a spectrum of such an image has pixels for.
int largest_spectrum_size(Size2 image, double pixel_A);

// `amplitudes`: row kx (0 .. nx/2) holds ky = 0, 1, ..., -1 of an image of `image` pixels at
// pixel_A. Throws Error when `size` is larger than the spectrum has pixels.
PowerSpectrum power_spectrum_image(View<const float> amplitudes, Size2 image, double pixel_A,
                                   int size);

}  // namespace gimbal
