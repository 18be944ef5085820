// SPDX-License-Identifier: GPL-3.0-or-later
// The EER bit stream: a naive reader, bit by bit, against the fast one, and hostile streams.
#include "gimbal/io/eer_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace gimbal {
namespace {

constexpr EerCode codes[] = {
    {8, 2, 2, true}, {7, 2, 2, false}, {7, 1, 1, false}, {4, 1, 2, false}, {8, 2, 2, false}};

// One bit at a time, straight from the description.
struct NaiveReader {
  std::span<const std::byte> stream;
  std::size_t bit = 0;
  unsigned take(int n) {
    unsigned value = 0;
    for (int i = 0; i < n; ++i, ++bit)
      if (bit / 8 < stream.size() && (std::to_integer<unsigned>(stream[bit / 8]) >> (bit % 8)) & 1u)
        value |= 1u << i;
    return value;
  }
};

std::vector<int> naive(std::span<const std::byte> stream, const EerCode& code, int nx, int ny,
                       int upsampling) {
  const int zoom = upsampling - 1, scale = 1 << zoom;
  std::vector<int> image(static_cast<std::size_t>(nx * ny * scale * scale));
  NaiveReader reader{stream};
  const int largest = (1 << code.rle_bits) - 1;
  for (int position = 0; position < nx * ny;) {
    const int length = static_cast<int>(reader.take(code.rle_bits));
    position += length;
    if (position >= nx * ny) break;
    if (length == largest) {
      if (code.padded_overflow) reader.take(code.x_bits + code.y_bits);
      continue;
    }
    const int sub_x = (static_cast<int>(reader.take(code.x_bits)) ^ (1 << (code.x_bits - 1))) >>
                      (code.x_bits - std::min(zoom, code.x_bits));
    const int sub_y = (static_cast<int>(reader.take(code.y_bits)) ^ (1 << (code.y_bits - 1))) >>
                      (code.y_bits - std::min(zoom, code.y_bits));
    const int x = position % nx * scale + (zoom > 0 ? sub_x : 0);
    const int y = position / nx * scale + (zoom > 0 ? sub_y : 0);
    ++image[static_cast<std::size_t>(y * nx * scale + x)];
    ++position;
  }
  return image;
}

std::vector<EerElectron> random_electrons(int nx, int ny, int n, std::uint64_t seed) {
  std::vector<EerElectron> electrons;
  for (int i = 0; i < n; ++i) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    electrons.push_back(
        {static_cast<std::uint16_t>((seed >> 33) % (4u * static_cast<unsigned>(nx))),
         static_cast<std::uint16_t>((seed >> 45) % (4u * static_cast<unsigned>(ny)))});
  }
  return electrons;
}

template <typename T>
std::vector<int> fast(std::vector<std::byte> stream, const EerCode& code, int nx, int ny,
                      int upsampling, bool* good) {
  const int scale = 1 << (upsampling - 1);
  std::vector<T> image(static_cast<std::size_t>(nx * ny * scale * scale));
  const std::size_t size = stream.size();
  stream.resize(size + eer_slack, std::byte{0xff});
  EerStream frame{std::span(stream).first(size)};
  add_eer_frames({&frame, 1}, code, {nx, ny, upsampling, image.data(), sizeof(T) == 2});
  *good = frame.good;
  return {image.begin(), image.end()};
}

TEST(EerCodec, FastDecoderCountsAsTheNaiveOne) {
  for (const auto& code : codes)
    for (const auto& [nx, ny] : {std::pair{1, 1}, {64, 64}, {33, 17}, {5, 300}, {300, 3}})
      for (const int n : {0, 1, 7, nx * ny / 4, 2 * nx * ny}) {
        const auto stream = encode_eer_frame(random_electrons(nx, ny, n, 7), nx, ny, code);
        for (const int upsampling : {1, 2, 3}) {
          if (upsampling > 1 + std::min(code.x_bits, code.y_bits)) continue;
          bool good = false;
          ASSERT_EQ(fast<std::uint8_t>(stream, code, nx, ny, upsampling, &good),
                    naive(stream, code, nx, ny, upsampling));
          ASSERT_TRUE(good) << nx << " x " << ny << ", " << n << " electrons";
          ASSERT_EQ(fast<std::uint16_t>(stream, code, nx, ny, upsampling, &good),
                    naive(stream, code, nx, ny, upsampling));
        }
      }
}

