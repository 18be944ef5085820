// SPDX-License-Identifier: GPL-3.0-or-later
// Moves the points of an image by a smooth displacement: two passes of one-dimensional
// windowed-sinc interpolation, which is exact but for the second order of the displacement's
// gradient.
// Not num/warp.h on purpose: the truth must not share the errors of what it judges. This one takes
// any displacement, inverts it, and has 14 taps; that one takes a quadratic one and is made for
// speed.
#pragma once

#include "gimbal/core/geometry.h"
#include "gimbal/core/image.h"

#include <functional>

namespace gimbal::sim {

// Where the point goes that is at (x, y) px: its displacement.
using Displacement = std::function<Vec2(double x, double y)>;

// The displacement of the point that has arrived at (x, y).
Vec2 arrived_displacement(const Displacement& displacement, double x, double y);

// The part of `image` from (x0, y0) on, of the size of `out`, with every point moved.
// `displacement` counts pixels from the corner of `out`. Outside the image its edge is repeated.
void warp(View<const float> image, int x0, int y0, const Displacement& displacement,
          View<float> out);

}  // namespace gimbal::sim
