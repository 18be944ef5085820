// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

namespace gimbal {
namespace {

TEST(Bytes, EveryHalfFloatIsItsFormula) {
  for (int i = 0; i < 65536; ++i) {
    const auto half = static_cast<std::uint16_t>(i);
    const int exponent = (i >> 10) & 31, mantissa = i & 1023;
    const double sign = i < 32768 ? 1 : -1;
    const float value = float_from_half(half);
    if (exponent == 31 && mantissa != 0) {
      EXPECT_TRUE(std::isnan(value));
    } else if (exponent == 31) {
      EXPECT_EQ(value, sign * std::numeric_limits<double>::infinity());
    } else {
      const double expected = exponent == 0 ? sign * mantissa * 0x1p-24
                                            : sign * std::ldexp(1024 + mantissa, exponent - 25);
      ASSERT_EQ(value, expected) << i;
      ASSERT_EQ(half_from_float(value), half) << i;  // every half survives the round trip
    }
  }
}

TEST(Bytes, HalvesAreRoundedToTheNearestAndClamped) {
  EXPECT_EQ(float_from_half(half_from_float(2049.0f)), 2048.0f);  // tie to even
  EXPECT_EQ(float_from_half(half_from_float(2051.0f)), 2052.0f);
  EXPECT_EQ(float_from_half(half_from_float(2049.01f)), 2050.0f);
  EXPECT_EQ(float_from_half(half_from_float(1e9f)), 65504.0f);
  EXPECT_EQ(float_from_half(half_from_float(-65519.9f)), -65504.0f);
  EXPECT_EQ(half_from_float(0x1p-25f), 0);  // tie to even
  EXPECT_EQ(half_from_float(0x1.01p-25f), 1);
  EXPECT_EQ(half_from_float(0x1.ffcp-15f), 0x400);  // rounds up into the normal numbers
}

TEST(Bytes, RowsOfHalvesAreAsSingleOnes) {
  std::array<float, 21> floats{}, back{};
  std::array<std::uint16_t, 21> halves{};
  for (std::size_t i = 0; i < floats.size(); ++i)
    floats[i] = (i % 2 == 0 ? 1.0f : -1.0f) * std::ldexp(1.37f, static_cast<int>(2 * i) - 28);
  halves_from_floats(floats, halves.data());
  floats_from_halves(halves, back.data());
  for (std::size_t i = 0; i < floats.size(); ++i) {
    EXPECT_EQ(halves[i], half_from_float(floats[i]));
    EXPECT_EQ(back[i], float_from_half(halves[i]));
  }
}

TEST(Bytes, NibblesInBothOrders) {
  const std::array<std::byte, 2> packed{std::byte{0x21}, std::byte{0x43}};
  std::array<std::byte, 3> out{};
  unpack_nibbles(packed.data(), 3, FirstNibble::low, out.data());
  EXPECT_EQ(out, (std::array{std::byte{1}, std::byte{2}, std::byte{3}}));
  unpack_nibbles(packed.data(), 3, FirstNibble::high, out.data());
  EXPECT_EQ(out, (std::array{std::byte{2}, std::byte{1}, std::byte{4}}));
}

TEST(Bytes, SwapsTwoAndFourByteElements) {
  std::array<std::byte, 4> bytes{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
  swap_elements(bytes, 2);
  EXPECT_EQ(bytes, (std::array{std::byte{2}, std::byte{1}, std::byte{4}, std::byte{3}}));
  swap_elements(bytes, 4);
  EXPECT_EQ(bytes, (std::array{std::byte{3}, std::byte{4}, std::byte{1}, std::byte{2}}));
}

}  // namespace
}  // namespace gimbal
