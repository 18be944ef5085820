// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/low_spectra.h"

#include "gimbal/core/parallel.h"
#include "gimbal/num/fourier.h"
#include "gimbal/num/rows.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <numeric>

namespace gimbal {
namespace {

// How frames become small images: whole pixels are added, the rest of the reduction is done by
// cropping.
struct Reduction {
  int bin;       // pixels added in each direction
  Size2 binned;  // size of the small image
  Size2 k_max;
};

Reduction plan_reduction(Size2 frame, int corner_px) {
  const double factor =
      std::max(1.0, static_cast<double>(std::min(frame.nx, frame.ny)) / corner_px);
  // Adding pixels lets higher frequencies through as aliases; with room of 1.75 they are weak in
  // the corner.
  int bin = 1;
  while (bin * 2 * 1.75 <= factor) bin *= 2;
  const Size2 binned{frame.nx / bin, frame.ny / bin};
  const auto half = [&](int frame_n, int n) {
    return std::min(static_cast<int>(frame_n / factor) / 2, (n - 1) / 2);
  };
  return {bin, binned, {half(frame.nx, binned.nx), half(frame.ny, binned.ny)}};
}

// Rises from 0 to 1 over a sixteenth of the line at both ends.
std::vector<float> taper(int n) {
  std::vector<float> weights(static_cast<std::size_t>(n), 1.0F);
  const int width = n / 16;
  for (int i = 0; i < width; ++i) {
    const auto w = static_cast<float>(0.5 - 0.5 * std::cos(std::numbers::pi * (i + 0.5) / width));
    weights[static_cast<std::size_t>(i)] *= w;
    weights[static_cast<std::size_t>(n - 1 - i)] *= w;
  }
  return weights;
}

}  // namespace

struct CornerReader::Impl {
 public:
  Impl(const MovieFrames& movie, const Reduction& reduction)
      : movie_(movie),
        reduction_(reduction),
        taper_x_(taper(reduction.binned.nx)),
        taper_y_(taper(reduction.binned.ny)),
        mean_x_(transform(taper_x_, 0, reduction.k_max.nx)),
        mean_y_(transform(taper_y_, -reduction.k_max.ny, reduction.k_max.ny)),
        rows_(reduction.binned.nx, Direction::forward),
        columns_(reduction.binned.ny, Direction::forward),
        transposed_(reduction.binned.ny, reduction.k_max.nx + 1, Image<cfloat>::Uninitialized{}),
        row_sums_(static_cast<std::size_t>(reduction.binned.ny)) {}

  // Columns first in memory.
  Image<cfloat> read(int first, int end) {
    std::vector<std::shared_ptr<const KeptFrame>> raw;
    for (int i = first; i < end; ++i) raw.push_back(movie_.load(i));
    parallel_blocks(reduction_.binned.ny, rows_per_task,
                    [&](int begin_y, int end_y) { transform_rows(raw, first, begin_y, end_y); });
    return transformed_columns();
  }
  LowSpectra empty() const {
    return {movie_.size(),
            static_cast<double>(reduction_.binned.nx) * reduction_.bin,
            static_cast<double>(reduction_.binned.ny) * reduction_.bin,
            reduction_.k_max,
            {}};
  }

 private:
  static constexpr int row_block = 16, rows_per_task = 32, columns_per_task = 16;

  void transform_rows(const std::vector<std::shared_ptr<const KeptFrame>>& raw, int first,
                      int begin, int end) {
    const int nx = reduction_.binned.nx, bin = reduction_.bin;
    std::vector<float> row(static_cast<std::size_t>(movie_.size().nx));
    Image<float> line(nx + 2, 1);
    Image<cfloat> spectra(nx / 2 + 1, row_block, Image<cfloat>::Uninitialized{});
    Scratch scratch(rows_.scratch_size());
    for (int y0 = begin; y0 < end; y0 += row_block) {
      const int n = std::min(row_block, end - y0);
      for (int y = y0; y < y0 + n; ++y) {
        std::fill_n(line.data(), nx, 0.0F);
        for (std::size_t f = 0; f < raw.size(); ++f)
          for (int b = 0; b < bin; ++b) {
            movie_.prepare_row(*raw[f], first + static_cast<int>(f), y * bin + b, row.data());
            add_binned_row(row.data(), bin, nx, line.data());
          }
        row_sums_[static_cast<std::size_t>(y)] = row_total(line.data(), nx);
        multiply_row(taper_x_.data(), nx, line.data());
        const float factor = taper_y_[static_cast<std::size_t>(y)];
        for (int x = 0; x < nx; ++x) line.data()[x] *= factor;
        rows_.run(line.data(), spectra.row(y - y0), scratch.data());
      }
      for (int kx = 0; kx <= reduction_.k_max.nx; ++kx) {
        cfloat* to = transposed_.row(kx) + y0;
        for (int y = 0; y < n; ++y) to[y] = spectra.data()[y * spectra.pitch() + kx];
      }
    }
  }

