// SPDX-License-Identifier: GPL-3.0-or-later
// The STAR file of one movie, as RELION's motion correction writes it: what the movie is, the shift
// of every frame, the local model, and the pixels that were filled.
#pragma once

#include "gimbal/data/motion_field.h"
#include "gimbal/data/movie.h"
#include "gimbal/data/outliers.h"
#include "gimbal/io/frame_reader.h"
#include "gimbal/io/star.h"

#include <filesystem>
#include <optional>
#include <vector>

namespace gimbal {

struct MovieMetadata {
  Movie movie;
  int n_frames = 0;                   // in the file; EER: fractions
  std::filesystem::path gain;         // empty: none
  std::filesystem::path defect_file;  // empty: none
  double bin_factor = 1.0;
  std::optional<EerRendering> eer;
  MotionField motion;
  std::vector<Pixel> bad_pixels;  // found in the movie; y then x
};

// Shifts stay in unbinned pixels; the local model's coefficients become binned ones, which is what
// RELION's readers expect. Frames that are not used have the shift -9999.
StarDocument movie_star(const MovieMetadata& metadata);

}  // namespace gimbal
