// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/mrc_pixels.h"

#include "gimbal/io/bytes.h"
#include "gimbal/io/mrc_header.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace gimbal::mrc {
namespace {

// Of f(value), in eight interleaved partial sums: as fast as the compiler can make it, and always
// in the same order.
template <typename F>
double sum_of(std::span<const float> values, F f) {
  std::array<double, 8> sums{};
  std::size_t i = 0;
  for (; i + 8 <= values.size(); i += 8)
    for (std::size_t j = 0; j < 8; ++j) sums[j] += f(static_cast<double>(values[i + j]));
  for (; i < values.size(); ++i) sums[i % 8] += f(static_cast<double>(values[i]));
  double sum = 0;
  for (const double part : sums) sum += part;
  return sum;
}

// Rounds to the nearest, ties to even; for values within +-2^22.
float rounded(float value) {
  constexpr float magic = 0x1.8p23f;  // its last bit is worth 1
  return (value + magic) - magic;
}

template <typename T>
void store_integers(std::span<float> row, std::span<std::byte> out) {
  constexpr auto low = static_cast<float>(std::numeric_limits<T>::min());
  constexpr auto high = static_cast<float>(std::numeric_limits<T>::max());
  for (float& value : row) {
    const float clamped = value < low ? low : value > high ? high : value;
    value = rounded(clamped);
  }
  for (std::size_t i = 0; i < row.size(); ++i)
    store(out, i * sizeof(T), static_cast<T>(static_cast<int>(row[i])));
}

void store_halves(std::span<float> row, std::span<std::byte> out) {
  std::vector<std::uint16_t> halves(row.size());
  halves_from_floats(row, halves.data());
  floats_from_halves(halves, row.data());
  for (std::size_t i = 0; i < row.size(); ++i) store(out, 2 * i, halves[i]);
}

void put_text(std::span<std::byte> head, std::size_t offset, std::string_view text,
              std::size_t width) {
  for (std::size_t i = 0; i < width; ++i)
    head[offset + i] = static_cast<std::byte>(i < text.size() ? text[i] : ' ');
}

}  // namespace

void Statistics::add_row(std::span<const float> row) {
  std::array<float, 8> lows, highs;  // interleaved, as the sums are
  lows.fill(row[0]);
  highs.fill(row[0]);
  for (std::size_t i = 0; i + 8 <= row.size(); i += 8)
    for (std::size_t j = 0; j < 8; ++j) {
      lows[j] = row[i + j] < lows[j] ? row[i + j] : lows[j];
      highs[j] = row[i + j] > highs[j] ? row[i + j] : highs[j];
    }
  for (const float value : row.last(row.size() % 8)) {
    lows[0] = std::min(lows[0], value);
    highs[0] = std::max(highs[0], value);
  }
  min = std::min(min, *std::min_element(lows.begin(), lows.end()));
  max = std::max(max, *std::max_element(highs.begin(), highs.end()));
  const auto n = static_cast<double>(row.size());
  const double row_mean = sum_of(row, [](double v) { return v; }) / n;
  add_moments(n, row_mean,
              sum_of(row, [row_mean](double v) { return (v - row_mean) * (v - row_mean); }));
}

void Statistics::add(const Statistics& other) {
  min = std::min(min, other.min);
  max = std::max(max, other.max);
  add_moments(other.count, other.mean, other.squares);
}

void Statistics::add_moments(double n, double other_mean, double other_squares) {
  const double difference = other_mean - mean, total = count + n;
  squares += other_squares + difference * difference * count * n / total;
  mean += difference * n / total;
  count = total;
}

double Statistics::deviation() const {
  return count > 0 ? std::sqrt(squares / count) : 0;
}

// A sum of doubles is finite if and only if all the floats are.
bool is_finite(std::span<const float> row) {
  return std::isfinite(sum_of(row, [](double v) { return v; }));
}

std::size_t mode_bytes(MrcMode mode) {
  switch (mode) {
    case MrcMode::int8:
      return 1;
    case MrcMode::int16:
    case MrcMode::uint16:
    case MrcMode::float16:
      return 2;
    case MrcMode::float32:
      return 4;
  }
  return 4;
}

void convert_row(MrcMode mode, std::span<float> row, std::span<std::byte> out) {
  switch (mode) {
    case MrcMode::int8:
      return store_integers<std::int8_t>(row, out);
    case MrcMode::int16:
      return store_integers<std::int16_t>(row, out);
    case MrcMode::uint16:
      return store_integers<std::uint16_t>(row, out);
    case MrcMode::float16:
      return store_halves(row, out);
    case MrcMode::float32:
      for (std::size_t i = 0; i < row.size(); ++i) store(out, 4 * i, row[i]);
  }
}

std::vector<std::byte> header_bytes(int nx, int ny, int nz, const MrcWriteOptions& options,
                                    const Statistics& statistics) {
  std::vector<std::byte> head(mrc_header_bytes);
  const auto put = [&](std::size_t offset, auto value) { store(std::span(head), offset, value); };
  const std::array<int, 3> size{nx, ny, nz};
  for (std::size_t i = 0; i < 3; ++i) {
    put(4 * i, size[i]);
    put(28 + 4 * i, size[i]);
    put(40 + 4 * i, static_cast<float>(size[i] * options.pixel_A));
    put(52 + 4 * i, 90.0f);
    put(64 + 4 * i, static_cast<int>(i) + 1);
  }
  put(12, static_cast<int>(options.mode));
  put(76, statistics.min);
  put(80, statistics.max);
  put(84, static_cast<float>(statistics.mean));
  put(88, options.volume ? 1 : 0);
  put(108, 20140);
  if (options.mode == MrcMode::int8) {  // tells IMOD that the bytes are signed
    put(152, 1146047817);
    put(156, 1);
  }
  put_text(head, 208, "MAP ", 4);
  put(212, std::uint32_t{0x4444});
  put(216, static_cast<float>(statistics.deviation()));
  const std::size_t n_labels = std::min<std::size_t>(options.labels.size(), 10);
  put(220, static_cast<int>(n_labels));
  for (std::size_t i = 0; i < n_labels; ++i) put_text(head, 224 + 80 * i, options.labels[i], 80);
  return head;
}

}  // namespace gimbal::mrc
