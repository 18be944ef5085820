// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/frames.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/core/simd.h"
#include "gimbal/num/rows.h"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace gimbal {
namespace {

constexpr std::size_t cache_bytes = std::size_t{96} << 20U;  // twelve packed frames of 4096 x 4096
constexpr int rows_per_task = 32;

KeptFrame read_frame(const FrameReader& reader, int index) {
  RawFrame frame;
  reader.read(index, frame);
  return KeptFrame(std::move(frame));
}

GIMBAL_MULTIVERSION bool fit_in_four_bits(const std::uint8_t* values, int n) {
  std::uint8_t bits = 0;
  for (int i = 0; i < n; ++i) bits |= values[i];
  return bits < 16;
}

GIMBAL_MULTIVERSION void pack_row(const std::uint8_t* in, int nx, int half, std::uint8_t* out) {
  for (int x = 0; x < nx - half; ++x)
    out[x] = static_cast<std::uint8_t>((in[x] & 15U) | (in[x + half] << 4U));
  if (nx < 2 * half) out[half - 1] = in[half - 1] & 15U;
}

GIMBAL_MULTIVERSION void unpack_row(const std::uint8_t* in, int nx, int half, float* out) {
  for (int x = 0; x < half; ++x) out[x] = static_cast<float>(in[x] & 15U);
  for (int x = half; x < nx; ++x) out[x] = static_cast<float>(in[x - half] >> 4U);
}

// Of a real image the first pixels already differ. A single pixel tells nothing.
bool is_blank(const Image<float>& sum) {
  if (sum.count() < 2) return false;
  for (int y = 0; y < sum.ny(); ++y)
    for (int x = 0; x < sum.nx(); ++x)
      if (sum(x, y) != sum(0, 0)) return false;
  return true;
}

}  // namespace

void KeptFrame::pack_if_possible() {
  if (packed_ || (raw_.type != PixelType::uint8 && raw_.type != PixelType::int8)) return;
  const auto* in = reinterpret_cast<const std::uint8_t*>(raw_.bytes.data());
  const auto nx = static_cast<std::size_t>(raw_.nx), ny = static_cast<std::size_t>(raw_.ny);
  const std::size_t most = nx * ny / 1000 + 1;
  Bytes packed(static_cast<std::size_t>(half()) * ny);
  auto* out = reinterpret_cast<std::uint8_t*>(packed.data());
  std::vector<Large> large;
  std::vector<std::size_t> large_from{0};
  for (int y = 0; y < raw_.ny; ++y) {
    const std::uint8_t* row = in + static_cast<std::size_t>(y) * nx;
    if (!fit_in_four_bits(row, raw_.nx))
      for (int x = 0; x < raw_.nx; ++x)
        if (row[x] > 15) large.push_back({x, raw_.pixel(x, y)});
    if (large.size() > most) return;
    large_from.push_back(large.size());
    pack_row(row, raw_.nx, half(),
             out + static_cast<std::size_t>(y) * static_cast<std::size_t>(half()));
  }
  large_ = std::move(large);
  large_from_ = std::move(large_from);
  raw_.bytes = std::move(packed);
  packed_ = true;
}

const std::uint8_t* KeptFrame::packed_row(int y) const {
  return reinterpret_cast<const std::uint8_t*>(raw_.bytes.data()) +
         static_cast<std::size_t>(y) * static_cast<std::size_t>(half());
}

void KeptFrame::row_to_float(int y, float* out) const {
  if (!packed_) return raw_.row_to_float(y, out);
  unpack_row(packed_row(y), raw_.nx, half(), out);
  const auto at = static_cast<std::size_t>(y);
  for (std::size_t i = large_from_[at]; i < large_from_[at + 1]; ++i)
    out[large_[i].x] = large_[i].value;
}

float KeptFrame::pixel(int x, int y) const {
  if (!packed_) return raw_.pixel(x, y);
  const auto at = static_cast<std::size_t>(y);
  for (std::size_t i = large_from_[at]; i < large_from_[at + 1]; ++i)
    if (large_[i].x == x) return large_[i].value;
  const std::uint8_t* row = packed_row(y);
  return static_cast<float>(x < half() ? row[x] & 15U : row[x - half()] >> 4U);
}

