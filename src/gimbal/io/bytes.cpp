// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/bytes.h"

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

template <typename T>
void swap_all(std::span<std::byte> bytes) {
  for (std::size_t i = 0; i + sizeof(T) <= bytes.size(); i += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + i, sizeof(T));
    if constexpr (sizeof(T) == 2)
      value = static_cast<T>((value >> 8) | (value << 8));
    else
      value = (value >> 24) | ((value >> 8) & 0xff00u) | ((value << 8) & 0xff0000u) | (value << 24);
    std::memcpy(bytes.data() + i, &value, sizeof(T));
  }
}

// `a` where `mask` has ones, `b` elsewhere.
std::uint32_t select(std::uint32_t mask, std::uint32_t a, std::uint32_t b) {
  return (a & mask) | (b & ~mask);
}

// These two have neither branches nor comparisons of floats, so that loops over rows are
// vectorized.
float widened(std::uint16_t half) {
  // The exponent and mantissa moved into place are 2^112 too small, subnormals included.
  const std::uint32_t magnitude = (half & 0x7fffu) << 13;
  const auto value = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) * 0x1p112f);
  const std::uint32_t special = 0u - std::uint32_t{magnitude >= 0x7c00u << 13};
  return std::bit_cast<float>(select(special, magnitude | 0x7f800000u, value) | (half & 0x8000u)
                                                                                    << 16);
}

std::uint16_t narrowed(float value) {
  constexpr std::uint32_t largest = 0x477fe000u, smallest_normal = 0x38800000u;  // 65504, 2^-14
  // Ones when a < b, for numbers below 2^31.
  const auto less = [](std::uint32_t a, std::uint32_t b) {
    return static_cast<std::uint32_t>(static_cast<std::int32_t>(a - b) >> 31);
  };
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t absolute = bits & 0x7fffffffu;
  const std::uint32_t clamped = select(less(absolute, largest), absolute, largest);
  // Adding 0.5 aligns the last bit of a subnormal half with that of the sum.
  const std::uint32_t subnormal =
      std::bit_cast<std::uint32_t>(std::bit_cast<float>(clamped) + 0.5f) -
      std::bit_cast<std::uint32_t>(0.5f);
  const std::uint32_t rebased = clamped - (112u << 23);
  const std::uint32_t normal = (rebased + 0xfffu + ((rebased >> 13) & 1u)) >> 13;
  return static_cast<std::uint16_t>(select(less(clamped, smallest_normal), subnormal, normal) |
                                    (bits >> 16 & 0x8000u));
}

}  // namespace

void swap_elements(std::span<std::byte> bytes, std::size_t element_size) {
  assert(element_size == 2 || element_size == 4);
  if (element_size == 2)
    swap_all<std::uint16_t>(bytes);
  else
    swap_all<std::uint32_t>(bytes);
}

float float_from_half(std::uint16_t half) {
  return widened(half);
}

std::uint16_t half_from_float(float value) {
  if (std::isnan(value)) return std::signbit(value) ? 0xfe00 : 0x7e00;
  return narrowed(value);
}

void floats_from_halves(std::span<const std::uint16_t> halves, float* floats) {
  for (std::size_t i = 0; i < halves.size(); ++i) floats[i] = widened(halves[i]);
}

void halves_from_floats(std::span<const float> floats, std::uint16_t* halves) {
  for (std::size_t i = 0; i < floats.size(); ++i) halves[i] = narrowed(floats[i]);
}

void unpack_nibbles(const std::byte* packed, int n, FirstNibble first, std::byte* pixels) {
  const int shift_even = first == FirstNibble::low ? 0 : 4, shift_odd = 4 - shift_even;
  const auto* in = reinterpret_cast<const std::uint8_t*>(packed);
  auto* out = reinterpret_cast<std::uint8_t*>(pixels);
  for (int k = 0; k < n / 2; ++k) {
    out[2 * k] = static_cast<std::uint8_t>((in[k] >> shift_even) & 15);
    out[2 * k + 1] = static_cast<std::uint8_t>((in[k] >> shift_odd) & 15);
  }
  if (n % 2 == 1) out[n - 1] = static_cast<std::uint8_t>((in[n / 2] >> shift_even) & 15);
}

bool is_half_width_of_nibbles(int nx, int ny) {
  constexpr int sizes[][2] = {{7676, 7420}, {7680, 7424}, {11520, 8184}};
  for (const auto& [a, b] : sizes)
    if ((2 * nx == a && ny == b) || (2 * nx == b && ny == a)) return true;
  return false;
}

}  // namespace gimbal
