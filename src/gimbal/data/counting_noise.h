// SPDX-License-Identifier: GPL-3.0-or-later
// How far counting noise can take a pixel: bounds that good pixels cross once in 50 million.
#pragma once

#include <vector>

namespace gimbal {

// Poisson bounds for values that are `scale` times a number of electrons. With scale 0: Gaussian
// noise of a given deviation instead.
class CountingNoise {
 public:
  static CountingNoise poisson(double scale);
  static CountingNoise gaussian(double deviation);

  double scale() const { return scale_; }
  // Values above are hot: never below 1.35 times the mean, so that real contrast passes.
  double upper(double mean) const;
  // Values at or below are dead: never above 0.5 times the mean; -infinity where zero counts are
  // not surprising.
  double lower(double mean) const;

 private:
  double scale_ = 0.0;
  double deviation_ = 0.0;
  std::vector<float> upper_counts_;  // on a geometric grid of expected counts
  std::vector<float> lower_counts_;
};

}  // namespace gimbal
