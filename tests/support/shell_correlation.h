// SPDX-License-Identifier: GPL-3.0-or-later
// Fourier shell correlation of cubes, for tests of reconstruction.
#pragma once

#include "gimbal/core/image.h"

#include <vector>

namespace gimbal::testing {

using Cube = std::vector<Image<float>>;  // as many planes as rows and columns, an even number
Cube empty_cube(int n);

// Sums over shells of 3 coefficients' width, within a soft ball (flatter along z), so that the
// cubes' faces do not count. Pairs of cubes of one size can be added up.
class ShellSums {
 public:
  void add(const Cube& a, const Cube& b);
  std::vector<double> correlation() const;

 private:
  std::vector<double> ab_, aa_, bb_;
};

std::vector<double> shell_correlation(const Cube& a, const Cube& b);

}  // namespace gimbal::testing
