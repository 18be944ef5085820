// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/bundle.h"

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

using Eigen::Matrix3d;

Matrix3d about_x(double rad) {
  Matrix3d m;
  m << 1, 0, 0, 0, std::cos(rad), -std::sin(rad), 0, std::sin(rad), std::cos(rad);
  return m;
}
Matrix3d about_x_slope(double rad) {
  Matrix3d m;
  m << 0, 0, 0, 0, -std::sin(rad), -std::cos(rad), 0, std::cos(rad), -std::sin(rad);
  return m;
}
Matrix3d about_y(double rad) {
  Matrix3d m;
  m << std::cos(rad), 0, std::sin(rad), 0, 1, 0, -std::sin(rad), 0, std::cos(rad);
  return m;
}
Matrix3d about_y_slope(double rad) {
  Matrix3d m;
  m << -std::sin(rad), 0, std::cos(rad), 0, 0, 0, -std::cos(rad), 0, -std::sin(rad);
  return m;
}
Matrix3d about_z(double rad) {
  Matrix3d m;
  m << std::cos(rad), -std::sin(rad), 0, std::sin(rad), std::cos(rad), 0, 0, 0, 1;
  return m;
}

bool deforms(const Bundle& bundle) {
  return bundle.model.doming || bundle.model.in_plane;
}

// 1 - exp(-dose / scale), normalised to 1 at the end of the range, and its slope by log scale.
void course(const Bundle& bundle, double dose, double& value, double& slope) {
  if (bundle.dose_range_e_A2 <= 0.0) {
    value = slope = 0.0;
    return;
  }
  const double u = (dose - bundle.first_dose_e_A2) / bundle.dose_range_e_A2;
  const double k = std::exp(-bundle.log_dose_scale);  // range / scale
  const double end = -std::expm1(-k), here = -std::expm1(-u * k);
  value = here / end;
  slope = -k * (u * std::exp(-u * k) * end - here * std::exp(-k)) / (end * end);
}

std::array<double, 6> terms(const Bundle& bundle, Vec3 p) {
  const double r = bundle.radius_px, x = p.x / r, y = p.y / r;
  return {x, y, x * x, x * y, y * y, p.z / r};
}

Eigen::Vector3d displacement(const Bundle& bundle, const std::array<double, 6>& basis) {
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  for (int axis = 0; axis < 3; ++axis)
    for (int k = 0; k < 6; ++k)
      sum(axis) += bundle.deformation[static_cast<std::size_t>(6 * axis + k)] *
                   basis[static_cast<std::size_t>(k)];
  return sum;
}

}  // namespace

Layout layout_of(const Bundle& bundle) {
  Layout layout;
  layout.n_tilts = static_cast<int>(bundle.tilts.size());
  for (std::size_t k = 0; k < n_own; ++k)
    if (bundle.model.own[k]) layout.own[k] = layout.per_tilt++;
  int& n = layout.n_common;
  if (bundle.model.rotation) layout.rotation = n++;
  if (bundle.model.beam_tilt) layout.beam_tilt = n++;
  if (deforms(bundle)) {
    layout.first_coefficient = bundle.model.in_plane ? 0 : 12;
    layout.n_coefficients = (bundle.model.doming ? 18 : 12) - layout.first_coefficient;
    layout.deformation = n;
    n += layout.n_coefficients;
    layout.dose_scale = n++;
  }
  return layout;
}

TiltView view_of(const Bundle& bundle, const BundleTilt& tilt) {
  const double r = bundle.radius_px;
  const double magnification = 1.0 + tilt.own[own_magnification] / r;
  const double angle = tilt.angle_rad + tilt.own[own_tilt] / r;
  const double beam = bundle.beam_tilt_rad;
  const Matrix3d z = magnification * about_z(bundle.rotation_rad + tilt.own[own_rotation] / r);
  const Matrix3d y = about_y(angle), before = about_x(beam), after = about_x(-beam);
  const Matrix3d x = about_x(tilt.x_tilt_rad);
  TiltView view;
  view.seen = (z * after * y * before * x).topRows<2>();
  view.by_angle = (z * after * about_y_slope(angle) * before * x).topRows<2>();
  view.by_beam_tilt =
      (z * (after * y * about_x_slope(beam) - about_x_slope(-beam) * y * before) * x).topRows<2>();
  view.shift_px = tilt.shift_px;
  if (deforms(bundle)) course(bundle, tilt.dose_e_A2, view.course, view.course_by_scale);
  return view;
}

