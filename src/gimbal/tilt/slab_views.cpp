// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/slab_views.h"

#include "gimbal/core/parallel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace gimbal::tilt {
namespace {

// Cubic convolution (Keys 1981) with a = -0.5, for an offset of 0 .. 1 after the second point.
std::array<float, 4> cubic_weights(float t) {
  const float t2 = t * t, t3 = t2 * t;
  return {0.5F * (-t3 + 2.0F * t2 - t), 0.5F * (3.0F * t3 - 5.0F * t2 + 2.0F),
          0.5F * (-3.0F * t3 + 4.0F * t2 + t), 0.5F * (t3 - t2)};
}

float interpolated(View<const float> image, float x, float y) {
  const int x0 = static_cast<int>(x), y0 = static_cast<int>(y);
  const auto wx = cubic_weights(x - static_cast<float>(x0)),
             wy = cubic_weights(y - static_cast<float>(y0));
  float sum = 0.0F;
  for (int j = 0; j < 4; ++j) {
    const float* row = image.row(y0 - 1 + j) + x0 - 1;
    sum += wy[static_cast<std::size_t>(j)] *
           (wx[0] * row[0] + wx[1] * row[1] + wx[2] * row[2] + wx[3] * row[3]);
  }
  return sum;
}

// Rises from 0 at the image's rim to 1 at `width` px from it.
float rim(float distance, float width) {
  if (distance >= width) return 1.0F;
  return 0.5F - 0.5F * std::cos(std::numbers::pi_v<float> * distance / width);
}

}  // namespace

PlaneView::PlaneView(const Projection& projection) {
  const Mat3 r = rotation_of(projection);
  const double m = projection.magnification;
  a00 = m * r(0, 0), a01 = m * r(0, 1), a10 = m * r(1, 0), a11 = m * r(1, 1);
  const Vec2 height = to_plane({m * r(0, 2), m * r(1, 2)});
  tx = height.x, ty = height.y;
}

namespace {

// Calls f(gx, gy, x, y, distance) for the points of the grid inside the image: position in it, and
// distance from its rim, in px of the stack.
template <typename F>
void for_points(const Stack& stack, const Projection& projection, const PlaneGrid& grid, F f) {
  const PlaneView view(projection);
  const double scale = 1.0 / stack.binning;
  const Vec2 centre = scale * (image_centre(stack.full_size) + projection.shift_px);
  const auto x_limit = static_cast<float>(stack.size.nx - 3),
             y_limit = static_cast<float>(stack.size.ny - 3);
  const double x_first = -(grid.n / 2) * grid.step_px;
  const Vec2 step = scale * view.to_image({grid.step_px, 0.0});
  for (int gy = 0; gy < grid.n; ++gy) {
    const double y = (gy - grid.n / 2) * grid.step_px;
    const Vec2 first = centre + scale * view.to_image({x_first, y});
    for (int gx = 0; gx < grid.n; ++gx) {
      const auto px = static_cast<float>(first.x + gx * step.x);
      const auto py = static_cast<float>(first.y + gx * step.y);
      if (!(px >= 1.0F && py >= 1.0F && px <= x_limit && py <= y_limit)) continue;
      f(gx, gy, px, py, Vec2{std::min(px - 1.0F, x_limit - px), std::min(py - 1.0F, y_limit - py)});
    }
  }
}

constexpr float rim_share = 0.04F, window_share = 0.12F;  // of the shorter side

float shorter_side(const Stack& stack) {
  return static_cast<float>(std::min(stack.size.nx, stack.size.ny));
}

}  // namespace

Image<float> plane_picture(const Stack& stack, int tilt, const Projection& projection,
                           const PlaneGrid& grid) {
  const View<const float> image = stack.tilts[static_cast<std::size_t>(tilt)].image;
  const float width = rim_share * shorter_side(stack);
  Image<float> picture(grid.n, grid.n);
  for_points(stack, projection, grid, [&](int gx, int gy, float x, float y, Vec2 distance) {
    picture(gx, gy) = rim(static_cast<float>(distance.x), width) *
                      rim(static_cast<float>(distance.y), width) * interpolated(image, x, y);
  });
  return picture;
}

Image<float> comparison_window(const Stack& stack, const Projection& projection,
                               const PlaneGrid& grid) {
  const float start = 1.5F * rim_share * shorter_side(stack),
              width = window_share * shorter_side(stack);
  const auto weight = [&](double distance) {
    return rim(std::max(0.0F, static_cast<float>(distance) - start), width);
  };
  const float reach = 0.5F * static_cast<float>(grid.n);
  const auto inside = [&](int g) {  // the grid's own end
    return rim(reach - std::abs(static_cast<float>(g) - reach), 0.1F * reach);
  };
  Image<float> window(grid.n, grid.n);
  for_points(stack, projection, grid, [&](int gx, int gy, float, float, Vec2 distance) {
    window(gx, gy) = weight(distance.x) * weight(distance.y) * inside(gx) * inside(gy);
  });
  return window;
}

Stack reduced(const Stack& stack, int factor) {
  Stack result;
  result.full_size = stack.full_size;
  result.full_pixel_A = stack.full_pixel_A;
  result.binning = stack.binning * factor;
  result.nominal_axis_deg = stack.nominal_axis_deg;
  result.axis_known = stack.axis_known;
  result.size = {(stack.size.nx + factor - 1) / factor, (stack.size.ny + factor - 1) / factor};
  result.tilts.resize(stack.tilts.size());
  parallel_for(static_cast<int>(stack.tilts.size()), [&](int i) {
    const StackTilt& from = stack.tilts[static_cast<std::size_t>(i)];
    StackTilt& to = result.tilts[static_cast<std::size_t>(i)];
    to.key = from.key;
    to.nominal_tilt_deg = from.nominal_tilt_deg;
    to.pre_exposure_e_A2 = from.pre_exposure_e_A2;
    to.dose_e_A2 = from.dose_e_A2;
    to.mean = from.mean;
    to.deviation = from.deviation;
    to.problem = from.problem;
    if (!from.image.empty())
      to.image = factor == 1 ? from.image.clone() : fourier_binned(from.image, factor);
  });
  return result;
}

}  // namespace gimbal::tilt
