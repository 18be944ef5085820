// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/eer_codec.h"

#include "gimbal/core/error.h"
#include "gimbal/io/bytes.h"

#include <algorithm>
#include <type_traits>

namespace gimbal {
namespace {

// The leading bits of a sub-pixel coordinate, as an index of 0 .. 2^wanted - 1.
struct SubPixel {
  int shift = 0;
  std::uint32_t mask = 0;
  std::uint32_t flip = 0;
  std::uint32_t of(std::uint32_t field) const { return ((field >> shift) & mask) ^ flip; }
};

SubPixel sub_pixel(int first_bit, int bits, int wanted) {
  if (wanted == 0) return {};
  return {first_bit + bits - wanted, (1u << wanted) - 1u, 1u << (wanted - 1)};
}

// How far a stream has been decoded.
struct Cursor {
  std::size_t bit = 0;
  std::uint32_t position = 0;  // the pixel that the next run length counts from
  bool ended = false;
  bool good = false;
  void end(bool well) { ended = true, good = well; }
};

// Decodes until `position` passes `until`, adding `step` to each electron's pixel: 1, or -1 to take
// a broken frame back.
template <typename T, int zoom>
void advance(Cursor& cursor, std::span<const std::byte> stream, const EerCode& code,
             const EerCanvas& canvas, std::uint32_t until, T step) {
  const auto nx = static_cast<std::uint32_t>(canvas.nx);
  const std::uint32_t total = nx * static_cast<std::uint32_t>(canvas.ny);
  const std::span readable(stream.data(), stream.size() + eer_slack);
  const std::size_t n_bits = stream.size() * 8;
  const std::uint32_t largest = (1u << code.rle_bits) - 1u;
  const int code_bits = code.bits();
  const int overflow_bits = code.padded_overflow ? code_bits : code.rle_bits;
  const int per_load = 56 / code_bits;
  const auto sub_x = sub_pixel(code.rle_bits, code.x_bits, zoom);
  const auto sub_y = sub_pixel(code.rle_bits + code.x_bits, code.y_bits, zoom);
  auto* pixels = static_cast<T*>(canvas.pixels);
  const std::size_t pitch = static_cast<std::size_t>(nx) << zoom;
  std::uint32_t position = cursor.position, row_begin = position / nx * nx;
  T* row = pixels + (static_cast<std::size_t>(position / nx) << zoom) * pitch;
  std::size_t bit = cursor.bit;
  while (position < until) {
    if (bit >= n_bits) return cursor.end(false);
    auto word = load<std::uint64_t>(readable, bit / 8, std::endian::little) >> (bit % 8);
    for (int i = 0; i < per_load; ++i) {
      const auto field = static_cast<std::uint32_t>(word);
      const std::uint32_t length = field & largest;
      position += length;
      if (position >= total)
        return cursor.end(position == total &&
                          bit + static_cast<std::size_t>(code.rle_bits) <= n_bits);
      const int used = length == largest ? overflow_bits : code_bits;
      bit += static_cast<std::size_t>(used);
      word >>= used;
      if (length == largest) continue;
      if (bit > n_bits) return cursor.end(false);
      if constexpr (zoom == 0) {
        pixels[position] = static_cast<T>(pixels[position] + step);
      } else {
        while (position - row_begin >= nx) {
          row_begin += nx;
          row += pitch << zoom;
        }
        const std::size_t x = ((position - row_begin) << zoom) | sub_x.of(field);
        T& pixel = row[sub_y.of(field) * pitch + x];
        pixel = static_cast<T>(pixel + step);
      }
      if (++position == total) return cursor.end(true);
    }
  }
  cursor.bit = bit;
  cursor.position = position;
}

template <typename T, int zoom>
void add(std::span<EerStream> frames, const EerCode& code, const EerCanvas& canvas) {
  constexpr std::size_t band_bytes = 1u << 18;  // well within the cache of one core
  const auto nx = static_cast<std::uint32_t>(canvas.nx);
  const std::uint32_t total = nx * static_cast<std::uint32_t>(canvas.ny);
  const auto rows = static_cast<std::uint32_t>(
      std::max<std::size_t>(1, band_bytes / ((nx * sizeof(T)) << (2 * zoom))));
  std::vector<Cursor> cursors(frames.size());
  for (std::uint32_t begin = 0; begin < total; begin += std::min(rows * nx, total - begin)) {
    const std::uint32_t until = begin + std::min(rows * nx, total - begin);
    for (std::size_t i = 0; i < frames.size(); ++i)
      if (!cursors[i].ended)
        advance<T, zoom>(cursors[i], frames[i].bytes, code, canvas, until, T{1});
  }
  for (std::size_t i = 0; i < frames.size(); ++i) {
    frames[i].good = cursors[i].good;
    Cursor again;
    if (!cursors[i].good)
      advance<T, zoom>(again, frames[i].bytes, code, canvas, total, static_cast<T>(-1));
  }
}

template <typename T>
void add_at(std::span<EerStream> frames, const EerCode& code, const EerCanvas& canvas) {
  switch (canvas.upsampling) {
    case 1:
      return add<T, 0>(frames, code, canvas);
    case 2:
      return add<T, 1>(frames, code, canvas);
    default:
      return add<T, 2>(frames, code, canvas);
  }
}

// Appends bit fields, least significant first.
class BitWriter {
 public:
  void put(std::uint32_t value, int bits) {
    word_ |= static_cast<std::uint64_t>(value) << filled_;
    filled_ += bits;
    while (filled_ >= 8) {
      bytes_.push_back(static_cast<std::byte>(word_ & 0xffu));
      word_ >>= 8;
      filled_ -= 8;
    }
  }
  std::vector<std::byte> take() {
    if (filled_ > 0) bytes_.push_back(static_cast<std::byte>(word_ & 0xffu));
    return std::move(bytes_);
  }