TEST(EerCodec, EveryElectronComesBackWhereItWas) {
  const int nx = 40, ny = 30;
  const auto electrons = random_electrons(nx, ny, 200, 3);
  std::set<int> expected;  // quarter pixels, one per detector pixel: the first in scan order
  std::set<int> taken;
  std::vector<std::pair<int, int>> order;
  for (const auto& e : electrons)
    order.emplace_back(((e.y / 4) * nx + e.x / 4) * 16 + e.y % 4 * 4 + e.x % 4, e.y * 4 * nx + e.x);
  std::sort(order.begin(), order.end());
  for (const auto& [key, place] : order)
    if (taken.insert(key / 16).second) expected.insert(place);
  bool good = false;
  const auto image =
      fast<std::uint8_t>(encode_eer_frame(electrons, nx, ny, codes[1]), codes[1], nx, ny, 3, &good);
  std::set<int> found;
  for (std::size_t i = 0; i < image.size(); ++i)
    if (image[i] == 1) found.insert(static_cast<int>(i));
  EXPECT_TRUE(good);
  EXPECT_EQ(found, expected);
}

TEST(EerCodec, AKnownStreamBitByBit) {
  // 65001: skip 2, electron with x sub-pixel 1 (stored 3) and y sub-pixel 2 (stored 0), skip 1.
  const std::vector<std::byte> stream = {std::byte(2 | 0x80), std::byte(1 | (1 << 3)),
                                         std::byte{0}};
  EXPECT_EQ(encode_eer_frame({{4 * 2 + 1, 2}}, 4, 1, {7, 2, 2, false}), stream);
}

TEST(EerCodec, BrokenStreamsAreRefusedAndLeaveNoTrace) {
  const int nx = 32, ny = 32;
  for (const auto& code : codes) {
    const auto whole = encode_eer_frame(random_electrons(nx, ny, 300, 5), nx, ny, code);
    for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
      bool good = true;
      const auto image =
          fast<std::uint8_t>({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)},
                             code, nx, ny, 1, &good);
      ASSERT_FALSE(good) << size;
      ASSERT_EQ(std::count(image.begin(), image.end(), 0), nx * ny);
    }
  }
  // A run that goes beyond the last pixel.
  bool good = true;
  const auto image = fast<std::uint8_t>({std::byte{100}, std::byte{0}}, codes[1], 3, 3, 2, &good);
  EXPECT_FALSE(good);
  EXPECT_EQ(std::count(image.begin(), image.end(), 0), 36);
}

TEST(EerCodec, NoiseNeverWritesOutside) {
  for (std::uint64_t seed = 1; seed < 300; ++seed) {
    std::vector<std::byte> noise(seed % 97);
    std::uint64_t state = seed;
    for (auto& byte : noise)
      byte = static_cast<std::byte>((state = state * 6364136223846793005u + 1) >> 56);
    for (const auto& code : codes)
      for (const int upsampling : {1, 2}) {
        bool good = false;
        const auto image = fast<std::uint8_t>(noise, code, 13, 7, upsampling, &good);
        if (!good) {
          ASSERT_EQ(std::count(image.begin(), image.end(), 0), std::ssize(image));
        }
      }
  }
}

TEST(EerCodec, ElectronsOutsideAreAnError) {
  EXPECT_ANY_THROW(encode_eer_frame({{16, 0}}, 4, 4, codes[1]));
  EXPECT_ANY_THROW(encode_eer_frame({{0, 16}}, 4, 4, codes[1]));
}

}  // namespace
}  // namespace gimbal
