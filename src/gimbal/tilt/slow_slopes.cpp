// SPDX-License-Identifier: GPL-3.0-or-later
// What the volume of slow errors says about motions of its pictures.
#include "gimbal/core/parallel.h"
#include "gimbal/num/fft.h"
#include "gimbal/tilt/slow_system.h"

#include <cmath>
#include <numbers>
#include <numeric>

namespace gimbal::tilt {
namespace {

constexpr int lanes = VolumeGrid::lanes;
using Pictures = std::vector<std::vector<float>>;  // of all tilts, by block

// Of the volume; `by_x`: times x, in voxels from the middle.
Pictures predicted_pictures(const SlowSystem& system, bool by_x) {
  const VolumeGrid& grid = system.grid;
  Pictures pictures(system.blocks.size());
  parallel_for(grid.n_blocks(), [&](int b) {
    const auto at = static_cast<std::size_t>(b);
    const VolumeBlock& block = system.blocks[at];
    pictures[at].assign(grid.pictures_size(), 0.0F);
    std::vector<float> moments;
    if (by_x) {
      moments = block.scaled;
      for (std::size_t i = 0; i < moments.size(); ++i) {
        const int x = static_cast<int>(i / lanes % static_cast<std::size_t>(grid.nx));
        moments[i] *= static_cast<float>(x - grid.nx / 2);
      }
    }
    project(grid, by_x ? moments.data() : block.scaled.data(), block.strength.data(),
            pictures[at].data());
  });
  return pictures;
}

Image<cfloat> spectrum_of(const VolumeGrid& grid, const Pictures& pictures, std::size_t tilt,
                          const Fft2d& fft) {
  Image<float> picture(grid.n, grid.n);
  for (int y = 0; y < grid.n; ++y)
    for (int x = 0; x < grid.n; ++x)
      picture(x, y) = pictures[static_cast<std::size_t>(y / lanes)][grid.picture_index(tilt, x, y)];
  Image<cfloat> spectrum(grid.n / 2 + 1, grid.n);
  fft.forward(picture, spectrum);
  return spectrum;
}

// Derivative of the picture, per px.
Image<float> slope_of(const Image<cfloat>& spectrum, bool along_x, const Fft2d& fft) {
  const int n = spectrum.ny();
  const double scale = 2.0 * std::numbers::pi / (static_cast<double>(n) * n * n);
  Image<cfloat> turned(n / 2 + 1, n);
  for (int row = 0; row < n; ++row)
    for (int kx = 0; kx <= n / 2; ++kx) {
      const int k = along_x ? kx : signed_frequency(row, n);
      const double factor = 2 * std::abs(k) == n ? 0.0 : scale * k;
      turned(kx, row) = spectrum(kx, row) * cfloat(0.0F, static_cast<float>(factor));
    }
  Image<float> slope(n, n);
  fft.backward(turned, slope);
  return slope;
}

}  // namespace

void set_slopes(SlowSystem& system) {
  const VolumeGrid& grid = system.grid;
  const Pictures predicted = predicted_pictures(system, false);
  const Fft2d fft({grid.n, grid.n});
  parallel_for(grid.n_tilts(), [&](int t) {
    const auto tilt = static_cast<std::size_t>(t);
    const auto slope = slope_of(spectrum_of(grid, predicted, tilt, fft), true, fft);
    for (int y = 0; y < grid.n; ++y)
      for (int x = 0; x < grid.n; ++x)
        system.blocks[static_cast<std::size_t>(y / lanes)].slope[grid.picture_index(tilt, x, y)] =
            slope(x, y);
  });
}

double turning_slope(const SlowSystem& system) {
  const VolumeGrid& grid = system.grid;
  const Pictures predicted = predicted_pictures(system, false),
                 by_x = predicted_pictures(system, true);
  const Fft2d fft({grid.n, grid.n});
  std::vector<double> sums(static_cast<std::size_t>(grid.n_tilts()));
  parallel_for(grid.n_tilts(), [&](int t) {
    const auto tilt = static_cast<std::size_t>(t);
    const auto spectrum = spectrum_of(grid, predicted, tilt, fft);
    const auto along_x = slope_of(spectrum, true, fft), along_y = slope_of(spectrum, false, fft),
               of_x = slope_of(spectrum_of(grid, by_x, tilt, fft), false, fft);
    const auto flattening = static_cast<float>(1.0 - grid.cosines[tilt]);
    for (int y = 0; y < grid.n; ++y) {
      const auto block = static_cast<std::size_t>(y / lanes);
      const VolumeBlock& v = system.blocks[block];
      for (int x = 0; x < grid.n; ++x) {
        const std::size_t i = grid.picture_index(tilt, x, y);
        const auto u = static_cast<float>(x - grid.n / 2), w = static_cast<float>(y - grid.n / 2);
        // A turn of the picture less what the same turn of the volume about z does to it.
        const float motion = along_y(x, y) * u - of_x(x, y) - along_x(x, y) * w * flattening;
        sums[tilt] +=
            static_cast<double>(v.weights[i] * (predicted[block][i] - v.pictures[i]) * motion);
      }
    }
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0) / system.noise;
}

}  // namespace gimbal::tilt