Vec2 predict(const Bundle& bundle, const Layout& layout, const TiltView& view, Vec3 point,
             Derivatives* derivatives) {
  Eigen::Vector3d p(point.x, point.y, point.z);
  const bool is_deformed = layout.deformation >= 0;
  std::array<double, 6> basis{};
  Eigen::Vector3d moved = Eigen::Vector3d::Zero();
  if (is_deformed) {
    basis = terms(bundle, point);
    moved = displacement(bundle, basis);
    p += view.course * moved;
  }
  const Eigen::Vector2d seen = view.seen * p;
  if (derivatives) {
    const double r = bundle.radius_px;
    const Eigen::Vector2d turned(-seen.y() / r, seen.x() / r);
    auto& t = derivatives->tilt;
    t.leftCols<2>().setIdentity();
    if (layout.own[own_rotation] >= 0) t.col(layout.own[own_rotation]) = turned;
    if (layout.own[own_magnification] >= 0)
      t.col(layout.own[own_magnification]) = seen / r;  // to first order in m - 1
    if (layout.own[own_tilt] >= 0) t.col(layout.own[own_tilt]) = view.by_angle * p / r;
    auto& c = derivatives->common;
    if (layout.rotation >= 0) c.col(layout.rotation) = turned;
    if (layout.beam_tilt >= 0) c.col(layout.beam_tilt) = view.by_beam_tilt * p / r;
    derivatives->point = view.seen;
    if (is_deformed) {
      for (int k = 0; k < layout.n_coefficients; ++k) {
        const int which = layout.first_coefficient + k;
        c.col(layout.deformation + k) =
            view.course * basis[static_cast<std::size_t>(which % 6)] * view.seen.col(which / 6);
      }
      c.col(layout.dose_scale) = view.course_by_scale * (view.seen * moved);
      derivatives->point += view.course * view.seen * deformation_slope(bundle, point);
    }
  }
  return {seen.x() + view.shift_px.x, seen.y() + view.shift_px.y};
}

Matrix3d deformation_slope(const Bundle& bundle, Vec3 p) {
  const double r = bundle.radius_px, x = p.x / r, y = p.y / r;
  Matrix3d m;
  for (int axis = 0; axis < 3; ++axis) {
    const double* c = bundle.deformation.data() + 6 * axis;
    m(axis, 0) = (c[0] + 2.0 * c[2] * x + c[3] * y) / r;
    m(axis, 1) = (c[1] + c[3] * x + 2.0 * c[4] * y) / r;
    m(axis, 2) = c[5] / r;
  }
  return m;
}

Projection projection_of(const Bundle& bundle, const BundleTilt& tilt) {
  const double r = bundle.radius_px, beam = bundle.beam_tilt_rad;
  const Matrix3d m = about_z(bundle.rotation_rad + tilt.own[own_rotation] / r) * about_x(-beam) *
                     about_y(tilt.angle_rad + tilt.own[own_tilt] / r) * about_x(beam) *
                     about_x(tilt.x_tilt_rad);
  // m = Rz Ry Rx: its last row is (-sin y, cos y sin x, cos y cos x). The tilt angle stays beyond
  // 90 degrees if it was there.
  Projection projection;
  const double sign = std::cos(tilt.angle_rad) < 0.0 ? -1.0 : 1.0;
  const double cos_y = sign * std::hypot(m(2, 1), m(2, 2));
  projection.y_tilt_deg = deg_from_rad(std::atan2(-m(2, 0), cos_y));
  projection.x_tilt_deg = deg_from_rad(std::atan2(sign * m(2, 1), sign * m(2, 2)));
  projection.z_rot_deg = deg_from_rad(std::atan2(sign * m(1, 0), sign * m(0, 0)));
  projection.shift_px = tilt.shift_px;
  projection.magnification = 1.0 + tilt.own[own_magnification] / r;
  return projection;
}

DeformationModel deformation_of(const Bundle& bundle) {
  DeformationModel model;
  if (!deforms(bundle)) return model;
  const double k = std::exp(-bundle.log_dose_scale), r = bundle.radius_px;
  model.dose_scale_e_A2 = bundle.dose_range_e_A2 / k;
  model.reference_dose_e_A2 = bundle.first_dose_e_A2;
  // course = (exp(-first / scale) - exp(-dose / scale)) / (exp(-first / scale) (1 - exp(-k)))
  const double factor = std::exp(bundle.first_dose_e_A2 / model.dose_scale_e_A2) / -std::expm1(-k);
  const std::array<double, 6> unit{r, r, r * r, r * r, r * r, r};
  const auto axis = [&](int which) {
    std::vector<double> c(6);
    for (std::size_t i = 0; i < 6; ++i)
      c[i] = factor * bundle.deformation[static_cast<std::size_t>(6 * which) + i] / unit[i];
    return c;
  };
  if (bundle.model.in_plane) {
    model.x = axis(0);
    model.y = axis(1);
  }
  if (bundle.model.doming) model.z = axis(2);
  return model;
}

}  // namespace gimbal::tilt
