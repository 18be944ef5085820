// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/fourier_sums.h"

#include "gimbal/core/parallel.h"
#include "gimbal/num/fourier.h"

#include <algorithm>
#include <cstdint>

namespace gimbal {
namespace {

constexpr int row_block =
    16;  // rows transformed together, so that columns are written by cache lines
constexpr int rows_per_task = 32;
constexpr int column_block = 32;

// A side on which transforms are fast, at most 2 % longer, and of which the output is the same
// fraction; `n` itself when it is fast, or no better one exists.
int transform_length(int n, int output) {
  if (has_only_small_primes(n, 13)) return n;
  for (int longer = n + 2; longer <= n + n / 50; longer += 2)
    if (has_only_small_primes(longer, 7) && static_cast<std::int64_t>(longer) * output % n == 0)
      return longer;
  return n;
}

// Its columns are cleared when the first frame comes to them.
ColumnSpectrum empty_spectrum(Size2 image, bool wanted) {
  return wanted ? ColumnSpectrum(image.ny, image.nx / 2 + 1, ColumnSpectrum::Uninitialized{})
                : ColumnSpectrum();
}

// A transform jumps about in its line, which the processor does not foresee.
void prefetch(const cfloat* line, int n) {
  constexpr int step = 64 / sizeof(cfloat);
  for (int i = 0; i < n; i += step) __builtin_prefetch(line + i, 0, 2);
}

// Rows of spectra to columns: to(first + y, kx) = from(kx, y).
void transpose(View<const cfloat> from, View<cfloat> to, int first) {
  for (int kx = 0; kx < from.nx(); ++kx) {
    cfloat* out = to.row(kx) + first;
    const cfloat* in = from.data() + kx;
    for (int y = 0; y < from.ny(); ++y) out[y] = in[y * from.pitch()];
  }
}

}  // namespace

FourierSums::FourierSums(const SumRequest& request)
    : request_(request),
      full_{transform_length(request.frame.nx, request.output.nx),
            transform_length(request.frame.ny, request.output.ny)},
      kept_{static_cast<int>(std::int64_t{full_.nx} * request.output.nx / request.frame.nx),
            static_cast<int>(std::int64_t{full_.ny} * request.output.ny / request.frame.ny)},
      rows_(full_.nx, Direction::forward),
      columns_(full_.ny, Direction::forward),
      frame_(full_.ny, kept_.nx / 2 + 1, ColumnSpectrum::Uninitialized{}),
      even_(empty_spectrum(kept_, request.plain)),
      odd_(empty_spectrum(kept_, request.plain && request.split)),
      weighted_(empty_spectrum(kept_, request.dose.has_value())),
      group_(empty_spectrum(kept_, request.spectrum_group > 1)) {
  if (request.dose) weights_.emplace(*request.dose);
  if (request.spectrum_group > 0)
    amplitudes_ = Image<float>(kept_.ny, kept_.nx / 2 + 1, Image<float>::Uninitialized{});
}

void FourierSums::add(const RowSource& rows, Shift shift) {
  transform_rows(rows);
  const int group = request_.spectrum_group;
  transform_columns(shift, group > 0 && (n_added_ + 1) % group == 0);
  ++n_added_;
}

void FourierSums::clear_column(int kx) {
  for (auto* sum : {&even_, &odd_, &weighted_, &group_})
    if (!sum->empty()) std::fill_n(sum->row(kx), kept_.ny, cfloat{});
  if (!amplitudes_.empty()) std::fill_n(amplitudes_.row(kx), kept_.ny, 0.0F);
}

// Beyond the frame its edges go on, half of the way from either side.
void FourierSums::continue_row(float* row) const {
  const int nx = request_.frame.nx, middle = (nx + full_.nx) / 2;
  std::fill(row + nx, row + middle, row[nx - 1]);
  std::fill(row + middle, row + full_.nx, row[0]);
}

void FourierSums::transform_rows(const RowSource& rows) {
  const auto [nx, ny] = request_.frame;
  const int n_kx = frame_.ny(), middle = (ny + full_.ny) / 2;
  parallel_blocks(full_.ny, rows_per_task, [&, nx = nx, ny = ny](int task_begin, int task_end) {
    Image<float> lines(full_.nx + 2, row_block, Image<float>::Uninitialized{});
    Image<cfloat> spectra(full_.nx / 2 + 1, row_block, Image<cfloat>::Uninitialized{});
    Scratch scratch(rows_.scratch_size());
    for (int begin = task_begin; begin < task_end; begin += row_block) {
      const int n = std::min(row_block, task_end - begin), real = std::clamp(ny - begin, 0, n);
      if (real > 0) rows(begin, lines.view().part(0, 0, nx, real));
      for (int y = real; y < n; ++y)
        rows(begin + y < middle ? ny - 1 : 0, lines.view().part(0, y, nx, 1));
      for (int y = 0; y < n; ++y) {
        continue_row(lines.row(y));
        rows_.run(lines.row(y), spectra.row(y), scratch.data());
      }
      transpose(spectra.view().part(0, 0, n_kx, n), frame_, begin);
    }
  });
}

void FourierSums::transform_columns(Shift shift, bool group_ends) {
  const auto [nx, ny] = full_;
  const int out_ny = kept_.ny, n_kx = frame_.ny();
  const auto scale = static_cast<float>(1.0 / (static_cast<double>(nx) * ny));
  std::vector<cfloat> ramp_y = phase_ramp(0, (out_ny + 1) / 2, shift.y, ny);
  const auto negative = phase_ramp(-(out_ny / 2), out_ny / 2, shift.y, ny);
  ramp_y.insert(ramp_y.end(), negative.begin(), negative.end());
  const auto ramp_x = phase_ramp(0, n_kx, shift.x, nx);
  ColumnSpectrum& plain = request_.split && n_added_ % 2 == 1 ? odd_ : even_;
  parallel_blocks(n_kx, column_block, [&](int begin, int end) {
    Image<cfloat> column(frame_.nx(), 2, Image<cfloat>::Uninitialized{});
    Scratch scratch(columns_.scratch_size());
    std::vector<float> weights(weights_ ? static_cast<std::size_t>(out_ny) : 0);
    for (int kx = begin; kx < end; ++kx) {
      if (kx + 1 < end) prefetch(frame_.row(kx + 1), frame_.nx());
      columns_.run(frame_.row(kx), column.row(0), scratch.data());
      cfloat* line = column.row(1);
      crop_line(column.row(0), frame_.nx(), line, out_ny, scale);
      if (n_added_ == 0) clear_column(kx);
      turn_line(line, ramp_y.data(), ramp_x[static_cast<std::size_t>(kx)], out_ny);
      if (request_.plain) add_line(line, plain.row(kx), out_ny);
      if (weights_) {
        weights_->line(n_added_, kx, kept_.nx, out_ny, weights.data());
        add_weighted_line(line, weights.data(), weighted_.row(kx), out_ny);
      }
      if (request_.spectrum_group == 1) add_amplitudes(line, amplitudes_.row(kx), out_ny);
      if (request_.spectrum_group > 1) {
        add_line(line, group_.row(kx), out_ny);
        if (group_ends) {
          add_amplitudes(group_.row(kx), amplitudes_.row(kx), out_ny);
          std::fill_n(group_.row(kx), out_ny, cfloat{});
        }
      }
    }
  });
}

Image<float> FourierSums::inverse(ColumnSpectrum spectrum) {
  frame_ = ColumnSpectrum();  // there is no frame to come: the image takes its place
  const auto [nx, ny] = kept_;
  const Size2 output = request_.output;
  const int n_kx = spectrum.ny();
  const ComplexFft columns(ny, Direction::backward);
  const RealFft rows(nx, Direction::backward);
  parallel_blocks(n_kx, column_block, [&, ny = ny](int begin, int end) {
    Image<cfloat> column(ny, 1, Image<cfloat>::Uninitialized{});
    Scratch scratch(columns.scratch_size());
    for (int kx = begin; kx < end; ++kx) {
      columns.run(spectrum.row(kx), column.data(), scratch.data());
      std::copy_n(column.data(), ny, spectrum.row(kx));
    }
  });
  Image<float> image(output.nx, output.ny, Image<float>::Uninitialized{});
  parallel_blocks(output.ny, rows_per_task, [&, nx = nx](int task_begin, int task_end) {
    Image<cfloat> spectra(n_kx, row_block, Image<cfloat>::Uninitialized{});
    Image<float> line(nx + 2, 1);
    Scratch scratch(rows.scratch_size());
    for (int begin = task_begin; begin < task_end; begin += row_block) {
      const int n = std::min(row_block, task_end - begin);
      for (int kx = 0; kx < n_kx; ++kx) {
        const cfloat* from = spectrum.row(kx) + begin;
        for (int y = 0; y < n; ++y) spectra.data()[y * spectra.pitch() + kx] = from[y];
      }
      for (int y = 0; y < n; ++y) {
        rows.run(line.data(), spectra.row(y), scratch.data());
        std::copy_n(line.data(), output.nx, image.row(begin + y));
      }
    }
  });
  return image;
}

Image<float> FourierSums::take_even() {
  return inverse(std::move(even_));
}
Image<float> FourierSums::take_odd() {
  return inverse(std::move(odd_));
}
Image<float> FourierSums::take_plain() {
  return inverse(std::move(even_));
}
Image<float> FourierSums::take_weighted() {
  return inverse(std::move(weighted_));
}

Image<float> FourierSums::take_amplitudes() {
  const int group = request_.spectrum_group;
  if (group > 1 && n_added_ % group != 0)  // the last group may be short
    parallel_for(amplitudes_.ny(),
                 [&](int kx) { add_amplitudes(group_.row(kx), amplitudes_.row(kx), kept_.ny); });
  group_ = ColumnSpectrum();
  return std::move(amplitudes_);
}

}  // namespace gimbal