 private:
  std::vector<std::byte> bytes_;
  std::uint64_t word_ = 0;
  int filled_ = 0;
};

// Detector pixel and sub-pixel in one number that sorts in scan order.
std::vector<std::uint32_t> sorted_keys(const std::vector<EerElectron>& electrons, int nx, int ny) {
  std::vector<std::uint32_t> keys;
  keys.reserve(electrons.size());
  for (const auto [x, y] : electrons) {
    if (x >= 4 * nx || y >= 4 * ny)
      fail("an electron at quarter pixel ({}, {}) is outside a detector of {} x {} pixels", x, y,
           nx, ny);
    const auto pixel = static_cast<std::uint32_t>((y / 4) * nx + x / 4);
    keys.push_back(pixel << 4 | static_cast<std::uint32_t>((y % 4) << 2 | (x % 4)));
  }
  if (!std::is_sorted(keys.begin(), keys.end())) std::sort(keys.begin(), keys.end());
  return keys;
}

void put_gap(BitWriter& writer, const EerCode& code, std::uint32_t gap) {
  const std::uint32_t largest = (1u << code.rle_bits) - 1u;
  for (; gap >= largest; gap -= largest) {
    writer.put(largest, code.rle_bits);
    if (code.padded_overflow) writer.put(0, code.x_bits + code.y_bits);
  }
  writer.put(gap, code.rle_bits);
}

}  // namespace

bool is_eer_compression(int compression) {
  return compression >= 65000 && compression <= 65002;
}

void add_eer_frames(std::span<EerStream> frames, const EerCode& code, const EerCanvas& canvas) {
  if (canvas.wide)
    add_at<std::uint16_t>(frames, code, canvas);
  else
    add_at<std::uint8_t>(frames, code, canvas);
}

std::vector<std::byte> encode_eer_frame(const std::vector<EerElectron>& electrons, int nx, int ny,
                                        const EerCode& code) {
  const auto total = static_cast<std::uint32_t>(nx) * static_cast<std::uint32_t>(ny);
  BitWriter writer;
  std::uint32_t next = 0;  // the first pixel that is not encoded yet
  for (const std::uint32_t key : sorted_keys(electrons, nx, ny)) {
    const std::uint32_t pixel = key >> 4;
    if (pixel < next) continue;  // the pixel has its electron already
    put_gap(writer, code, pixel - next);
    const std::uint32_t x = ((key & 3u) ^ 2u) >> (2 - code.x_bits);
    const std::uint32_t y = (((key >> 2) & 3u) ^ 2u) >> (2 - code.y_bits);
    writer.put(y << code.x_bits | x, code.x_bits + code.y_bits);
    next = pixel + 1;
  }
  // Even an empty one: RELION 3 takes a frame without it for damaged.
  put_gap(writer, code, total - next);
  return writer.take();
}

}  // namespace gimbal
