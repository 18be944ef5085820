// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/frames.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/num/rows.h"

#include <algorithm>

namespace gimbal {
namespace {

constexpr std::size_t cache_bytes = std::size_t{256} << 20U;
constexpr int rows_per_task = 32;

std::shared_ptr<const RawFrame> read_frame(const FrameReader& reader, int index) {
  auto frame = std::make_shared<RawFrame>();
  reader.read(index, *frame);
  return frame;
}

}  // namespace

MovieFrames::MovieFrames(const FrameReader& reader, int first, int last, View<const float> gain)
    : reader_(reader),
      first_(first),
      last_(last),
      gain_(gain),
      cache_(static_cast<std::size_t>(last - first + 1)) {
  const auto& info = reader.info();
  const std::size_t frame_bytes = static_cast<std::size_t>(info.nx) *
                                  static_cast<std::size_t>(info.ny) * bytes_per_pixel(info.type);
  const auto n_kept = std::min(cache_.size(), cache_bytes / std::max<std::size_t>(1, frame_bytes));
  parallel_for(static_cast<int>(n_kept),
               [&](int i) { cache_[static_cast<std::size_t>(i)] = read_frame(reader, first + i); });
}

std::shared_ptr<const RawFrame> MovieFrames::load(int i) const {
  const auto& kept = cache_.at(static_cast<std::size_t>(i));
  return kept ? kept : read_frame(reader_, first_ + i);
}

void MovieFrames::prepare_row(const RawFrame& raw, int i, int y, float* row) const {
  raw.row_to_float(y, row);
  if (gain_.nx() > 0) multiply_row(gain_.row(y), raw.nx, row);
  filler_.apply_row(y, row, i, [&](int x, int from_y) {
    const float value = raw.pixel(x, from_y);
    return gain_.nx() > 0 ? value * gain_(x, from_y) : value;
  });
}

Image<float> MovieFrames::sum() const {
  const int nx = size().nx, ny = size().ny;
  Image<float> total(nx, ny);
  // Rows outside, frames inside, for the frames in the cache: their sum stays in the processor's
  // cache.
  parallel_blocks(ny, rows_per_task, [&](int begin, int end) {
    std::vector<float> row(static_cast<std::size_t>(nx));
    for (int y = begin; y < end; ++y)
      for (const auto& raw : cache_)
        if (raw) add_rows(*raw, y, total.row(y), row.data());
  });
  for (int i = 0; i < count(); ++i) {
    if (cache_[static_cast<std::size_t>(i)]) continue;
    const auto raw = load(i);
    parallel_blocks(ny, rows_per_task, [&](int begin, int end) {
      std::vector<float> row(static_cast<std::size_t>(nx));
      for (int y = begin; y < end; ++y) add_rows(*raw, y, total.row(y), row.data());
    });
  }
  parallel_blocks(ny, rows_per_task, [&](int begin, int end) {
    for (int y = begin; y < end; ++y) {
      if (gain_.nx() > 0) multiply_row(gain_.row(y), nx, total.row(y));
      if (!all_finite(total.row(y), nx))
        fail(
            "row {} of the frames' sum holds values that are not numbers (NaN or infinite): the "
            "movie is damaged",
            y);
    }
  });
  return total;
}

void MovieFrames::add_rows(const RawFrame& raw, int y, float* sum, float* scratch) const {
  raw.row_to_float(y, scratch);
  add_row(scratch, raw.nx, sum);
}

}  // namespace gimbal
