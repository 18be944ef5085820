// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/recon/series.h"

#include "gimbal/core/error.h"

#include <algorithm>
#include <cmath>

namespace gimbal::recon {
namespace {

double dot(Vec2 a, Vec2 b) {
  return a.x * b.x + a.y * b.y;
}

// How much of the model's polynomials applies after this dose.
double amount_of(DeformationModel model, double dose_e_A2) {
  if (model.empty()) return 0.0;
  model.x = model.y = {};
  model.z = {0, 0, 0, 0, 0, 1};
  return model.at({0, 0, 1}, dose_e_A2).z - 1.0;
}

// Rows are the axes; columns 0, 1, 2 multiply x, y, z.
Mat3 with_linear_part(const DeformationModel& model, double amount) {
  Mat3 m;
  const std::vector<double>* axes[] = {&model.x, &model.y, &model.z};
  for (std::size_t row = 0; row < 3; ++row) {
    const auto& c = *axes[row];
    if (c.empty()) continue;
    m.m[3 * row] += amount * c[0];
    m.m[3 * row + 1] += amount * c[1];
    m.m[3 * row + 2] += amount * c[5];
  }
  return m;
}

// Coefficients number 2, 3 and 4 are those of x^2, x y and y^2.
Vec3 quadratic_part(const DeformationModel& model, double amount, std::size_t coefficient) {
  const auto of = [&](const std::vector<double>& c) {
    return c.empty() ? 0.0 : amount * c[coefficient];
  };
  return {of(model.x), of(model.y), of(model.z)};
}

Vec2 seen(const Mat3& rotation, Vec3 p, double scale) {
  const Vec3 turned = rotation * p;
  return {scale * turned.x, scale * turned.y};
}

// Where v changes with x, as with X tilt, wide volumes would need long lines of which each x uses
// a part; so lines begin where their x has its y.
void shear(LineView& view) {
  constexpr double most = 0.25;
  const double s = std::abs(view.ux) > 1e-3 ? view.vx / view.ux : 0.0;
  view.du_px = view.across_px;
  if (!(std::abs(s) < most)) return;
  view.du_px = view.across_px + s * view.dv_px;
  view.vx = 0.0, view.vz -= s * view.uz;
  view.vxx -= s * view.uxx, view.vxy -= s * view.uxy, view.vyy -= s * view.uyy;
}

}  // namespace

VolumeGrid tomogram_grid(int w, int h, int d, double pixel_A, double voxel_A) {
  const double binning = voxel_A / pixel_A;
  const auto voxels = [&](int px) {
    return std::max(1, static_cast<int>(std::lround(px / binning)));
  };
  return {voxels(w),
          voxels(h),
          voxels(d),
          voxel_A,
          {-(w / 2) / binning, -(h / 2) / binning, -(d / 2) / binning}};
}

LineView line_view(const Series& series, const SeriesTilt& tilt, double voxel_A) {
  const Projection& p = tilt.projection;
  const double voxel_px = voxel_A / series.pixel_A;
  const double amount = amount_of(series.deformation, tilt.pre_exposure_e_A2);
  const Mat3 rotation = rotation_of(p);
  const Mat3 linear = rotation * with_linear_part(series.deformation, amount);
  const double scale = p.magnification * voxel_px;
  const Vec2 mx = seen(linear, {1, 0, 0}, scale), my = seen(linear, {0, 1, 0}, scale),
             mz = seen(linear, {0, 0, 1}, scale);
  LineView view;
  view.origin_px = image_centre(series.full_size) + p.shift_px;
  view.dv_px = my;
  view.across_px = {my.y, -my.x};
  const double length2 = dot(my, my);
  if (!(length2 > 1e-6 * scale * scale))
    fail("{} is seen along its own tilt axis (X tilt {:g} degrees)", tilt.key, p.x_tilt_deg);
  const auto along_u = [&](Vec2 w) { return dot(w, view.across_px) / length2; };
  const auto along_v = [&](Vec2 w) { return dot(w, view.dv_px) / length2; };
  view.ux = along_u(mx), view.uz = along_u(mz), view.vx = along_v(mx), view.vz = along_v(mz);
  const auto quadratic = [&](std::size_t c) {
    return seen(rotation, quadratic_part(series.deformation, amount, c), scale * voxel_px);
  };
  const Vec2 xx = quadratic(2), xy = quadratic(3), yy = quadratic(4);
  view.uxx = along_u(xx), view.uxy = along_u(xy), view.uyy = along_u(yy);
  view.vxx = along_v(xx), view.vxy = along_v(xy), view.vyy = along_v(yy);
  shear(view);
  view.angle_rad = std::atan2(-rotation(2, 0), rotation(2, 2));
  view.depth_per_u = std::abs(view.ux) > 1e-3 ? rotation(2, 0) / view.ux : 0.0;
  return view;
}

LineShape line_shape(const std::vector<LineView>& views, const VolumeGrid& grid) {
  constexpr double little = 0.01;  // voxels
  const double x = std::max(std::abs(grid.first.x), std::abs(grid.first.x + grid.nx));
  const double y = std::max(std::abs(grid.first.y), std::abs(grid.first.y + grid.ny));
  const double z = std::max(std::abs(grid.first.z), std::abs(grid.first.z + grid.nz));
  LineShape shape = LineShape::straight;
  for (const LineView& view : views) {
    const double bend = std::max({std::abs(view.uxy) * x * y, std::abs(view.uyy) * y * y,
                                  std::abs(view.vxy) * x * y, std::abs(view.vyy) * y * y});
    if (bend > little) return LineShape::curved;
    const double shift = std::abs(view.vx) * x + std::abs(view.vz) * z + std::abs(view.vxx) * x * x;
    if (shift > little) shape = LineShape::shifted;
  }
  return shape;
}

}  // namespace gimbal::recon
