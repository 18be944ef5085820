// SPDX-License-Identifier: GPL-3.0-or-later
// One interface to every movie and image format: a stack of frames of one size.
// All frames come in MRC orientation: row 0 is the first row of an MRC file (TIFF rows are turned
// over, as RELION does; EER rows are detector rows). Bytes are in native order; 4-bit data come as
// uint8.
#pragma once

#include "gimbal/core/error.h"
#include "gimbal/core/image.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace gimbal {

enum class PixelType { int8, uint8, int16, uint16, float32 };

std::size_t bytes_per_pixel(PixelType type);

// What a file says of itself, whatever its format. Zero or empty: the file does not say.
struct StackInfo {
  std::string format;  // "MRC mode 1", "TIFF, 8-bit unsigned, LZW", "EER 65001"
  int nx = 0;
  int ny = 0;
  int n_frames = 0;      // EER: fractions, after grouping
  int n_raw_frames = 0;  // EER: raw frames in the file; otherwise = n_frames
  PixelType type = PixelType::float32;
  double pixel_A = 0;        // as in the header
  double exposure_e_A2 = 0;  // EER metadata: whole exposure
  double exposure_s = 0;     // EER metadata: its duration
  Findings findings;         // repairs made and doubts met while opening
};

// One frame, unconverted. Rows are nx * bytes_per_pixel(type) apart, without padding.
struct RawFrame {
  PixelType type = PixelType::float32;
  int nx = 0;
  int ny = 0;
  Bytes bytes;

  // Row y as floats.
  void row_to_float(int y, float* out) const;
  // One pixel as a float; for a few pixels here and there.
  float pixel(int x, int y) const;
};

// How EER events become frames: RELION's --eer_grouping and --eer_upsampling.
struct EerRendering {
  int grouping = 32;   // raw frames per fraction; a remainder is discarded
  int upsampling = 1;  // 1: detector grid (4K); 2: 8K; also 3 (16K)
};

class FrameReader {
 public:
  virtual ~FrameReader() = default;
  const StackInfo& info() const { return info_; }
  // info().findings, and what reading frames has brought to light so far (damaged raw EER frames).
  virtual Findings findings() const { return info_.findings; }
  // Frame index 0 .. n_frames-1. May be called from several threads at a time. Reuses frame.bytes.
  virtual void read(int index, RawFrame& frame) const = 0;

 protected:
  StackInfo info_;
};

// Chooses the format by content, then by extension (compressed movies: .bz2 .xz .zst .gz after it).
// Throws Error for what cannot be read with certain intent.
std::unique_ptr<FrameReader> open_frames(const std::filesystem::path& path,
                                         const EerRendering& eer = {});

// A single image (the first frame) as floats, for gains, defect maps and sums.
Image<float> read_image(const std::filesystem::path& path);

}  // namespace gimbal
