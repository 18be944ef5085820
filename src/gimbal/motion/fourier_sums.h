// SPDX-License-Identifier: GPL-3.0-or-later
// Sums of frames in Fourier space. Each frame is transformed once: rows, written column by column,
// then only the columns that survive binning; there it is turned by its shift and added to every
// sum at once. One inverse transform for each sum at the end. Memory: the sums and one transform,
// whatever the number of frames.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/data/motion_field.h"
#include "gimbal/motion/dose_weights.h"
#include "gimbal/num/fft.h"

#include <functional>
#include <optional>

namespace gimbal {

struct SumRequest {
  Size2 frame;                       // px
  Size2 output;                      // after binning by Fourier cropping
  bool split = false;                // even and odd frames apart
  bool plain = true;                 // keep unweighted sums at all
  std::optional<DoseSchedule> dose;  // a dose-weighted sum, too
  int spectrum_group = 0;  // add amplitude spectra of this many aligned frames each; 0: none
};

// Spectra are stored by columns: row kx (0 .. nx/2) of the image holds ky = 0, 1, ..., -2, -1.
using ColumnSpectrum = Image<cfloat>;

class FourierSums {
 public:
  // Sides with large prime factors (4092, 7676) are continued to a length with fast transforms.
  explicit FourierSums(const SumRequest& request);
  // Gives rows first_y, first_y + 1, ... of a frame; called from several threads.
  using RowSource = std::function<void(int first_y, View<float> rows)>;
  // Adds the next frame, moved by `shift` (px of the frame).
  void add(const RowSource& rows, Shift shift);

  // Images in real space; each may be taken once, after the last frame (at least one).
  Image<float>
  take_plain();  // of all frames; with split, even + odd after take_even() and take_odd()
  Image<float> take_even();
  Image<float> take_odd();
  Image<float> take_weighted();
  // Summed amplitudes: row kx (0 .. nx/2) holds ky in natural order, for the size below.
  Image<float> take_amplitudes();
  // Of the images whose transforms are summed: the output, or a little more (see the constructor).
  Size2 spectrum_size() const { return kept_; }

 private:
  void clear_column(int kx);
  void continue_row(float* row) const;
  void transform_rows(const RowSource& rows);
  void transform_columns(Shift shift, bool group_ends);
  Image<float> inverse(ColumnSpectrum spectrum);

  SumRequest request_;
  Size2 full_;  // of the transforms of frames
  Size2 kept_;  // of the transforms of sums
  int n_added_ = 0;
  RealFft rows_;
  ComplexFft columns_;
  std::optional<DoseWeights> weights_;
  ColumnSpectrum frame_;       // transform of the frame at work, before its columns are cropped
  ColumnSpectrum even_, odd_;  // without split, even_ holds all
  ColumnSpectrum weighted_;
  ColumnSpectrum group_;  // frames of the current group of the amplitude spectrum
  Image<float> amplitudes_;
};

}  // namespace gimbal
