// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/orientation.h"

#include "gimbal/core/error.h"

#include <algorithm>
#include <cstdint>

namespace gimbal {
namespace {

// Where pixel (x, y) of the turned image lies in the stored one, as an offset in elements. It is a
// linear function of x and y, so positions outside the image give the right steps, too.
std::ptrdiff_t stored_offset(Size2 stored, std::ptrdiff_t pitch, GainOrientation o, int x, int y) {
  const Size2 turned = oriented(stored, o);
  if (o.flip == 1) y = turned.ny - 1 - y;
  if (o.flip == 2) x = turned.nx - 1 - x;
  switch (o.rotation) {
    case 1:
      return static_cast<std::ptrdiff_t>(stored.ny - 1 - x) * pitch + y;
    case 2:
      return static_cast<std::ptrdiff_t>(stored.ny - 1 - y) * pitch + (stored.nx - 1 - x);
    case 3:
      return static_cast<std::ptrdiff_t>(x) * pitch + (stored.nx - 1 - y);
    default:
      return static_cast<std::ptrdiff_t>(y) * pitch + x;
  }
}

}  // namespace

std::string option_text(GainOrientation o) {
  return fmt::format("--gain_rot {} --gain_flip {}", o.rotation, o.flip);
}

void check(GainOrientation o) {
  if (o.rotation < 0 || o.rotation > 3)
    fail("--gain_rot is {}: it must be 0, 1, 2 or 3 (times 90 degrees)", o.rotation);
  if (o.flip < 0 || o.flip > 2)
    fail("--gain_flip is {}: it must be 0 (none), 1 (upside down) or 2 (left to right)", o.flip);
}

Size2 oriented(Size2 size, GainOrientation o) {
  return o.rotation % 2 == 1 ? Size2{size.ny, size.nx} : size;
}

template <typename T>
Image<T> oriented(View<const T> stored, GainOrientation o) {
  check(o);
  constexpr int block = 64;  // columns of the stored image stay in the cache
  const Size2 size = oriented(stored.size(), o);
  Image<T> turned(size.nx, size.ny, typename Image<T>::Uninitialized{});
  const auto at = [&](int x, int y) {
    return stored_offset(stored.size(), stored.pitch(), o, x, y);
  };
  const std::ptrdiff_t first = at(0, 0), step_x = at(1, 0) - first, step_y = at(0, 1) - first;
  for (int y0 = 0; y0 < size.ny; y0 += block) {
    for (int x0 = 0; x0 < size.nx; x0 += block) {
      const int x1 = std::min(size.nx, x0 + block), y1 = std::min(size.ny, y0 + block);
      for (int y = y0; y < y1; ++y) {
        T* out = turned.row(y);
        const T* in = stored.data() + first + y * step_y;
        for (int x = x0; x < x1; ++x) out[x] = in[x * step_x];
      }
    }
  }
  return turned;
}

template Image<float> oriented(View<const float>, GainOrientation);
template Image<std::uint8_t> oriented(View<const std::uint8_t>, GainOrientation);

}  // namespace gimbal
