// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/recon/tilt_spectrum.h"

#include "gimbal/core/parallel.h"
#include "gimbal/num/fourier.h"
#include "gimbal/recon/kernels.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace gimbal::recon {
namespace {

constexpr int rows_at_once = 8;        // a cache line of complex numbers when they are turned
constexpr double margin_share = 0.05;  // of a side, at least, for the mirror images

// Beyond the last of n pixels: the pixel that stands there, and how much of it is left.
struct Continued {
  int pixel;
  float share;
};
std::vector<Continued> continuation(int n, int padded) {
  std::vector<Continued> beyond;
  const int margin = padded - n;
  for (int i = 0; i < margin; ++i) {
    const double t = (i + 0.5) / margin;
    const int mirrored = t < 0.5 ? n - 1 - i : margin - 1 - i;
    beyond.push_back({std::clamp(mirrored, 0, n - 1),
                      static_cast<float>(0.5 + 0.5 * std::cos(2.0 * std::numbers::pi * t))});
  }
  return beyond;
}

template <typename T>
void continue_line(const std::vector<Continued>& beyond, int n, T* line) {
  for (const Continued& c : beyond) line[n++] = c.share * line[c.pixel];
}

struct Line {
  explicit Line(const RealFft& fft)
      : values(2 * (fft.size() / 2 + 1), 1),
        spectrum(fft.size() / 2 + 1, 1),
        scratch(fft.scratch_size()) {}
  Image<float> values;
  Image<cfloat> spectrum;
  Scratch scratch;
};

// Rows first_y .. of the image, transformed; their low frequencies become parts of columns.
void transform_rows(View<const float> image, const WorkingGrid& grid,
                    const std::vector<Continued>& beyond, const RealFft& fft, int first_y,
                    int n_rows, View<cfloat> columns) {
  Line line(fft);
  Image<cfloat> block(grid.columns, rows_at_once, Image<cfloat>::Uninitialized{});
  for (int i = 0; i < n_rows; ++i) {
    const float* row = image.row(first_y + i);
    std::copy(row, row + image.nx(), line.values.data());
    continue_line(beyond, image.nx(), line.values.data());
    fft.run(line.values.data(), line.spectrum.data(), line.scratch.data());
    std::copy_n(line.spectrum.data(), grid.columns, block.row(i));
  }
  for (int k = 0; k < grid.columns; ++k)
    for (int i = 0; i < n_rows; ++i) columns(first_y + i, k) = block(k, i);
}

void transform_column(const WorkingGrid& grid, const std::vector<Continued>& beyond,
                      const ComplexFft& fft, float scale, cfloat* column) {
  Image<cfloat> out(grid.padded.ny, 1, Image<cfloat>::Uninitialized{});
  Scratch scratch(fft.scratch_size());
  continue_line(beyond, grid.image.ny, column);
  fft.run(column, out.data(), scratch.data());
  crop_line(out.data(), grid.padded.ny, column, 2 * grid.rows + 1, scale);
}

}  // namespace

// A multiple of 8 when it is large.
int fast_length(double least) {
  int n = std::max(2 * rim, static_cast<int>(std::ceil(least)));
  const int step = n >= 256 ? 8 : 2;
  for (n = (n + step - 1) / step * step; !has_only_small_primes(n, 5); n += step) {
  }
  return n;
}

WorkingGrid working_grid(Size2 image, double voxel_px) {
  WorkingGrid grid;
  grid.image = image;
  const auto padded = [](int n) { return fast_length(n + std::max(8.0, margin_share * n)); };
  grid.padded = {padded(image.nx), padded(image.ny)};
  const double finer = ImageKernel::oversampling / voxel_px;
  grid.working = {fast_length(grid.padded.nx * finer), fast_length(grid.padded.ny * finer)};
  const auto kept = [&](int n) {
    return std::min(static_cast<int>(0.5 * n / voxel_px), (n - 1) / 2);
  };
  grid.columns = kept(grid.padded.nx) + 1;
  grid.rows = kept(grid.padded.ny);
  return grid;
}

