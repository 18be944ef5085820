// SPDX-License-Identifier: GPL-3.0-or-later
// Weights of frames by their dose: amplitudes fade as data/radiation_damage.h says.
#pragma once

#include <vector>

namespace gimbal {

struct DoseSchedule {
  double pixel_A = 1.0;  // of the sums
  double voltage_kV = 300.0;
  double pre_exposure_e_A2 = 0.0;
  double dose_per_frame_e_A2 = 0.0;
  int n_frames = 1;
};

// Tables of weights against frequency, one for each frame. The weight of frame i is
// q_i / sqrt(sum_j q_j^2) with q_i the fading by the dose up to the end of frame i: noise keeps its
// power (and the mean is scaled by 1 / sqrt(n)), as in RELION. The fading before the first frame is
// not divided out again: frequencies that the specimen has lost before this tilt are damped in its
// sum.
class DoseWeights {
 public:
  explicit DoseWeights(const DoseSchedule& schedule);
  // Weights of frame i for coefficients ky = 0 .. n_ky-1 (natural order) of column kx of an image
  // of n_kx_period x n_ky pixels.
  void line(int i, int kx, int nx, int ny, float* weights) const;

 private:
  static constexpr int n_table = 4096;     // up to the corner of the Fourier square
  std::vector<std::vector<float>> table_;  // [frame][f / f_corner * (n_table - 2)]
};

}  // namespace gimbal
