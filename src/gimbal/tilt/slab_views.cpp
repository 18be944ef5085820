// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/slab_views.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/simd.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gimbal::tilt {
namespace {

// Cubic convolution (Keys 1981) with a = -0.5, for an offset of 0 .. 1 after the second point.
[[gnu::always_inline]] inline Float4 cubic_weights(float t) {
  const Float4 cubes = {-0.5F, 1.5F, -1.5F, 0.5F}, squares = {1.0F, -2.5F, 2.0F, -0.5F},
               slopes = {-0.5F, 0.0F, 0.5F, 0.0F}, constants = {0.0F, 1.0F, 0.0F, 0.0F};
  const Float4 weights = ((cubes * t + squares) * t + slopes) * t + constants;
  return weights;
}

[[gnu::always_inline]] inline float interpolated(const float* pixels, std::ptrdiff_t pitch, float x,
                                                 float y) {
  const int x0 = static_cast<int>(x), y0 = static_cast<int>(y);
  const Float4 wx = cubic_weights(x - static_cast<float>(x0)),
               wy = cubic_weights(y - static_cast<float>(y0));
  const float* at = pixels + (y0 - 1) * pitch + x0 - 1;
  const Float4 sum = wy[0] * load4(at) + wy[1] * load4(at + pitch) + wy[2] * load4(at + 2 * pitch) +
                     wy[3] * load4(at + 3 * pitch);
  const Float4 part = sum * wx;
  return (part[0] + part[1]) + (part[2] + part[3]);
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

// The points of one row of the grid that are inside the image: first .. end - 1, at (x, y) px of
// the stack for gx = 0, with these steps.
struct GridRow {
  int first = 0, end = 0;
  double x = 0.0, y = 0.0, step_x = 0.0, step_y = 0.0;
  float x_limit = 0.0F, y_limit = 0.0F;

  float x_at(int gx) const { return static_cast<float>(x + gx * step_x); }
  float y_at(int gx) const { return static_cast<float>(y + gx * step_y); }
  bool holds(int gx) const {
    const float px = x_at(gx), py = y_at(gx);
    return px >= 1.0F && py >= 1.0F && px <= x_limit && py <= y_limit;
  }
  // From the image's rim, px of the stack.
  float distance_x(float px) const { return std::min(px - 1.0F, x_limit - px); }
  float distance_y(float py) const { return std::min(py - 1.0F, y_limit - py); }
};

// Where low <= start + g step <= high, widened by one.
void narrow(double start, double step, double high, int n, GridRow& row) {
  constexpr double low = 1.0;
  double from = 0.0, to = n;
  if (std::abs(step) < 1e-9) {
    if (start < low - 1.0 || start > high + 1.0) to = 0.0;
  } else {
    from = std::min((low - start) / step, (high - start) / step);
    to = std::max((low - start) / step, (high - start) / step);
  }
  row.first = std::max(row.first, static_cast<int>(std::clamp(from - 1.0, 0.0, 1.0 * n)));
  row.end = std::min(row.end, static_cast<int>(std::clamp(to + 2.0, 0.0, 1.0 * n)));
}

// Calls f(gy, row) for the rows of the grid that meet the image.
template <typename F>
void for_rows(const Stack& stack, const Projection& projection, const PlaneGrid& grid, F f) {
  const PlaneView view(projection);
  const double scale = 1.0 / stack.binning;
  const Vec2 centre = scale * (image_centre(stack.full_size) + projection.shift_px);
  const double x_first = -(grid.n / 2) * grid.step_px;
  const Vec2 step = scale * view.to_image({grid.step_px, 0.0});
  for (int gy = 0; gy < grid.n; ++gy) {
    const double y = (gy - grid.n / 2) * grid.step_px;
    const Vec2 first = centre + scale * view.to_image({x_first, y});
    GridRow row{0, grid.n, first.x, first.y, step.x, step.y, 0.0F, 0.0F};
    row.x_limit = static_cast<float>(stack.size.nx - 3);
    row.y_limit = static_cast<float>(stack.size.ny - 3);
    narrow(row.x, row.step_x, static_cast<double>(row.x_limit), grid.n, row);
    narrow(row.y, row.step_y, static_cast<double>(row.y_limit), grid.n, row);
    while (row.first < row.end && !row.holds(row.first)) ++row.first;
    while (row.first < row.end && !row.holds(row.end - 1)) --row.end;
    if (row.first < row.end) f(gy, row);
  }
}

GIMBAL_MULTIVERSION void sample_row(const float* pixels, std::ptrdiff_t pitch, const GridRow& row,
                                    float* out) {
  for (int gx = row.first; gx < row.end; ++gx)
    out[gx] = interpolated(pixels, pitch, row.x_at(gx), row.y_at(gx));
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
  for_rows(stack, projection, grid, [&](int gy, const GridRow& row) {
    float* out = picture.view().row(gy);
    sample_row(image.row(0), image.pitch(), row, out);
    for (int gx = row.first; gx < row.end; ++gx) {
      const float dx = row.distance_x(row.x_at(gx)), dy = row.distance_y(row.y_at(gx));
      if (dx < width || dy < width) out[gx] *= rim(dx, width) * rim(dy, width);
    }
  });
  return picture;
}

Image<float> comparison_window(const Stack& stack, const Projection& projection,
                               const PlaneGrid& grid) {
  const float start = 1.5F * rim_share * shorter_side(stack),
              width = window_share * shorter_side(stack);
  const auto weight = [&](float distance) { return rim(std::max(0.0F, distance - start), width); };
  const float reach = 0.5F * static_cast<float>(grid.n);
  const auto inside = [&](int g) {  // the grid's own end
    return rim(reach - std::abs(static_cast<float>(g) - reach), 0.1F * reach);
  };
  Image<float> window(grid.n, grid.n);
  for_rows(stack, projection, grid, [&](int gy, const GridRow& row) {
    for (int gx = row.first; gx < row.end; ++gx)
      window(gx, gy) = weight(row.distance_x(row.x_at(gx))) * weight(row.distance_y(row.y_at(gx))) *
                       inside(gx) * inside(gy);
  });
  return window;
}

void undo_motion(const std::function<double(int, int)>& motion, const SincTable& table,
                 Image<float>& picture) {
  constexpr int before = SincTable::taps / 2 - 1;
  const int nx = picture.nx(), ny = picture.ny();
  std::vector<float> line(static_cast<std::size_t>(nx));
  for (int y = 0; y < ny; ++y) {
    float* row = picture.view().row(y);
    for (int x = 0; x < nx; ++x) {
      const double at = x + motion(x - nx / 2, y - ny / 2), base = std::floor(at);
      const float* weights = table.weights(at - base);
      const int first = static_cast<int>(base) - before;
      float sum = 0.0F;
      for (int k = 0; k < SincTable::taps; ++k)
        sum += weights[k] * row[std::clamp(first + k, 0, nx - 1)];
      line[static_cast<std::size_t>(x)] = sum;
    }
    std::copy(line.begin(), line.end(), row);
  }
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
