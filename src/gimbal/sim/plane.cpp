// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/plane.h"

#include "gimbal/core/parallel.h"

#include <algorithm>

namespace gimbal::sim {
namespace {

// Transforms all columns, some neighbours at a time so that memory is read in whole lines.
void transform_columns(View<cfloat> image, const ComplexFft& fft) {
  constexpr int block = 16;
  const int ny = image.ny();
  parallel_blocks(image.nx(), block, [&](int begin, int end) {
    const int width = end - begin;
    Image<cfloat> lines(ny, width, Image<cfloat>::Uninitialized{}), out(ny, 1);
    Scratch scratch(fft.scratch_size());
    for (int y = 0; y < ny; ++y)
      for (int x = 0; x < width; ++x) lines.row(x)[y] = image.row(y)[begin + x];
    for (int x = 0; x < width; ++x) {
      fft.run(lines.row(x), out.data(), scratch.data());
      std::copy_n(out.data(), ny, lines.row(x));
    }
    for (int y = 0; y < ny; ++y)
      for (int x = 0; x < width; ++x) image.row(y)[begin + x] = lines.row(x)[y];
  });
}

constexpr int rows_per_block = 16;

}  // namespace

int good_size(int n) {
  for (int size = n + n % 2;; size += 2) {
    int rest = size;
    for (int factor : {2, 3, 5, 7})
      while (rest % factor == 0) rest /= factor;
    if (rest == 1) return size;
  }
}

Plane::Plane(int nx, int ny) : nx_(nx), ny_(ny), buffer_(2 * (nx / 2 + 1), ny) {}

Plane Plane::clone() const {
  Plane copy;
  copy.nx_ = nx_;
  copy.ny_ = ny_;
  copy.buffer_ = buffer_.clone();
  return copy;
}

View<float> Plane::real() {
  return {buffer_.data(), nx_, ny_, buffer_.pitch()};
}

View<const float> Plane::real() const {
  return {buffer_.data(), nx_, ny_, buffer_.pitch()};
}

View<cfloat> Plane::half() {
  return {reinterpret_cast<cfloat*>(buffer_.data()), nx_ / 2 + 1, ny_, buffer_.pitch() / 2};
}

void Plane::to_fourier() {
  const RealFft rows(nx_, Direction::forward);
  parallel_blocks(ny_, rows_per_block, [&](int begin, int end) {
    Image<float> line(nx_ + 2, 1);
    Scratch scratch(rows.scratch_size());
    for (int y = begin; y < end; ++y) {
      std::copy_n(buffer_.row(y), nx_, line.data());
      rows.run(line.data(), half().row(y), scratch.data());
    }
  });
  transform_columns(half(), ComplexFft(ny_, Direction::forward));
}

void Plane::to_real() {
  transform_columns(half(), ComplexFft(ny_, Direction::backward));
  const RealFft rows(nx_, Direction::backward);
  const float scale = 1.0F / static_cast<float>(real().count());
  parallel_blocks(ny_, rows_per_block, [&](int begin, int end) {
    Image<float> line(nx_ + 2, 1);
    Scratch scratch(rows.scratch_size());
    for (int y = begin; y < end; ++y) {
      rows.run(line.data(), half().row(y), scratch.data());
      for (int x = 0; x < nx_; ++x) buffer_(x, y) = scale * line(x, 0);
    }
  });
}

void Plane::filter(const std::function<double(double)>& f) {
  const RadialTable table(f);
  parallel_for(ny_, [&](int y) {
    const double ky = frequency(y, ny_);
    auto* row = half().row(y);
    for (int x = 0; x <= nx_ / 2; ++x) row[x] *= table.at(static_cast<double>(x) / nx_, ky);
  });
}

RadialTable::RadialTable(const std::function<double(double)>& f) : values_(n + 2) {
  for (std::size_t i = 0; i < values_.size(); ++i)
    values_[i] = static_cast<float>(f(static_cast<double>(i) / per_frequency));
}

void transform(View<cfloat> wave, Direction direction) {
  const ComplexFft rows(wave.nx(), direction);
  parallel_blocks(wave.ny(), rows_per_block, [&](int begin, int end) {
    Image<cfloat> line(wave.nx(), 1);
    Scratch scratch(rows.scratch_size());
    for (int y = begin; y < end; ++y) {
      rows.run(wave.row(y), line.data(), scratch.data());
      std::copy_n(line.data(), wave.nx(), wave.row(y));
    }
  });
  transform_columns(wave, ComplexFft(wave.ny(), direction));
}

}  // namespace gimbal::sim
