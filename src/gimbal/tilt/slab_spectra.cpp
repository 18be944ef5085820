// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/parallel.h"
#include "gimbal/tilt/slab_model.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace gimbal::tilt {

int SlabSpectra::ring(const PlaneView& view, int kx, int ky) const {
  const double period = grid.period_px();
  const Vec2 k = view.image_frequency({kx / period, ky / period});
  const double length_of = std::sqrt(k.x * k.x + k.y * k.y);
  if (length_of > 0.9 * nyquist) return -1;
  const int r = static_cast<int>(std::lround(length_of * period));
  return r < n_rings() ? r : -1;
}

SlabSpectra slab_spectra(const Stack& stack, const std::vector<Projection>& projections,
                         const std::vector<int>& tilts, const PlaneGrid& grid) {
  SlabSpectra spectra;
  spectra.grid = grid;
  spectra.nyquist = 0.5 / stack.binning;
  spectra.tilts = tilts;
  for (const int tilt : tilts)
    spectra.views.emplace_back(projections[static_cast<std::size_t>(tilt)]);
  spectra.values.resize(tilts.size());
  spectra.power.resize(tilts.size());
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
    Image<std::int16_t> rings(grid.n / 2 + 1, grid.n);
    for (int row = 0; row < grid.n; ++row)
      for (int kx = 0; kx <= grid.n / 2; ++kx) {
        const int ring = spectra.ring(spectra.views[at], kx, signed_frequency(row, grid.n));
        rings(kx, row) = static_cast<std::int16_t>(ring);
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