LowSpectrum low_spectrum(Image<float> image, const WorkingGrid& grid) {
  LowSpectrum columns(grid.padded.ny, grid.columns, LowSpectrum::Uninitialized{});
  const RealFft rows(grid.padded.nx, Direction::forward);
  const auto beyond_x = continuation(image.nx(), grid.padded.nx);
  const auto beyond_y = continuation(image.ny(), grid.padded.ny);
  parallel_blocks(image.ny(), rows_at_once, [&](int begin, int end) {
    transform_rows(image, grid, beyond_x, rows, begin, end - begin, columns);
  });
  image = {};
  const ComplexFft fft(grid.padded.ny, Direction::forward);
  const double norm =
      1.0 / (static_cast<double>(grid.padded.nx) * static_cast<double>(grid.padded.ny));
  parallel_for(grid.columns, [&](int k) {
    transform_column(grid, beyond_y, fft, static_cast<float>(norm), columns.row(k));
  });
  return columns;
}

double bytes_at_work(const WorkingGrid& grid, const Window& window) {
  const auto product = [](double a, double b) { return a * b; };
  const double image = 4.0 * product(grid.image.nx, grid.image.ny);
  const double spectrum = 8.0 * product(grid.columns, grid.padded.ny);
  const double columns = 8.0 * product(grid.columns, window.ny + 2.0 * rim);
  const double part = 4.0 * product(window.nx + 2.0 * rim, window.ny + 2.0 * rim);
  // Reading takes as much again, transforming rows needs both, and then the image is gone.
  return std::max({2.0 * image, image + spectrum, spectrum + columns + part});
}

Image<float> working_image(const LowSpectrum& spectrum, const WorkingGrid& grid,
                           const Window& window, const ColumnWeights& weights) {
  const Size2 size = grid.working;
  const int n_x = window.nx + 2 * rim, n_y = window.ny + 2 * rim;
  const auto turned = [](int at, int n) { return (at % n + n) % n; };
  Image<cfloat> columns(n_y, grid.columns, Image<cfloat>::Uninitialized{});
  const ComplexFft fft(size.ny, Direction::backward);
  const int n_low = 2 * grid.rows + 1;
  parallel_for(grid.columns, [&](int k) {
    Image<cfloat> line(size.ny, 1), out(size.ny, 1, Image<cfloat>::Uninitialized{});
    Image<float> factor(n_low, 1);
    Scratch scratch(fft.scratch_size());
    weights(k, factor.data());
    const cfloat* low = spectrum.row(k);
    for (int i = 0; i <= grid.rows; ++i) line(i, 0) = factor(i, 0) * low[i];
    for (int i = grid.rows + 1; i < n_low; ++i)
      line(size.ny - n_low + i, 0) = factor(i, 0) * low[i];
    fft.run(line.data(), out.data(), scratch.data());
    for (int i = 0, y = turned(window.y0 - rim, size.ny); i < n_y; ++i) {
      columns(i, k) = out(y, 0);
      if (++y == size.ny) y = 0;
    }
  });
  Image<float> image(n_x, n_y, Image<float>::Uninitialized{});
  const RealFft rows(size.nx, Direction::backward);
  parallel_blocks(n_y, rows_at_once, [&](int begin, int end) {
    Line line(rows);
    Image<cfloat> block(grid.columns, rows_at_once, Image<cfloat>::Uninitialized{});
    for (int k = 0; k < grid.columns; ++k)
      for (int y = begin; y < end; ++y) block(k, y - begin) = columns(y, k);
    for (int y = begin; y < end; ++y) {
      std::copy_n(block.row(y - begin), grid.columns, line.spectrum.data());
      std::fill(line.spectrum.data() + grid.columns, line.spectrum.data() + size.nx / 2 + 1,
                cfloat{});
      rows.run(line.values.data(), line.spectrum.data(), line.scratch.data());
      float* out = image.row(y);
      for (int i = 0, x = turned(window.x0 - rim, size.nx); i < n_x;) {
        const int n = std::min(n_x - i, size.nx - x);
        std::copy_n(line.values.data() + x, n, out + i);
        i += n, x = 0;
      }
    }
  });
  return image;
}

}  // namespace gimbal::recon
