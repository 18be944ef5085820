// SPDX-License-Identifier: GPL-3.0-or-later
// MRC2014 images and stacks (ccpem.ac.uk/mrc_format/mrc2014.php), with IMOD's and SerialEM's
// extensions: modes 0 (int8; uint8 when IMOD's flag says so), 1, 2, 6, 12 (float16), 101 (4-bit).
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/io/file.h"
#include "gimbal/io/frame_reader.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace gimbal {

enum class MrcMode { int8 = 0, int16 = 1, float32 = 2, uint16 = 6, float16 = 12 };

std::unique_ptr<FrameReader> open_mrc(const std::filesystem::path& path);

struct MrcWriteOptions {
  MrcMode mode = MrcMode::float32;
  double pixel_A = 1.0;
  bool volume = false;  // stack of images (ispg 0) or volume (ispg 1)
  std::vector<std::string>
      labels;  // at most 10 lines of 80 characters; no dates, so the same bytes always
  Survive survive = Survive::power_failure;
};

// Writes under the final name only when complete. Values are rounded and clamped to the range of
// the mode (float16: to +-65504); statistics of what was written go into the header. NaN and
// infinity are an Error.
void write_mrc(const std::filesystem::path& path, View<const float> image,
               const MrcWriteOptions& options);

// Stack section by section, for movies and volumes that do not fit in memory. Call finish() at the
// end: without it nothing appears under the final name.
class MrcStackWriter {
 public:
  MrcStackWriter(const std::filesystem::path& path, int nx, int ny, int nz,
                 const MrcWriteOptions& options);
  ~MrcStackWriter();
  MrcStackWriter(MrcStackWriter&&) noexcept;
  MrcStackWriter& operator=(MrcStackWriter&&) = delete;
  void append(View<const float> section);
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gimbal
