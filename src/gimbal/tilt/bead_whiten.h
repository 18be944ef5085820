// SPDX-License-Identifier: GPL-3.0-or-later
// Tilt images with white noise of variance 1, in which a least-squares fit of a bead is a
// maximum-likelihood one.
#pragma once

#include "gimbal/num/fft.h"

#include <vector>

namespace gimbal::tilt {

enum class NoiseFrom {
  typical_tiles,  // the median over tiles: some have beads in them
  all_tiles,      // the mean, without the highest tenth: beads were taken away
};

// Power of the noise, 1 for white noise of variance 1, at spatial frequencies i / (2 (n - 1))
// cycles per px, from the image's tiles.
std::vector<double> noise_power(View<const float> image, NoiseFrom from);

struct WhiteTilt {
  Image<float> image;  // noise variance 1
  Image<float> small;  // Fourier-cropped, noise variance 1 again; where candidates are looked for
};

// Plans for images of one size; may be used by many threads.
class Whitener {
 public:
  Whitener(Size2 size, int small_binning);  // a whole factor, at least 1
  Size2 small_size() const { return small_.size(); }

  // Empty images stay empty.
  WhiteTilt whiten(View<const float> image) const;
  // Whitens again, by the noise of `without_beads`: the same image after its beads were taken away.
  Image<float> whiten_again(View<const float> image, View<const float> without_beads) const;

 private:
  Fft2d full_, small_;
};

}  // namespace gimbal::tilt
