// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/parallel.h"
#include "gimbal/core/simd.h"
#include "gimbal/tilt/slab_model.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

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

namespace {

// The numbers of view i; the part of the grid that the image covers.
double fill_view(const Stack& stack, const Projection& projection, std::size_t i, const Fft2d& fft,
                 SlabSpectra& spectra) {
  const PlaneGrid& grid = spectra.grid;
  const Image<float> picture = plane_picture(stack, spectra.tilts[i], projection, grid);
  std::size_t inside = 0;
  for (int y = 0; y < grid.n; ++y)
    for (const float v : picture.view().row_span(y)) inside += v != 0.0F ? 1 : 0;
  Image<cfloat> values(grid.n / 2 + 1, grid.n, Image<cfloat>::Uninitialized{});
  fft.forward(picture, values);
  std::vector<double> sum(static_cast<std::size_t>(grid.n)), count(sum.size());
  const double nyquist = 0.5 / stack.binning;  // of the images, cycles per full-size px
  const Image<std::int16_t>& rings = spectra.rings[i] = rings_of(spectra.views[i], grid, nyquist);
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
  spectra.power[i] = std::move(sum);
  spectra.values[i] = std::move(values);
  return static_cast<double>(inside) / static_cast<double>(picture.count());
}

void append(const Projection& projection, int tilt, SlabSpectra& spectra) {
  spectra.tilts.push_back(tilt);
  spectra.views.emplace_back(projection);
  spectra.values.emplace_back();
  spectra.power.emplace_back();
  spectra.rings.emplace_back();
}

}  // namespace

SlabSpectra slab_spectra(const Stack& stack, const std::vector<Projection>& projections,
                         const std::vector<int>& tilts, const PlaneGrid& grid) {
  SlabSpectra spectra;
  spectra.grid = grid;
  for (const int tilt : tilts) append(projections[static_cast<std::size_t>(tilt)], tilt, spectra);
  std::vector<double> shares(tilts.size());
  const Fft2d fft({grid.n, grid.n});
  parallel_for(spectra.count(), [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    shares[at] =
        fill_view(stack, projections[static_cast<std::size_t>(tilts[at])], at, fft, spectra);
  });
  for (const double s : shares) spectra.share += s;
  spectra.share = (spectra.share - 1.0) / std::max(1, spectra.count()) * 0.8;  // the rims
  return spectra;
}

void set_view(const Stack& stack, const Projection& projection, int tilt, std::size_t i,
              const Fft2d& fft, SlabSpectra& spectra) {
  if (i == spectra.tilts.size()) append(projection, tilt, spectra);
  spectra.tilts[i] = tilt;
  spectra.views[i] = PlaneView(projection);
  fill_view(stack, projection, i, fft, spectra);
}

SlabSpectra SlabSpectra::clone() const {
  SlabSpectra copy;
  copy.grid = grid;
  copy.tilts = tilts;
  copy.views = views;
  copy.power = power;
  copy.share = share;
  for (const auto& image : values) copy.values.push_back(image.clone());
  for (const auto& image : rings) copy.rings.push_back(image.clone());
  return copy;
}

void move_content(SlabSpectra& spectra, std::size_t i, Vec2 px) {
  const int n = spectra.grid.n;
  Image<cfloat>& values = spectra.values[i];
  const auto turn = [&](double frequency) {
    const double angle = -2.0 * std::numbers::pi * frequency / spectra.grid.period_px();
    return cfloat{static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
  };
  std::vector<cfloat> by_kx;
  for (int kx = 0; kx <= n / 2; ++kx) by_kx.push_back(turn(kx * px.x));
  for (int row = 0; row < n; ++row) {
    const cfloat by_ky = turn(signed_frequency(row, n) * px.y);
    cfloat* line = values.view().row(row);
    for (int kx = 0; kx <= n / 2; ++kx) {
      const cfloat a = by_kx[static_cast<std::size_t>(kx)], v = line[kx];
      const cfloat t{a.real() * by_ky.real() - a.imag() * by_ky.imag(),
                     a.real() * by_ky.imag() + a.imag() * by_ky.real()};
      line[kx] = {v.real() * t.real() - v.imag() * t.imag(),
                  v.real() * t.imag() + v.imag() * t.real()};
    }
  }
}

}  // namespace gimbal::tilt
