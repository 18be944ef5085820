// SPDX-License-Identifier: GPL-3.0-or-later
// The eight ways in which a detector image can lie against the movies: RELION's --gain_rot and
// --gain_flip.
#pragma once

#include "gimbal/core/image.h"

#include <array>
#include <string>

namespace gimbal {

// rotation: n x 90 degrees; rotation 1 moves stored pixel (x, y) to (ny-1-y, x).
// flip: after rotation; 0 none, 1 upside down, 2 left-right.
struct GainOrientation {
  int rotation = 0;
  int flip = 0;
  friend bool operator==(const GainOrientation&, const GainOrientation&) = default;
};

// Each of the eight once (rotation 2 with flip 1 is flip 2, and so on), the simplest name of each.
inline constexpr std::array<GainOrientation, 8> all_gain_orientations{
    {{0, 0}, {1, 0}, {2, 0}, {3, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}}};

// "--gain_rot 1 --gain_flip 2"
std::string option_text(GainOrientation orientation);

// Throws when rotation is not 0..3 or flip not 0..2.
void check(GainOrientation orientation);

Size2 oriented(Size2 size, GainOrientation orientation);

// The image turned; the size changes with odd rotations. For float and std::uint8_t.
template <typename T>
Image<T> oriented(View<const T> stored, GainOrientation orientation);

inline Image<float> oriented(const Image<float>& stored, GainOrientation orientation) {
  return oriented(stored.view(), orientation);
}

}  // namespace gimbal
