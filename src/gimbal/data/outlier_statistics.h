// SPDX-License-Identifier: GPL-3.0-or-later
// Local statistics of a sum of frames, robust against hot pixels: means of tiles, sums of line
// segments, and the counting noise. For find_outliers.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/data/counting_noise.h"
#include "gimbal/data/outliers.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gimbal {

// Tiles of 32 to 63 px that cover an image (one tile when it is smaller).
struct TileGrid {
  explicit TileGrid(Size2 image);
  Size2 size;
  int n_x = 1;
  int n_y = 1;
  int begin_x(int tx) const { return begin(tx, n_x, size.nx); }
  int begin_y(int ty) const { return begin(ty, n_y, size.ny); }

 private:
  static int begin(int i, int n, int length) {
    return static_cast<int>(static_cast<std::int64_t>(i) * length / n);
  }
};

struct TileStatistics {
  TileGrid grid;
  CountingNoise noise;
  bool has_noise = false;  // false: constant or tiny image, nothing can be judged
  double mean = 0.0;       // of all finite pixels, masked ones included
  double deviation = 0.0;
  // From here on masked pixels are replaced by good ones near them, and outliers cut to what
  // counting allows.
  std::vector<float> means;             // tile
  std::vector<float> column_sum_table;  // column, tile row
  std::vector<float> row_sum_table;     // tile column, row

  double tile_mean(int tx, int ty) const { return static_cast<double>(means[index(tx, ty)]); }
  float column_sums(int x, int ty) const {
    return column_sum_table[static_cast<std::size_t>(ty) * static_cast<std::size_t>(grid.size.nx) +
                            static_cast<std::size_t>(x)];
  }
  float row_sums(int tx, int y) const {
    return row_sum_table[static_cast<std::size_t>(y) * static_cast<std::size_t>(grid.n_x) +
                         static_cast<std::size_t>(tx)];
  }
  std::size_t index(int tx, int ty) const {
    return static_cast<std::size_t>(ty) * static_cast<std::size_t>(grid.n_x) +
           static_cast<std::size_t>(tx);
  }
};

TileStatistics tile_statistics(View<const float> sum, const DefectMask& mask);

}  // namespace gimbal
