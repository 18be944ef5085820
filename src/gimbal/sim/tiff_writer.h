// SPDX-License-Identifier: GPL-3.0-or-later
// Multi-page TIFF as cameras write it: LZW with one strip for several rows, top row first.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/io/frame_reader.h"

#include <filesystem>
#include <memory>

namespace gimbal::sim {

class TiffWriter {
 public:
  explicit TiffWriter(const std::filesystem::path& path);
  ~TiffWriter();
  TiffWriter(TiffWriter&&) noexcept;
  TiffWriter& operator=(TiffWriter&&) = delete;

  // `bottom_up`: row 0 of the frame (MRC: the lowest one) becomes the last row of the page.
  void append(const RawFrame& frame, bool bottom_up);
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gimbal::sim
