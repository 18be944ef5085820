// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/recon/lines.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/simd.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace gimbal::recon {
namespace {

constexpr int zero_rows = 2;         // at each end
constexpr double fade_voxels = 3.0;  // width of the image's soft rim

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

struct Extent {
  Range u, v;
};

double voxel_px_of(const LineView& view) {
  return length(view.dv_px);
}

Vec2 working_px_per_px(const WorkingGrid& grid, const Series& series) {
  return {static_cast<double>(grid.working.nx) / grid.padded.nx / series.binning,
          static_cast<double>(grid.working.ny) / grid.padded.ny / series.binning};
}

// Over a coarse lattice of the slab: u and v are quadratic, so between its points they go beyond
// its values by little.
Extent extent_of(const LineView& view, const VolumeGrid& grid, const Slab& slab) {
  constexpr int n = 8;
  Extent extent;
  for (int i = 0; i <= n; ++i)
    for (int j = 0; j <= n; ++j)
      for (int k = 0; k <= 1; ++k) {
        const Vec3 p =
            grid.first + Vec3{(grid.nx - 1.0) * i / n, slab.first_y + (slab.n_y - 1.0) * j / n,
                              (grid.nz - 1.0) * k};
        extent.u.add(view.u(p));
        extent.v.add(view.v(p));
      }
  return extent;
}

// The u of the full-size image.
Range extent_of_image(const LineView& view, Size2 size) {
  const double length2 = voxel_px_of(view) * voxel_px_of(view);
  Range u;
  for (const double x : {-0.5, size.nx - 0.5})
    for (const double y : {-0.5, size.ny - 0.5}) {
      const Vec2 p = Vec2{x, y} - view.origin_px;
      u.add((p.x * view.across_px.x + p.y * view.across_px.y) / length2);
    }
  return u;
}

// How lines run through the working image.
struct Path {
  const float* origin;  // of the window's first pixel
  std::ptrdiff_t pitch;
  int x0, y0;  // of the window
  const ImageKernel* kernel;
  double x, y;                          // of the first sample, in working pixels
  double step_x, step_y;                // to the next one
  double low_x, high_x, low_y, high_y;  // the image's ends, half a pixel beyond its last ones
  double fade_x, fade_y;                // 1 / width of the soft rim
};

[[gnu::always_inline]] inline float sample(const Path& path, double x, double y) {
  const double inside = std::min(std::min(x - path.low_x, path.high_x - x) * path.fade_x,
                                 std::min(y - path.low_y, path.high_y - y) * path.fade_y);
  if (inside <= 0.0) return 0.0F;
  const auto ix = static_cast<int>(x + rim) - rim, iy = static_cast<int>(y + rim) - rim;
  const float* wx = path.kernel->weights(x - ix);
  const float* wy = path.kernel->weights(y - iy);
  const float* at = path.origin + (iy - 1 - path.y0) * path.pitch + (ix - 1 - path.x0);
  const Float4 sum = wy[0] * load4(at) + wy[1] * load4(at + path.pitch) +
                     wy[2] * load4(at + 2 * path.pitch) + wy[3] * load4(at + 3 * path.pitch);
  const Float4 part = sum * load4(wx);
  const float value = (part[0] + part[1]) + (part[2] + part[3]);
  return inside >= 1.0 ? value : static_cast<float>(inside) * value;
}

GIMBAL_MULTIVERSION void sample_line(const Path& path, int n, float* out) {
  for (int i = 0; i < n; ++i)
    out[i] = sample(path, path.x + i * path.step_x, path.y + i * path.step_y);
}

}  // namespace

