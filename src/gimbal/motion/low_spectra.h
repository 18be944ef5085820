// SPDX-License-Identifier: GPL-3.0-or-later
// The low-frequency corners of all frames' transforms: all that alignment needs, 16 to 64 times
// smaller than the frames. Means are removed and the borders tapered, so that the edges of the
// detector, which do not move with the specimen, do not pull the shifts to zero.
#pragma once

#include "gimbal/data/motion_field.h"
#include "gimbal/motion/frames.h"
#include "gimbal/num/fft.h"

#include <memory>
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

// `size` consecutive frames are added up and measured together; a remainder joins the last group.
struct FrameGroups {
  int n_frames = 0;
  int size = 1;
  int count() const { return n_frames > size ? n_frames / size : 1; }
  int begin(int group) const { return group * size; }
  int end(int group) const { return group + 1 == count() ? n_frames : (group + 1) * size; }
  double centre(int group) const { return 0.5 * (begin(group) + end(group) - 1); }
};
// Groups of a multiple of `size` frames, at most `most` of them.
FrameGroups at_most(int most, int n_frames, int size);
std::vector<double> centres(const FrameGroups& groups);

// Makes the corner of one group of frames after the other, with the same working memory.
class CornerReader {
 public:
  // `corner_px`: size of the corner along the shorter side of the frames; frequencies up to 0.5 *
  // corner_px / shorter side per px. The movie must outlive this object.
  CornerReader(const MovieFrames& movie, int corner_px);
  ~CornerReader();
  LowSpectra empty() const;  // no frames yet
  // The sum of used frames first .. end - 1, scaled so that noise of unit variance per pixel of a
  // frame gives coefficients of unit variance for each frame.
  Image<cfloat> read(int first, int end);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

LowSpectra low_spectra(CornerReader& reader, const FrameGroups& groups);

// Sums of consecutive spectra.
LowSpectra added_up(const LowSpectra& spectra, const FrameGroups& groups);

// Turns a frame's coefficients so that its content moves by `shift`.
void apply_shift(LowSpectra& spectra, int frame, Shift shift);

Image<cfloat> sum_of_frames(const LowSpectra& spectra);

}  // namespace gimbal