  Image<cfloat> transformed_columns() {
    const auto [nx, ny] = reduction_.binned;
    const auto [k_x, k_y] = reduction_.k_max;
    Image<cfloat> corner(2 * k_y + 1, k_x + 1, Image<cfloat>::Uninitialized{});
    const double mean =
        std::accumulate(row_sums_.begin(), row_sums_.end(), 0.0) / (static_cast<double>(nx) * ny);
    const auto mean_scale =
        static_cast<float>(mean / (reduction_.bin * std::sqrt(static_cast<double>(nx) * ny)));
    const auto scale =
        static_cast<float>(1.0 / (reduction_.bin * std::sqrt(static_cast<double>(nx) * ny)));
    parallel_blocks(k_x + 1, columns_per_task, [&, ny = ny, k_y = k_y](int begin, int end) {
      Image<cfloat> result(ny, 1, Image<cfloat>::Uninitialized{});
      Scratch scratch(columns_.scratch_size());
      for (int kx = begin; kx < end; ++kx) {
        columns_.run(transposed_.row(kx), result.data(), scratch.data());
        const cfloat mean_here = mean_scale * mean_x_[static_cast<std::size_t>(kx)];
        for (int ky = -k_y; ky <= k_y; ++ky)
          corner.row(kx)[ky + k_y] = scale * result.data()[ky < 0 ? ky + ny : ky] -
                                     mean_here * mean_y_[static_cast<std::size_t>(ky + k_y)];
      }
    });
    return corner;
  }

  // Coefficients first .. last of a line.
  static std::vector<cfloat> transform(const std::vector<float>& line, int first, int last) {
    const auto n = static_cast<int>(line.size());
    const ComplexFft fft(n, Direction::forward);
    Image<cfloat> in(n, 1), out(n, 1);
    std::copy(line.begin(), line.end(), in.data());
    Scratch scratch(fft.scratch_size());
    fft.run(in.data(), out.data(), scratch.data());
    std::vector<cfloat> result;
    for (int k = first; k <= last; ++k) result.push_back(out.data()[(k + n) % n]);
    return result;
  }

  const MovieFrames& movie_;
  Reduction reduction_;
  std::vector<float> taper_x_, taper_y_;
  // The tapers' transforms: what a mean of one leaves in the corner, separable. It is taken away
  // there, as if it had been subtracted before tapering.
  std::vector<cfloat> mean_x_, mean_y_;
  RealFft rows_;
  ComplexFft columns_;
  Image<cfloat> transposed_;
  std::vector<double> row_sums_;
};

FrameGroups at_most(int most, int n_frames, int size) {
  const int count = FrameGroups{n_frames, size}.count();
  return {n_frames, size * ((count + most - 1) / most)};
}

std::vector<double> centres(const FrameGroups& groups) {
  std::vector<double> result;
  for (int g = 0; g < groups.count(); ++g) result.push_back(groups.centre(g));
  return result;
}

CornerReader::CornerReader(const MovieFrames& movie, int corner_px)
    : impl_(std::make_unique<Impl>(movie, plan_reduction(movie.size(), corner_px))) {}
CornerReader::~CornerReader() = default;

LowSpectra CornerReader::empty() const {
  return impl_->empty();
}
Image<cfloat> CornerReader::read(int first, int end) {
  return impl_->read(first, end);
}

LowSpectra low_spectra(CornerReader& reader, const FrameGroups& groups) {
  LowSpectra spectra = reader.empty();
  for (int g = 0; g < groups.count(); ++g)
    spectra.frames.push_back(reader.read(groups.begin(g), groups.end(g)));
  return spectra;
}

LowSpectra added_up(const LowSpectra& spectra, const FrameGroups& groups) {
  LowSpectra result{spectra.frame_size, spectra.period_x_px, spectra.period_y_px, spectra.k_max,
                    std::vector<Image<cfloat>>(static_cast<std::size_t>(groups.count()))};
  parallel_for(groups.count(), [&](int g) {
    auto& sum = result.frames[static_cast<std::size_t>(g)];
    sum = Image<cfloat>(spectra.frames[0].nx(), spectra.frames[0].ny());
    for (int i = groups.begin(g); i < groups.end(g); ++i)
      for (int kx = 0; kx < sum.ny(); ++kx)
        add_line(spectra.frames[static_cast<std::size_t>(i)].row(kx), sum.row(kx), sum.nx());
  });
  return result;
}

void apply_shift(LowSpectra& spectra, int i, Shift shift) {
  const auto [k_x, k_y] = spectra.k_max;
  const auto ramp_x = phase_ramp(0, k_x + 1, shift.x, spectra.period_x_px);
  const auto ramp_y = phase_ramp(-k_y, 2 * k_y + 1, shift.y, spectra.period_y_px);
  auto& frame = spectra.frames[static_cast<std::size_t>(i)];
  for (int kx = 0; kx <= k_x; ++kx)
    turn_line(frame.row(kx), ramp_y.data(), ramp_x[static_cast<std::size_t>(kx)], frame.nx());
}

Image<cfloat> sum_of_frames(const LowSpectra& spectra) {
  Image<cfloat> sum(spectra.frames[0].nx(), spectra.frames[0].ny(), Image<cfloat>::Uninitialized{});
  parallel_for(sum.ny(), [&](int kx) {
    std::fill_n(sum.row(kx), sum.nx(), cfloat{});
    for (const auto& frame : spectra.frames) add_line(frame.row(kx), sum.row(kx), sum.nx());
  });
  return sum;
}

}  // namespace gimbal
