// SPDX-License-Identifier: GPL-3.0-or-later
// Small pictures of sums and power spectra for reports, as grey JPEG. Drawn with y up: row 0 of the
// image (MRC orientation) is the lowest line of the picture.
#pragma once

#include "gimbal/core/image.h"

#include <string>
#include <vector>

namespace gimbal {

// The image reduced by averaging areas (never enlarged) to at most max_px a side. Pixels that are
// not finite do not count; where there is nothing else, NaN.
Image<float> reduced(View<const float> image, int max_px);

// A sum. The contrast follows the bulk of the pixels, so that gold, dirt and hot spots do not take
// it all.
std::string sum_thumbnail(View<const float> sum, int max_px = 256);

// Pictures to be compared: all with the contrast that suits the last one.
std::vector<std::string> comparable_thumbnails(const std::vector<View<const float>>& images,
                                               int max_px = 256);

// A power spectrum (amplitudes, centred at (n/2, n/2)), cut at edge_A (or at Nyquist where that is
// reached first), with its smooth background removed, so that Thon rings show.
struct SpectrumThumbnail {
  std::string jpeg;
  double edge_A = 0.0;  // resolution at the middle of an edge
};
SpectrumThumbnail spectrum_thumbnail(View<const float> amplitudes, double pixel_A,
                                     double edge_A = 4.0, int max_px = 256);

}  // namespace gimbal
