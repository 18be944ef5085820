// SPDX-License-Identifier: GPL-3.0-or-later
// MRC volumes written in pieces, in any order, by several threads.
#pragma once

#include "gimbal/io/mrc.h"

namespace gimbal {

// Call finish() when every row was written once: without it nothing appears under the final name.
// The file, its statistics included, does not depend on the order.
class MrcVolumeWriter {
 public:
  MrcVolumeWriter(const std::filesystem::path& path, int nx, int ny, int nz,
                  const MrcWriteOptions& options);
  ~MrcVolumeWriter();
  MrcVolumeWriter(MrcVolumeWriter&&) noexcept;
  MrcVolumeWriter& operator=(MrcVolumeWriter&&) = delete;
  // Rows first_y, first_y + 1, ... of plane z.
  void write_rows(int z, int first_y, View<const float> rows);
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gimbal
