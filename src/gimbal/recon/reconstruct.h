// SPDX-License-Identifier: GPL-3.0-or-later
// An aligned tilt series becomes a volume, piece by piece: memory does not grow with its size.
#pragma once

#include "gimbal/recon/options.h"
#include "gimbal/recon/series.h"

#include <functional>
#include <vector>

namespace gimbal::recon {

// Gives the image of a tilt; may be called from several threads, and more than once for a tilt.
using ImageGiver = std::function<Image<float>(int tilt)>;

// Takes rows first_y, first_y + 1, ... of plane z. Called from several threads, for each row of the
// volume once.
using RowTaker = std::function<void(int z, int first_y, View<const float> rows)>;

struct Request {
  VolumeGrid grid;
  // Thickness that the filter counts with; 0: the grid's (slices of a thicker tomogram need it).
  double filter_thickness_A = 0.0;
  // Multiplies the contrast of the images; 0: chosen so that the volume's deviation is about 1.
  // Half tomograms take that of the full one.
  double scale = 0.0;
  double memory_bytes = 0.9e9;  // for what is kept of the tilts; less for huge images
};

struct Outcome {
  double scale = 1.0;
  LineShape shape = LineShape::straight;
  int passes = 1;  // how often the images were read
};

// Weighted back-projection. Images are taken as contrast, (value - mean) / mean; where means are
// not those of counted electrons, as (value - mean) / deviation. Dense matter stays dark. An Error
// names the tilt whose image does not fit or holds NaN.
Outcome reconstruct(const Series& series, const Request& request, const ReconOptions& options,
                    const ImageGiver& image_of, const RowTaker& take);

}  // namespace gimbal::recon
