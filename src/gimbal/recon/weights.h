// SPDX-License-Identifier: GPL-3.0-or-later
// Weights of the tilts' Fourier coefficients.
#pragma once

#include "gimbal/recon/options.h"
#include "gimbal/recon/series.h"

#include <vector>

namespace gimbal::recon {

// A function of frequency, from 0 to 0.5 cycles per voxel, in equal steps.
using FrequencyTable = std::vector<float>;
inline constexpr int table_steps = 1024;
inline double table_frequency(int i) {
  return 0.5 * i / table_steps;
}
// Linear between the entries; the last one beyond.
inline float table_value(const FrequencyTable& table, double cycles_per_voxel) {
  const double at = cycles_per_voxel * (2 * table_steps);
  if (at >= table_steps) return table[table_steps];
  const auto low = static_cast<std::size_t>(at);
  const auto part = static_cast<float>(at - static_cast<double>(low));
  return table[low] + part * (table[low + 1] - table[low]);
}

// For each angle the weight against the frequency across the tilt axis, for a slab of this many
// voxels. A tilt fills a slice of 1 / thickness of Fourier space. Where slices overlap, each
// counts by the inverse of how many there are (Harauz & van Heel 1986, Optik 73:146). Where they do
// not, 'exact' weights are level, and 'ramp' goes on with the angle between neighbours.
std::vector<FrequencyTable> overlap_weights(const std::vector<double>& angles_rad,
                                            double thickness_voxels, const ReconOptions& options);

// Against the distance from the origin: fading with dose, the low-pass, and the end of the band.
FrequencyTable radial_weights(double pre_exposure_e_A2, double voltage_kV, double voxel_A,
                              const ReconOptions& options);

// Sign of the CTF, +1 at low frequencies; frequencies in cycles per A.
class CtfSign {
 public:
  CtfSign(const Series& series, const Defocus& defocus, double extra_defocus_A);
  float at(double fx, double fy) const;
  // At (i * step_x, fy) for i in [0, n).
  void row(double step_x, double fy, int n, float* signs) const;
  // Radians by which one A of defocus turns the phase at this frequency.
  double phase_per_A(double cycles_per_A) const;
  // How far, in A, one A of defocus carries it.
  double spread_per_A(double cycles_per_A) const { return lambda_A_ * cycles_per_A; }

 private:
  double lambda_A_;
  // Half turns of the phase: xx fx^2 + xy fx fy + yy fy^2 - fourth (fx^2 + fy^2)^2 + offset.
  double xx_, xy_, yy_, fourth_, offset_;
};

}  // namespace gimbal::recon
