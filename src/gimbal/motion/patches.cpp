// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/patches.h"

#include "gimbal/core/parallel.h"
#include "gimbal/num/fourier.h"
#include "gimbal/num/warp.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace gimbal {
namespace {

struct PatchGrid {
  Size2 image;  // of the small real-space frames
  Size2 box;    // of a patch
  double step_x, step_y;
  double overlap;  // of neighbouring windows, in steps
};

int fast_even_size(double least) {
  int n = std::max(8, static_cast<int>(std::ceil(least / 2.0)) * 2);
  while (!has_only_small_primes(n, 5)) n += 2;
  return n;
}

// Large enough for the radius, with room for interpolation where frames are warped.
PatchGrid grid_for(const LowSpectra& spectra, double radius, Size2 patches, bool warped) {
  const double room = warped ? 1.25 : 1.1;
  const auto size = [&](int k_max, double period_px) {
    return fast_even_size(2.0 * (room * std::min<double>(k_max, radius * period_px) + 2.0));
  };
  PatchGrid grid{};
  grid.image = {size(spectra.k_max.nx, spectra.period_x_px),
                size(spectra.k_max.ny, spectra.period_y_px)};
  grid.step_x = static_cast<double>(grid.image.nx) / patches.nx;
  grid.step_y = static_cast<double>(grid.image.ny) / patches.ny;
  grid.overlap = warped ? 0.3 : 1.0;  // little moves in or out any more
  grid.box = {fast_even_size((1.0 + grid.overlap) * grid.step_x),
              fast_even_size((1.0 + grid.overlap) * grid.step_y)};
  return grid;
}

// The frame in real space, moved by `shift`, at the grid's resolution; noise of unit power has unit
// variance.
Image<float> small_frame(const LowSpectra& spectra, int i, Shift shift, const Fft2d& fft) {
  const auto [nx, ny] = fft.size();
  const Size2 k{std::min(spectra.k_max.nx, nx / 2 - 1), std::min(spectra.k_max.ny, ny / 2 - 1)};
  Image<cfloat> natural(nx / 2 + 1, ny);
  const auto scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(nx) * ny));
  const auto& frame = spectra.frames[static_cast<std::size_t>(i)];
  const auto ramp_x = phase_ramp(0, k.nx + 1, shift.x, spectra.period_x_px);
  const auto ramp_y = phase_ramp(-k.ny, 2 * k.ny + 1, shift.y, spectra.period_y_px);
  for (int ky = -k.ny; ky <= k.ny; ++ky) {
    const cfloat turn = scale * ramp_y[static_cast<std::size_t>(ky + k.ny)];
    cfloat* row = natural.row((ky + ny) % ny);
    for (int kx = 0; kx <= k.nx; ++kx)
      row[kx] = turn * ramp_x[static_cast<std::size_t>(kx)] * frame.row(kx)[ky + spectra.k_max.ny];
  }
  Image<float> image(nx, ny);
  fft.backward(natural, image);
  return image;
}

// 1 in the middle; the squares of neighbours add up to one where they overlap.
std::vector<float> window(int box, double centre, int x0, double step, double overlap) {
  std::vector<float> w;
  for (int i = 0; i < box; ++i) {
    const double d = std::abs(x0 + i + 0.5 - centre) / step;
    const double edge = std::clamp((d - 0.5 * (1.0 - overlap)) / overlap, 0.0, 1.0);
    w.push_back(static_cast<float>(std::cos(0.5 * std::numbers::pi * edge)));
  }
  return w;
}

double sum_of_squares(const std::vector<float>& w, int begin, int end) {
  return std::inner_product(w.begin() + begin, w.begin() + end, w.begin() + begin, 0.0);
}

