// SPDX-License-Identifier: GPL-3.0-or-later
// The gain reference: factors that movies are multiplied with, in the orientation and size of the
// movie's frames. A factor of zero marks a defect.
#pragma once

#include "gimbal/core/error.h"
#include "gimbal/core/image.h"
#include "gimbal/data/orientation.h"

#include <filesystem>

namespace gimbal {

struct GainReference {
  Image<float> factors;  // finite, >= 0; 0: defect
  Findings findings;
};

enum class GainKind {
  factors,      // multiplied with the movies
  sensitivity,  // "inverse gain" of EER movies: the factors are mean / value
};

// What a gain file holds, by RELION's rules: for EER movies every name but *.gain is a sensitivity.
GainKind gain_kind(const std::filesystem::path& path, bool eer);

// A gain as read from its file (MRC, TIFF, .gain): not turned, not yet of the movie's size. Rows of
// a .gain for EER movies are in EER order (RELION's rule), all others in MRC order.
struct StoredGain {
  Image<float> values;
  GainKind kind = GainKind::factors;
};
StoredGain read_stored_gain(const std::filesystem::path& path, bool eer);

// Turns a gain, adapts it to the movie's sampling and makes its factors:
// - the movie has 2 or 4 times the pixels per side: each value is used 2x2 or 4x4 times;
// - the movie has half the pixels: 2x2 sensitivities are summed, 2x2 factors averaged (a zero among
//   them makes zero), so the mean factor stays;
// - sensitivities become (mean of those above zero) / value.
// NaN, infinite and negative values become zero, and a Finding counts all zeros. Any other size is
// an Error that says which --gain_rot would fit.
GainReference fit_gain(const StoredGain& gain, GainOrientation orientation, Size2 movie_size);

// True when fit_gain would accept the sizes.
bool gain_fits(Size2 stored, GainOrientation orientation, Size2 movie_size);

// read_stored_gain and fit_gain; the file is named in errors and findings.
struct GainRequest {
  std::filesystem::path path;
  GainOrientation orientation;
  Size2 movie_size;  // EER: after upsampling
  bool eer = false;
};
GainReference read_gain(const GainRequest& request);

}  // namespace gimbal
