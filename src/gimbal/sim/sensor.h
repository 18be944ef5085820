// SPDX-License-Identifier: GPL-3.0-or-later
// The simulated camera: gain, defects, and the loss of contrast towards Nyquist.
#pragma once

#include "gimbal/core/image.h"

#include <cstdint>
#include <vector>

namespace gimbal::sim {

struct SensorOptions {
  double gain_sigma = 0.0;      // rms pixel-to-pixel variation of the sensitivity; 0: no gain
  double gain_tiles = 0.0;      // rms difference between the sensor's tiles (256 px)
  double mtf_at_nyquist = 1.0;  // contrast at Nyquist; falls exponentially from 1 at 0
  int n_hot = 0;                // pixels that count electrons of their own
  int n_dead = 0;               // pixels that never count
  int n_dead_columns = 0;
  double hot_rate = 20.0;  // of hot pixels, in times the mean dose of a frame
};

struct SensorPixel {
  int x = 0;
  int y = 0;
};

// In the orientation of the movie. `gain` is multiplicative: corrected = counts * gain; empty: 1.
// Dead pixels keep a gain, as real references do.
struct Sensor {
  Size2 size;
  Image<float> gain;
  double mtf_at_nyquist = 1.0;
  double hot_rate = 0.0;
  std::vector<SensorPixel> hot;
  std::vector<SensorPixel> dead;
  std::vector<int> dead_columns;

  double mtf(double cycles_per_px) const;
};

Sensor make_sensor(Size2 size, const SensorOptions& options, std::uint64_t seed);

// Counts of one frame from the electrons expected in each pixel of a perfect sensor (mean per pixel
// `mean` where there is no specimen). Row y uses stream (frame, y) of the seed. Without counting
// noise the expected values themselves are given.
void count_electrons(const Sensor& sensor, View<float> electrons, double mean, bool noise,
                     int frame, std::uint64_t seed);

}  // namespace gimbal::sim