// As many frames are kept as have room; they are expected to pack until one does not. What cannot
// be read is reported when its turn comes.
MovieFrames::MovieFrames(const FrameReader& reader, int first, int last, View<const float> gain)
    : reader_(reader),
      first_(first),
      last_(last),
      gain_(gain),
      cache_(static_cast<std::size_t>(last - first + 1)) {
  const auto& info = reader.info();
  const std::size_t frame_bytes = static_cast<std::size_t>(info.nx) *
                                  static_cast<std::size_t>(info.ny) * bytes_per_pixel(info.type);
  std::atomic<std::size_t> used = 0,
                           expected = frame_bytes / (bytes_per_pixel(info.type) == 1 ? 2 : 1);
  const auto reserve = [&](std::size_t bytes) {
    if ((used += bytes) <= cache_bytes) return true;
    used -= bytes;
    return false;
  };
  parallel_for(count(), [&](int i) {
    const std::size_t reserved = expected;
    if (!reserve(reserved)) return;
    try {
      auto frame = std::make_shared<KeptFrame>(read_frame(reader, first + i));
      frame->pack_if_possible();
      if (!frame->is_packed()) expected = frame_bytes;
      if (frame->is_packed() || reserve(frame_bytes - reserved))
        cache_[static_cast<std::size_t>(i)] = std::move(frame);
    } catch (const Error&) {
    }
  });
}

std::shared_ptr<const KeptFrame> MovieFrames::load(int i) const {
  const auto& kept = cache_.at(static_cast<std::size_t>(i));
  return kept ? kept : std::make_shared<const KeptFrame>(read_frame(reader_, first_ + i));
}

void MovieFrames::prepare_row(const KeptFrame& frame, int i, int y, float* row) const {
  frame.row_to_float(y, row);
  if (gain_.nx() > 0) multiply_row(gain_.row(y), frame.nx(), row);
  filler_.apply_row(y, row, i, [&](int x, int from_y) {
    const float value = frame.pixel(x, from_y);
    return gain_.nx() > 0 ? value * gain_(x, from_y) : value;
  });
}

Image<float> MovieFrames::sum() const {
  const int nx = size().nx, ny = size().ny;
  Image<float> total(nx, ny, Image<float>::Uninitialized{});
  // Rows outside, frames inside, for the frames in the cache: their sum stays in the processor's
  // cache.
  parallel_blocks(ny, rows_per_task, [&](int begin, int end) {
    std::vector<float> row(static_cast<std::size_t>(nx));
    for (int y = begin; y < end; ++y) {
      std::fill_n(total.row(y), nx, 0.0F);
      for (const auto& raw : cache_)
        if (raw) add_rows(*raw, y, total.row(y), row.data());
    }
  });
  for (int i = 0; i < count(); ++i) {
    if (cache_[static_cast<std::size_t>(i)]) continue;
    const auto raw = load(i);
    parallel_blocks(ny, rows_per_task, [&](int begin, int end) {
      std::vector<float> row(static_cast<std::size_t>(nx));
      for (int y = begin; y < end; ++y) add_rows(*raw, y, total.row(y), row.data());
    });
  }
  if (is_blank(total))
    fail("it holds no image: all pixels of the sum of its frames are {:g}",
         static_cast<double>(total(0, 0)));
  std::atomic<bool> finite = true;
  parallel_blocks(ny, rows_per_task, [&](int begin, int end) {
    for (int y = begin; y < end; ++y) {
      if (gain_.nx() > 0) multiply_row(gain_.row(y), nx, total.row(y));
      if (!all_finite(total.row(y), nx)) finite = false;
    }
  });
  if (!finite) fail_not_a_number();
  return total;
}

void MovieFrames::fail_not_a_number() const {
  std::vector<float> row(static_cast<std::size_t>(size().nx));
  for (int i = 0; i < count(); ++i) {
    const auto frame = load(i);
    for (int y = 0; y < size().ny; ++y) {
      frame->row_to_float(y, row.data());
      const auto bad =
          std::find_if(row.begin(), row.end(), [](float value) { return !std::isfinite(value); });
      if (bad != row.end())
        fail(
            "frame {} holds values that are not numbers (NaN or infinite), the first at x = {}, "
            "y = {} (both from 0): the movie is damaged",
            first_ + i + 1, bad - row.begin(), y);
    }
  }
  fail("its frames hold numbers that are too large to be added: the movie is damaged");
}

void MovieFrames::add_rows(const KeptFrame& frame, int y, float* sum, float* scratch) const {
  frame.row_to_float(y, scratch);
  add_row(scratch, frame.nx(), sum);
}

}  // namespace gimbal
