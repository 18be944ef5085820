// SPDX-License-Identifier: GPL-3.0-or-later
// Writes simulated movies as the files that cameras write, frame by frame.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/io/frame_reader.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace gimbal::sim {

struct MovieFile {
  std::filesystem::path path;
  std::string format = "mrc";  // mrc, tif, eer
  PixelType type = PixelType::int8;
  Size2 size;
  int n_frames = 1;
  double pixel_A = 1.0;
  double exposure_e_A2 = 0.0;  // of the whole movie, for EER's metadata
  int eer_raw_frames = 32;     // for each frame appended
  int eer_upsampling = 1;      // `size` is that of the detector times this
  std::uint64_t seed = 1;      // EER: which raw frame and which part of its pixel an electron hits
};

// The file appears under its name with finish().
class MovieWriter {
 public:
  virtual ~MovieWriter() = default;
  virtual void append(View<const float> counts) = 0;
  virtual void finish() = 0;
};

std::unique_ptr<MovieWriter> open_movie_writer(const MovieFile& file);

// A gain as a Falcon's: TIFF of 32-bit floats, rows in detector order.
void write_eer_gain(const std::filesystem::path& path, View<const float> gain);

}  // namespace gimbal::sim