struct PatchMaker {
  PatchMaker(const LowSpectra& spectra, double radius, Size2 n_patches, bool warped)
      : source(spectra),
        patches(n_patches),
        grid(grid_for(spectra, radius, n_patches, warped)),
        image_fft(grid.image),
        box_fft(grid.box) {
    const double scale_x = spectra.period_x_px / grid.image.nx,
                 scale_y = spectra.period_y_px / grid.image.ny;
    period_x_px = grid.box.nx * scale_x;
    period_y_px = grid.box.ny * scale_y;
    k_max = {std::min(grid.box.nx / 2 - 1, static_cast<int>(radius * period_x_px) + 1),
             std::min(grid.box.ny / 2 - 1, static_cast<int>(radius * period_y_px) + 1)};
  }
  std::vector<Patch> empty_patches() const {
    std::vector<Patch> result(static_cast<std::size_t>(patches.nx * patches.ny));
    for (int p = 0; p < patches.nx * patches.ny; ++p) {
      auto& patch = result[static_cast<std::size_t>(p)];
      patch.position = position(p);
      patch.spectra = LowSpectra{source.frame_size, period_x_px, period_y_px, k_max, {}};
      patch.spectra.frames.resize(source.frames.size());
    }
    return result;
  }
  struct Place {
    double centre;  // px of the small image
    int first;      // of the box
    std::vector<float> window;
  };
  Place place(int patch, double step, int box) const {
    const double centre = (patch + 0.5) * step;
    const int first = static_cast<int>(std::lround(centre)) - box / 2;
    return {centre, first, window(box, centre, first, step, grid.overlap)};
  }
  Place place_x(int p) const { return place(p % patches.nx, grid.step_x, grid.box.nx); }
  Place place_y(int p) const { return place(p / patches.nx, grid.step_y, grid.box.ny); }
  // Means of the position and its square along one axis, where window and taper let the image
  // through.
  static std::pair<double, double> moments(const Place& place, int n) {
    double sum = 0, first = 0, second = 0;
    for (int i = 0; i < static_cast<int>(place.window.size()); ++i) {
      const int at = place.first + i;
      if (at < 0 || at >= n) continue;
      const double rim = std::min(1.0, (std::min(at, n - 1 - at) + 0.5) * 16.0 / n);
      const double taper = 0.5 - 0.5 * std::cos(std::numbers::pi * rim);
      const double weight =
          std::pow(static_cast<double>(place.window[static_cast<std::size_t>(i)]) * taper, 2);
      const double u = (at + 0.5) / n - 0.5;
      sum += weight;
      first += weight * u;
      second += weight * u * u;
    }
    return {first / sum, second / sum};
  }
  PatchPosition position(int p) const {
    const auto [u, u2] = moments(place_x(p), grid.image.nx);
    const auto [v, v2] = moments(place_y(p), grid.image.ny);
    return {u, v, u2, v2};
  }
  void cut(View<const float> image, int i, int p, Patch& patch) const {
    const Place x_place = place_x(p), y_place = place_y(p);
    const int x0 = x_place.first, y0 = y_place.first;
    const auto inside = [](int first, int box, int n) {
      return std::pair(std::max(0, -first), std::min(box, n - first));
    };
    const auto [x_begin, x_end] = inside(x0, grid.box.nx, image.nx());
    const auto [y_begin, y_end] = inside(y0, grid.box.ny, image.ny());
    Image<float> box(grid.box.nx, grid.box.ny);
    for (int y = y_begin; y < y_end; ++y) {
      const float w = y_place.window[static_cast<std::size_t>(y)];
      const float *along_x = x_place.window.data(), *in = image.row(y0 + y) + x0;
      float* out = box.row(y);
      for (int x = x_begin; x < x_end; ++x) out[x] = w * along_x[x] * in[x];
    }
    const double squares = sum_of_squares(x_place.window, x_begin, x_end) *
                           sum_of_squares(y_place.window, y_begin, y_end);
    if (i == 0)
      patch.information_share = squares / (static_cast<double>(grid.box.nx) * grid.box.ny);
    Image<cfloat> spectrum(grid.box.nx / 2 + 1, grid.box.ny);
    box_fft.forward(box, spectrum);
    Image<cfloat> corner(2 * k_max.ny + 1, k_max.nx + 1);
    const auto scale = static_cast<float>(1.0 / std::sqrt(std::max(squares, 1e-30)));
    for (int kx = 0; kx <= k_max.nx; ++kx)
      for (int ky = -k_max.ny; ky <= k_max.ny; ++ky)
        corner.row(kx)[ky + k_max.ny] = scale * spectrum(kx, (ky + grid.box.ny) % grid.box.ny);
    patch.spectra.frames[static_cast<std::size_t>(i)] = std::move(corner);
  }
  const LowSpectra& source;
  Size2 patches;
  PatchGrid grid;
  Fft2d image_fft, box_fft;
  double period_x_px = 0, period_y_px = 0;
  Size2 k_max;
};

// What the coefficients say of all places in frame i, in px of the grid.
QuadraticDisplacement displacement(const LocalCoefficients& coefficients, const TimeFunctions& time,
                                   int i, double px_per_grid_x, double px_per_grid_y) {
  QuadraticDisplacement result;
  const double linear = std::sqrt(12.0), quadratic = std::sqrt(180.0);
  for (int axis = 0; axis < 2; ++axis) {
    std::array<double, n_space> c{};
    for (int b = 0; b < n_space; ++b)
      for (int t = 0; t < time.n_model(); ++t)
        c[static_cast<std::size_t>(b)] += coefficients(2 * b + axis, t) * time.values()(i, t) /
                                          (axis == 0 ? px_per_grid_x : px_per_grid_y);
    (axis == 0 ? result.x : result.y) = {c[0] - quadratic / 12.0 * (c[3] + c[4]),
                                         linear * c[1],
                                         quadratic * c[3],
                                         linear * c[2],
                                         quadratic * c[4],
                                         12.0 * c[5]};
  }
  return result;
}

}  // namespace

std::vector<Patch> make_patches(const LowSpectra& aligned, double radius, Size2 n_patches,
                                const TimeFunctions& time, const KnownMotion* known) {
  const PatchMaker maker(aligned, radius, n_patches, known != nullptr);
  const Size2 grid = maker.grid.image;
  const SincTable table;
  auto patches = maker.empty_patches();
  parallel_for(aligned.count(), [&](int i) {
    auto image = small_frame(
        aligned, i, known ? known->common[static_cast<std::size_t>(i)] : Shift{}, maker.image_fft);
    if (known) {
      Image<float> warped(grid.nx, grid.ny, Image<float>::Uninitialized{});
      warp_rows(image,
                displacement(known->local, time, i, aligned.period_x_px / grid.nx,
                             aligned.period_y_px / grid.ny),
                table, 0, warped);
      image = std::move(warped);
    }
    parallel_for(static_cast<int>(patches.size()),
                 [&](int p) { maker.cut(image, i, p, patches[static_cast<std::size_t>(p)]); });
  });
  return patches;
}

Shift shift_at(const LocalCoefficients& coefficients, const TimeFunctions& time,
               PatchPosition position, int i) {
  const auto space = space_functions(position);
  Shift shift;
  for (int t = 0; t < time.n_model(); ++t)
    for (int b = 0; b < n_space; ++b) {
      const double factor = space[static_cast<std::size_t>(b)] * time.values()(i, t);
      shift.x += coefficients(2 * b, t) * factor;
      shift.y += coefficients(2 * b + 1, t) * factor;
    }
  return shift;
}

}  // namespace gimbal
