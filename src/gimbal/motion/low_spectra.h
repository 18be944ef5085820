// SPDX-License-Identifier: GPL-3.0-or-later
// The low-frequency corners of all frames' transforms: all that alignment needs, 16 to 64 times
// smaller than the frames. Means are removed and the borders tapered, so that the edges of the
// detector, which do not move with the specimen, do not pull the shifts to zero.
#pragma once

#include "gimbal/data/motion_field.h"
#include "gimbal/motion/frames.h"
#include "gimbal/num/fft.h"

#include <vector>

namespace gimbal {

// Coefficients kx = 0 .. k_max.nx, ky = -k_max.ny .. k_max.ny of one frame (or group of frames);
// row kx of the image holds all ky: coefficient (kx, ky) is image(ky + k_max.ny, kx).
struct LowSpectra {
  Size2 frame_size;        // of the full frames, px
  double period_x_px = 0;  // a shift of s px turns coefficient kx by 2 pi kx s / period_x_px
  double period_y_px = 0;
  Size2 k_max;
  std::vector<Image<cfloat>> frames;

  int count() const { return static_cast<int>(frames.size()); }
};

// `group` consecutive frames are averaged; a remainder joins the last group. `corner_px`: size of
// the corner along the shorter side of the frames; frequencies up to 0.5 * corner_px / shorter side
// per px.
LowSpectra low_spectra(const MovieFrames& movie, int group, int corner_px);

// Turns a frame's coefficients so that its content moves by `shift`.
void apply_shift(LowSpectra& spectra, int frame, Shift shift);

Image<cfloat> sum_of_frames(const LowSpectra& spectra);

}  // namespace gimbal
