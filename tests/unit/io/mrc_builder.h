// SPDX-License-Identifier: GPL-3.0-or-later
// MRC files made by hand, independent of the library's writer, in either byte order.
#pragma once

#include "scratch.h"

#include "gimbal/io/bytes.h"

#include <bit>

namespace gimbal::test {

struct MrcBuilder {
  int nx = 4, ny = 3, nz = 2, mode = 0;
  std::endian order = std::endian::little;
  int extended = 0;
  bool stamp = true;
  Bytes head = Bytes(1024);
  Bytes data;

  template <typename T>
  static void append(Bytes& bytes, T value, std::endian to) {
    if (to != std::endian::native) value = swap_bytes(value);
    const auto* raw = reinterpret_cast<const std::byte*>(&value);
    bytes.insert(bytes.end(), raw, raw + sizeof(T));
  }
  template <typename T>
  void put(std::size_t offset, T value) {
    Bytes bytes;
    append(bytes, value, order);
    std::copy(bytes.begin(), bytes.end(), head.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  template <typename T>
  void add(T value) {
    append(data, value, order);
  }
  MrcBuilder& fill_header() {
    put(0, nx), put(4, ny), put(8, nz), put(12, mode);
    put(28, nx), put(32, ny), put(36, nz);
    put(40, 1.5f * static_cast<float>(nx)), put(44, 1.5f * static_cast<float>(ny));
    put(64, 1), put(68, 2), put(72, 3);
    put(92, extended);
    if (stamp) head[212] = head[213] = std::byte(order == std::endian::little ? 0x44 : 0x11);
    return *this;
  }
  void imod(int flags) {
    put(152, 1146047817);
    put(156, flags);
  }
  Bytes bytes() const {
    Bytes all = head;
    all.resize(all.size() + static_cast<std::size_t>(extended), std::byte{7});
    all.insert(all.end(), data.begin(), data.end());
    return all;
  }
};

}  // namespace gimbal::test
