// SPDX-License-Identifier: GPL-3.0-or-later
// What the writers of MRC files share: pixels in the modes of the format, statistics of what was
// written, and the header.
#pragma once

#include "gimbal/io/mrc.h"

#include <limits>
#include <span>

namespace gimbal::mrc {

// Of the values as written. The mean and the deviation are combined row by row, so that neither
// loses digits in large stacks.
struct Statistics {
  double count = 0, mean = 0, squares = 0;  // squares: summed deviations from the mean
  float min = std::numeric_limits<float>::infinity();
  float max = -std::numeric_limits<float>::infinity();

  void add_row(std::span<const float> row);
  void add(const Statistics& other);
  void add_moments(double n, double other_mean, double other_squares);
  double deviation() const;
};

std::size_t mode_bytes(MrcMode mode);
bool is_finite(std::span<const float> row);
// Stores a row and replaces each value by what was stored.
void convert_row(MrcMode mode, std::span<float> row, std::span<std::byte> out);
std::vector<std::byte> header_bytes(int nx, int ny, int nz, const MrcWriteOptions& options,
                                    const Statistics& statistics);

}  // namespace gimbal::mrc
