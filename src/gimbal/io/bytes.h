// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers in files: loads and stores with a given byte order from unaligned bytes, swapping of
// whole arrays, 4-bit pixels and 16-bit floats. The caller checks bounds (spans assert them).
#pragma once

#include <bit>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

namespace gimbal {

template <typename T>
requires std::is_arithmetic_v<T> T swap_bytes(T value) {
  std::byte raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  for (std::size_t i = 0; i < sizeof(T) / 2; ++i) {
    const std::byte kept = raw[i];
    raw[i] = raw[sizeof(T) - 1 - i];
    raw[sizeof(T) - 1 - i] = kept;
  }
  std::memcpy(&value, raw, sizeof(T));
  return value;
}

template <typename T>
T load(std::span<const std::byte> bytes, std::size_t offset, std::endian order) {
  assert(offset + sizeof(T) <= bytes.size());
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return order == std::endian::native ? value : swap_bytes(value);
}

// Stores in little-endian order.
template <typename T>
void store(std::span<std::byte> bytes, std::size_t offset, T value) {
  assert(offset + sizeof(T) <= bytes.size());
  if (std::endian::native != std::endian::little) value = swap_bytes(value);
  std::memcpy(bytes.data() + offset, &value, sizeof(T));
}

// Reverses the byte order of every element of 2 or 4 bytes, in place.
void swap_elements(std::span<std::byte> bytes, std::size_t element_size);

// IEEE half precision. half_from_float rounds to the nearest, ties to even; what is too large
// becomes +-65504, never infinity.
float float_from_half(std::uint16_t half);
std::uint16_t half_from_float(float value);
// Whole rows, several at a time; the ranges must not overlap. Finite values only.
void floats_from_halves(std::span<const std::uint16_t> halves, float* floats);
void halves_from_floats(std::span<const float> floats, std::uint16_t* halves);

// Splits n pixels of 4 bits into bytes; the first pixel is in the low or the high half of a byte.
// The ranges must not overlap.
enum class FirstNibble { low, high };
void unpack_nibbles(const std::byte* packed, int n, FirstNibble first, std::byte* pixels);

// Whether nx x ny bytes are the size of a K2 or K3 super-resolution frame at half its width.
// SerialEM saves such frames as bytes with two 4-bit pixels each; no camera has frames of this
// size.
bool is_half_width_of_nibbles(int nx, int ny);

}  // namespace gimbal
