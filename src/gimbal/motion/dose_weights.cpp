// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/dose_weights.h"

#include "gimbal/data/radiation_damage.h"
#include "gimbal/num/fft.h"

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

const double corner = std::sqrt(0.5);  // cycles per px at the corner of the Fourier square

}  // namespace

DoseWeights::DoseWeights(const DoseSchedule& schedule) {
  table_.assign(static_cast<std::size_t>(schedule.n_frames), std::vector<float>(n_table));
  for (std::size_t at = 0; at < n_table; ++at) {
    const double f = static_cast<double>(at) / (n_table - 2) * corner / schedule.pixel_A;
    const double ne = f > 0.0 ? critical_dose_e_A2(f, schedule.voltage_kV) : 1e30;
    const auto fading = [&](double dose) { return std::exp(-dose / (2.0 * ne)); };
    double squares = 0.0;
    for (int i = 0; i < schedule.n_frames; ++i)
      squares += std::pow(fading(schedule.dose_per_frame_e_A2 * (i + 1)), 2);
    for (int i = 0; i < schedule.n_frames; ++i)
      table_[static_cast<std::size_t>(i)][at] = static_cast<float>(
          fading(schedule.pre_exposure_e_A2) * fading(schedule.dose_per_frame_e_A2 * (i + 1)) /
          std::sqrt(std::max(squares, 1e-60)));
  }
}

void DoseWeights::line(int i, int kx, int nx, int ny, float* weights) const {
  const float* table = table_[static_cast<std::size_t>(i)].data();
  const double fx = static_cast<double>(kx) / nx;
  for (int ky = 0; ky < ny; ++ky) {
    const double fy = static_cast<double>(signed_frequency(ky, ny)) / ny;
    const double at = std::min(std::sqrt(fx * fx + fy * fy) / corner, 1.0) * (n_table - 2);
    const auto low = static_cast<int>(at);
    const auto part = static_cast<float>(at - low);
    weights[ky] = table[low] + part * (table[low + 1] - table[low]);
  }
}

}  // namespace gimbal
