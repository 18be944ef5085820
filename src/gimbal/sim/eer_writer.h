// SPDX-License-Identifier: GPL-3.0-or-later
// True EER files: a (Big)TIFF container with one directory for each raw frame, as a Falcon writes
// them, so that tests and simulations go through the same reader as real movies.
#pragma once

#include "gimbal/io/eer_codec.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace gimbal {

struct EerWriteOptions {
  int compression = 65001;     // 65000: 8 + 4 bits, 65001: 7 + 4 bits, 65002: bits in tags
  EerCode code = {7, 1, 1};    // of compression 65002: x_bits and y_bits 1 or 2
  double exposure_e_A2 = 0;    // whole movie; goes into the metadata when > 0
  double pixel_A = 0;          // likewise
  double exposure_time_s = 0;  // likewise
  int n_frames = 0;            // raw frames that will be appended; likewise
};

// Frames are appended one after the other; nothing appears under the final name before finish().
class EerWriter {
 public:
  EerWriter(const std::filesystem::path& path, int nx, int ny, const EerWriteOptions& options);
  ~EerWriter();
  EerWriter(EerWriter&&) noexcept;
  EerWriter& operator=(EerWriter&&) = delete;

  // One raw frame: electrons in quarter pixels of the detector (x in 0 .. 4 nx - 1), any order. A
  // detector pixel counts at most one electron in a raw frame: further ones are lost, as in
  // reality.
  void append(const std::vector<EerElectron>& electrons);
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gimbal