LineSet line_layout(const LineView& view, const Series& series, const VolumeGrid& grid,
                    const Slab& slab, LineShape shape) {
  constexpr double spare = 4.0;  // voxels: kernels, and what the lattice missed
  const Extent wanted = extent_of(view, grid, slab);
  const Range seen = extent_of_image(view, series.full_size);
  LineSet lines;
  lines.first_u = std::floor(std::max(wanted.u.low, seen.low) - spare);
  const double last_u = std::ceil(std::min(wanted.u.high, seen.high) + spare);
  const int n_u = std::max(0, static_cast<int>(2.0 * (last_u - lines.first_u)) + 1);
  if (shape == LineShape::straight) {
    lines.first_v = grid.first.y + slab.first_y;
    lines.n_v = slab.n_y;
  } else {
    lines.first_v = std::floor(wanted.v.low - spare);
    lines.n_v = static_cast<int>(std::ceil(wanted.v.high + spare) - lines.first_v) + 1;
  }
  // Whole vectors may be read beyond the last value.
  const int room = (lines.n_v + 15) / 16 * 16 + 64;
  lines.half = shape == LineShape::straight ? 0 : room;
  const int phases = shape == LineShape::straight ? 1 : 2;
  lines.size = {phases * room, n_u + 2 * zero_rows};
  lines.first_u -= 0.5 * zero_rows;
  return lines;
}

Window window_of(const LineSet& lines, const WorkingGrid& grid, const LineView& view,
                 const Series& series, const LinePart& part) {
  const double first_u = lines.first_u, last_u = first_u + 0.5 * lines.size.ny;
  const Vec2 scale = working_px_per_px(grid, series);
  Range x, y;
  for (const double u :
       {std::clamp(part.from_u, first_u, last_u), std::clamp(part.to_u, first_u, last_u)})
    for (const double v :
         {lines.first_v + part.first, lines.first_v + std::min(part.end, lines.n_v)}) {
      const Vec2 p = view.origin_px + u * view.du_px + v * view.dv_px;
      x.add(p.x * scale.x), y.add(p.y * scale.y);
    }
  const auto cut = [](const Range& range, int n, int& first, int& count) {
    first = static_cast<int>(std::clamp(std::floor(range.low), 0.0, n - 1.0));
    count = static_cast<int>(std::clamp(std::ceil(range.high) + 1.0, first + 1.0, 1.0 * n)) - first;
  };
  Window window;
  cut(x, grid.working.nx, window.x0, window.nx);
  cut(y, grid.working.ny, window.y0, window.ny);
  return window;
}

void fill_lines(View<const float> image, const Window& window, const WorkingGrid& working,
                const LineView& view, const Series& series, const ImageKernel& kernel,
                const LinePart& part, LineSet& lines) {
  const Vec2 scale = working_px_per_px(working, series);
  const double voxel_px = voxel_px_of(view);
  Path common{};
  common.origin = image.data() + rim * image.pitch() + rim;
  common.pitch = image.pitch();
  common.x0 = window.x0, common.y0 = window.y0;
  common.kernel = &kernel;
  common.step_x = view.dv_px.x * scale.x, common.step_y = view.dv_px.y * scale.y;
  common.low_x = -0.5 * scale.x, common.low_y = -0.5 * scale.y;
  common.high_x = (series.full_size.nx - 0.5) * scale.x;
  common.high_y = (series.full_size.ny - 0.5) * scale.y;
  common.fade_x = 1.0 / (fade_voxels * voxel_px * scale.x);
  common.fade_y = 1.0 / (fade_voxels * voxel_px * scale.y);
  const int n_rows = lines.rows.ny(), n_v = std::min(part.end, lines.n_v) - part.first;
  parallel_blocks(n_rows, 16, [&](int begin, int end) {
    for (int i = std::max(begin, zero_rows); i < std::min(end, n_rows - zero_rows); ++i) {
      const double u = lines.first_u + 0.5 * i;
      if (u < part.from_u || u >= part.to_u) continue;
      for (int phase = 0; phase < (lines.half > 0 ? 2 : 1); ++phase) {
        const double v = lines.first_v + part.first + 0.5 * phase;
        const Vec2 p = view.origin_px + u * view.du_px + v * view.dv_px;
        Path path = common;
        path.x = p.x * scale.x, path.y = p.y * scale.y;
        sample_line(path, n_v, lines.rows.row(i) + phase * lines.half + part.first);
      }
    }
  });
}

}  // namespace gimbal::recon
