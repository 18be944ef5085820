// SPDX-License-Identifier: GPL-3.0-or-later
// Vectors and right-handed active rotations. A specimen point P is seen at
// c + s + [Rz(ZRot) Ry(YTilt) Rx(XTilt) P].xy, with c = floor(n / 2).
#pragma once

#include "gimbal/core/units.h"

#include <array>
#include <cmath>

namespace gimbal {

struct Vec2 {
  double x = 0.0;
  double y = 0.0;
  friend constexpr Vec2 operator+(Vec2 a, Vec2 b) { return {a.x + b.x, a.y + b.y}; }
  friend constexpr Vec2 operator-(Vec2 a, Vec2 b) { return {a.x - b.x, a.y - b.y}; }
  friend constexpr Vec2 operator*(double f, Vec2 a) { return {f * a.x, f * a.y}; }
  friend constexpr bool operator==(const Vec2&, const Vec2&) = default;
};

struct Vec3 {
  double x = 0.0;
  double y = 0.0;
  double z = 0.0;
  friend constexpr Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
  friend constexpr Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
  friend constexpr Vec3 operator*(double f, Vec3 a) { return {f * a.x, f * a.y, f * a.z}; }
};

inline double length(Vec2 a) {
  return std::hypot(a.x, a.y);
}
inline double length(Vec3 a) {
  return std::hypot(a.x, a.y, a.z);
}

// Rows first: m[3 * row + column].
struct Mat3 {
  std::array<double, 9> m{1, 0, 0, 0, 1, 0, 0, 0, 1};
  double operator()(int row, int column) const {
    return m[static_cast<std::size_t>(3 * row + column)];
  }
  Vec3 operator*(Vec3 p) const {
    return {m[0] * p.x + m[1] * p.y + m[2] * p.z, m[3] * p.x + m[4] * p.y + m[5] * p.z,
            m[6] * p.x + m[7] * p.y + m[8] * p.z};
  }
  Mat3 operator*(const Mat3& b) const {
    Mat3 product;
    for (int row = 0; row < 3; ++row)
      for (int column = 0; column < 3; ++column)
        product.m[static_cast<std::size_t>(3 * row + column)] = (*this)(row, 0) * b(0, column) +
                                                                (*this)(row, 1) * b(1, column) +
                                                                (*this)(row, 2) * b(2, column);
    return product;
  }
};

inline Mat3 rotation_x(double deg) {
  const double c = std::cos(rad_from_deg(deg)), s = std::sin(rad_from_deg(deg));
  return {{1, 0, 0, 0, c, -s, 0, s, c}};
}
inline Mat3 rotation_y(double deg) {
  const double c = std::cos(rad_from_deg(deg)), s = std::sin(rad_from_deg(deg));
  return {{c, 0, s, 0, 1, 0, -s, 0, c}};
}
inline Mat3 rotation_z(double deg) {
  const double c = std::cos(rad_from_deg(deg)), s = std::sin(rad_from_deg(deg));
  return {{c, -s, 0, s, c, 0, 0, 0, 1}};
}

}  // namespace gimbal
