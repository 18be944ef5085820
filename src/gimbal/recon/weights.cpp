// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/recon/weights.h"

#include "gimbal/core/simd.h"
#include "gimbal/core/units.h"
#include "gimbal/data/radiation_damage.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gimbal::recon {
namespace {

// Of each angle to its neighbours, on average; a lone one gets 180 degrees.
std::vector<double> spacings(const std::vector<double>& angles_rad) {
  auto sorted = angles_rad;
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> result;
  for (const double angle : angles_rad) {
    const auto below = std::lower_bound(sorted.begin(), sorted.end(), angle);
    const auto above = std::upper_bound(sorted.begin(), sorted.end(), angle);
    double sum = 0.0;
    int n = 0;
    if (below != sorted.begin()) sum += angle - *(below - 1), ++n;
    if (above != sorted.end()) sum += *above - angle, ++n;
    result.push_back(n > 0 ? sum / n : std::numbers::pi);
  }
  return result;
}

// How many slices of this width lie on the one at distance 0, by their shares.
double slices(const std::vector<double>& distances, double width) {
  double sum = 0.0;
  for (const double distance : distances) sum += std::max(0.0, 1.0 - distance / width);
  return sum;
}

std::vector<double> distances_to(const std::vector<double>& angles_rad, double angle_rad) {
  std::vector<double> distances;
  for (const double other : angles_rad) distances.push_back(std::abs(std::sin(other - angle_rad)));
  return distances;
}

}  // namespace

std::vector<FrequencyTable> overlap_weights(const std::vector<double>& angles_rad,
                                            double thickness_voxels, const ReconOptions& options) {
  const auto spacing = spacings(angles_rad);
  const double n = static_cast<double>(angles_rad.size());
  std::vector<FrequencyTable> tables;
  for (std::size_t i = 0; i < angles_rad.size(); ++i) {
    const auto distances = distances_to(angles_rad, angles_rad[i]);
    FrequencyTable& table = tables.emplace_back(table_steps + 1);
    for (int k = 0; k <= table_steps; ++k) {
      const double f = table_frequency(k);
      double weight = 1.0 / n;  // all overlap
      if (options.filter != "none" && f > 0.0) {
        const double own = 1.0 / (thickness_voxels * f);
        const double width = options.filter == "ramp" ? std::max(own, spacing[i]) : own;
        weight = width / own / slices(distances, width);
      }
      // After k steps of Landweber's iteration, 1 - (1 - e)^k of a component with eigenvalue e.
      if (options.sirt_iterations > 0)
        weight *= 1.0 - std::pow(1.0 - std::min(1.0, 1.0 / (n * weight)), options.sirt_iterations);
      table[static_cast<std::size_t>(k)] = static_cast<float>(weight);
    }
  }
  return tables;
}

FrequencyTable radial_weights(double pre_exposure_e_A2, double voltage_kV, double voxel_A,
                              const ReconOptions& options) {
  constexpr double soft = 0.02;  // width of the band's end, cycles per voxel
  FrequencyTable table(table_steps + 1);
  for (int k = 0; k <= table_steps; ++k) {
    const double f = table_frequency(k), per_A = f / voxel_A;
    double weight = std::clamp((0.5 - f) / soft, 0.0, 1.0);
    weight = 0.5 - 0.5 * std::cos(std::numbers::pi * weight);
    if (!options.no_dose_weighting && f > 0.0)
      weight *= std::exp(-0.5 * pre_exposure_e_A2 / critical_dose_e_A2(per_A, voltage_kV));
    if (options.lowpass_A > 0.0)
      weight *= std::exp(-0.5 * std::numbers::ln2 * std::pow(per_A * options.lowpass_A, 4.0));
    table[static_cast<std::size_t>(k)] = static_cast<float>(weight);
  }
  return table;
}

CtfSign::CtfSign(const Series& series, const Defocus& defocus, double extra_defocus_A)
    : lambda_A_(wavelength_A(series.voltage_kV)) {
  const double mean_A = 0.5 * (defocus.u_A + defocus.v_A) + extra_defocus_A;
  const double half_difference_A = 0.5 * (defocus.u_A - defocus.v_A);
  const double turn = 2.0 * rad_from_deg(defocus.angle_deg);
  xx_ = lambda_A_ * (mean_A + half_difference_A * std::cos(turn));
  yy_ = lambda_A_ * (mean_A - half_difference_A * std::cos(turn));
  xy_ = 2.0 * lambda_A_ * half_difference_A * std::sin(turn);
  fourth_ = 0.5 * series.cs_mm * 1e7 * lambda_A_ * lambda_A_ * lambda_A_;
  offset_ = (std::asin(std::clamp(series.amplitude_contrast, 0.0, 1.0)) +
             rad_from_deg(defocus.phase_shift_deg)) /
            std::numbers::pi;
}

double CtfSign::phase_per_A(double cycles_per_A) const {
  return std::numbers::pi * lambda_A_ * cycles_per_A * cycles_per_A;
}

float CtfSign::at(double fx, double fy) const {
  const double f2 = fx * fx + fy * fy;
  const double quarter =
      0.5 * (xx_ * fx * fx + xy_ * fx * fy + yy_ * fy * fy - fourth_ * f2 * f2 + offset_);
  return quarter - std::floor(quarter) < 0.5 ? 1.0F : -1.0F;
}

GIMBAL_MULTIVERSION void CtfSign::row(double step_x, double fy, int n, float* signs) const {
  for (int i = 0; i < n; ++i) signs[i] = at(i * step_x, fy);
}

}  // namespace gimbal::recon
