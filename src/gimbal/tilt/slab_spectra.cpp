// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/parallel.h"
#include "gimbal/core/simd.h"
#include "gimbal/tilt/slab_model.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace gimbal::tilt {

namespace {

// Rings of one row: frequencies (kx, ky) of the plane, seen in the image.
GIMBAL_MULTIVERSION void ring_row(Vec2 by_kx, Vec2 by_ky, float largest, int n, std::int16_t* out) {
  const auto ax = static_cast<float>(by_kx.x), ay = static_cast<float>(by_kx.y),
             bx = static_cast<float>(by_ky.x), by = static_cast<float>(by_ky.y);
  for (int kx = 0; kx < n; ++kx) {
    const auto k = static_cast<float>(kx);
    const float x = k * ax + bx, y = k * ay + by;
    const float length_of = std::sqrt(x * x + y * y);
    out[kx] = static_cast<std::int16_t>(length_of > largest ? -1.0F : length_of + 0.5F);
  }
}

}  // namespace

Image<std::int16_t> rings_of(const PlaneView& view, const PlaneGrid& grid, double nyquist) {
  Image<std::int16_t> rings(grid.n / 2 + 1, grid.n);
  const double reach = std::min(0.9 * nyquist * grid.period_px(), grid.n - 1.0);
  const Vec2 by_kx = view.image_frequency({1.0, 0.0}), by_ky = view.image_frequency({0.0, 1.0});
  for (int row = 0; row < grid.n; ++row)
    ring_row(by_kx, static_cast<double>(signed_frequency(row, grid.n)) * by_ky,
             static_cast<float>(reach), grid.n / 2 + 1, rings.view().row(row));
  return rings;
}

SlabSpectra slab_spectra(const Stack& stack, const std::vector<Projection>& projections,
                         const std::vector<int>& tilts, const PlaneGrid& grid) {
  SlabSpectra spectra;
  spectra.grid = grid;
  const double nyquist = 0.5 / stack.binning;  // of the images, cycles per full-size px
  spectra.tilts = tilts;
  for (const int tilt : tilts)
    spectra.views.emplace_back(projections[static_cast<std::size_t>(tilt)]);
  spectra.values.resize(tilts.size());
  spectra.power.resize(tilts.size());
  spectra.rings.resize(tilts.size());
  std::vector<double> shares(tilts.size());
  const Fft2d fft({grid.n, grid.n});
  parallel_for(spectra.count(), [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    const Image<float> picture =
        plane_picture(stack, tilts[at], projections[static_cast<std::size_t>(tilts[at])], grid);
    std::size_t inside = 0;
    for (int y = 0; y < grid.n; ++y)
      for (const float v : picture.view().row_span(y)) inside += v != 0.0F ? 1 : 0;
    shares[at] = static_cast<double>(inside) / static_cast<double>(picture.count());
    Image<cfloat> values(grid.n / 2 + 1, grid.n);
    fft.forward(picture, values);
    std::vector<double> sum(static_cast<std::size_t>(grid.n)), count(sum.size());
    const Image<std::int16_t>& rings = spectra.rings[at] =
        rings_of(spectra.views[at], grid, nyquist);
    for (int row = 0; row < grid.n; ++row)
      for (int kx = 0; kx <= grid.n / 2; ++kx) {
        const int ring = rings(kx, row);
        if (ring < 0) continue;
        sum[static_cast<std::size_t>(ring)] += static_cast<double>(std::norm(values(kx, row)));
        count[static_cast<std::size_t>(ring)] += 1.0;
      }
    std::vector<float> scale(sum.size());
    for (std::size_t r = 0; r < sum.size(); ++r) {
      sum[r] /= std::max(1.0, count[r]);
      scale[r] = sum[r] > 0.0 ? static_cast<float>(1.0 / std::sqrt(sum[r])) : 0.0F;
    }
    for (int row = 0; row < grid.n; ++row)
      for (int kx = 0; kx <= grid.n / 2; ++kx) {
        const int ring = rings(kx, row);
        values(kx, row) *= ring < 0 ? 0.0F : scale[static_cast<std::size_t>(ring)];
      }
    spectra.power[at] = std::move(sum);
    spectra.values[at] = std::move(values);
  });
  for (const double s : shares) spectra.share += s;
  spectra.share = (spectra.share - 1.0) / std::max(1, spectra.count()) * 0.8;  // the rims
  return spectra;
}

}  // namespace gimbal::tilt
