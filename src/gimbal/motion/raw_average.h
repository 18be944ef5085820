// SPDX-License-Identifier: GPL-3.0-or-later
// Averages of raw frames over several movies, in which the detector's own pattern shows.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/io/frame_reader.h"

#include <filesystem>
#include <vector>

namespace gimbal {

struct RawAverageRequest {
  std::vector<std::filesystem::path> movies;  // taken in order
  EerRendering eer;
  Size2 size;                    // movies of other sizes are passed over
  int centre_px = 0;             // only the central square of this side; 0: all
  int max_frames = 0;            // stop after this many frames, or
  double enough_counts = 1e300;  // when this much has been counted per pixel
};

// Empty images: there was no such frame. Movies that cannot be read are passed over.
struct RawAverages {
  Image<float> even;  // of frames 1, 3, ... over all movies
  Image<float> odd;   // of frames 2, 4, ...
  Image<float> all() const;
};

RawAverages raw_averages(const RawAverageRequest& request);

}  // namespace gimbal
