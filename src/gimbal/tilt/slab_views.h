// SPDX-License-Identifier: GPL-3.0-or-later
// Views of the plane z = 0 of the specimen: each tilt's image stretched back to the plane, and its
// Fourier transform.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/num/fft.h"
#include "gimbal/num/warp.h"
#include "gimbal/tilt/stack.h"

#include <functional>
#include <vector>

namespace gimbal::tilt {

// The plane's grid: n x n points, `step_px` full-size px apart, around the tomogram's centre.
struct PlaneGrid {
  int n = 0;
  double step_px = 1.0;
  double period_px() const { return n * step_px; }
};

// p - c - s = A (x, y) for points of the plane.
struct PlaneView {
  double a00 = 1, a01 = 0, a10 = 0, a11 = 1;
  double tx = 0, ty = 0;  // kz = tx kx + ty ky for the frequency (kx, ky) of the plane

  explicit PlaneView(const Projection& projection);
  double determinant() const { return a00 * a11 - a01 * a10; }
  Vec2 to_image(Vec2 plane) const {
    return {a00 * plane.x + a01 * plane.y, a10 * plane.x + a11 * plane.y};
  }
  Vec2 to_plane(Vec2 image) const {
    const double d = determinant();
    return {(a11 * image.x - a01 * image.y) / d, (a00 * image.y - a10 * image.x) / d};
  }
  // Frequency in the image (cycles per px) of a frequency of the plane: A^-T k.
  Vec2 image_frequency(Vec2 k) const {
    const double d = determinant();
    return {(a11 * k.x - a10 * k.y) / d, (a00 * k.y - a01 * k.x) / d};
  }
};

// The stack's image seen in the plane; 0 outside the image, with a soft rim.
Image<float> plane_picture(const Stack& stack, int tilt, const Projection& projection,
                           const PlaneGrid& grid);
// 1 where the picture is to be compared with others, falling to 0 before its rim begins.
Image<float> comparison_window(const Stack& stack, const Projection& projection,
                               const PlaneGrid& grid);

// Puts at (x, y), in px from the picture's middle, what is seen at (x + motion(x, y), y).
void undo_motion(const std::function<double(int, int)>& motion, const SincTable& table,
                 Image<float>& picture);

// The stack with larger pixels (images copied when the factor is 1).
Stack reduced(const Stack& stack, int factor);

}  // namespace gimbal::tilt
