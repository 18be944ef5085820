// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/align_plots.h"

#include "gimbal/report/align_digest.h"
#include "gimbal/report/motion_plots.h"
#include "gimbal/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace gimbal {
namespace {

constexpr Colour first_colour = rgb(0x3b7dd8), second_colour = rgb(0xd9731a);

Axis angle_axis() {
  return {"tilt angle (°)", false, true};
}

bool is_used(const AlignedTilt& tilt) {
  return tilt.state == TiltState::used;
}

// Whether any used tilt has more than rounding there.
bool any_tilt(const Alignment& alignment, const std::function<double(const AlignedTilt&)>& value) {
  return std::any_of(alignment.tilts.begin(), alignment.tilts.end(), [&](const AlignedTilt& tilt) {
    return is_used(tilt) && std::abs(value(tilt)) > 1e-9;
  });
}

// Crosses on the axis for tilts that were kept out, with the reason.
void add_excluded(Plot& plot, const Alignment& alignment) {
  Curve excluded{"excluded", {}, {}, role(Ink::alarm), 0.0, Marker::cross, true, true};
  for (const auto i : by_angle(alignment)) {
    const auto& tilt = alignment.tilts[i];
    if (is_used(tilt)) continue;
    excluded.points.push_back({tilt.nominal_tilt_deg, 0.0});
    excluded.point_names.push_back(tilt_label(tilt));
  }
  plot.curves.push_back(std::move(excluded));
}

using Value = std::function<double(const AlignedTilt&)>;

// Points of the used tilts against the nominal angle.
Curve curve_of(const Alignment& alignment, const std::string& name, const Colour& colour,
               const Value& value, const Value& error, const std::string& unit) {
  Curve curve{name, {}, {}, colour, 0.8, Marker::dot, true};
  for (const auto i : by_angle(alignment)) {
    const auto& tilt = alignment.tilts[i];
    if (!is_used(tilt)) continue;
    const double y = value(tilt), e = error ? error(tilt) : 0.0;
    curve.points.push_back({tilt.nominal_tilt_deg, y});
    curve.errors.push_back(e);
    curve.point_names.push_back(fmt::format("{}: {} {}{}", tilt_label(tilt), fixed(y, 2),
                                            e > 0.0 ? "± " + fixed(e, 2) + " " : "", unit));
  }
  return curve;
}

Plot standard_error_plot(const Alignment& a) {
  Plot plot{"Standard errors of the shifts", angle_axis(), {"standard error (Å)"}, false, {}};
  plot.y.from_zero = true;
  const auto error = [&](double Vec2::*axis) {
    return [&a, axis](const AlignedTilt& tilt) {
      return tilt.standard_error.shift_px.*axis * a.pixel_A;
    };
  };
  plot.curves.push_back(curve_of(a, "x", first_colour, error(&Vec2::x), {}, "Å"));
  plot.curves.push_back(curve_of(a, "y", second_colour, error(&Vec2::y), {}, "Å"));
  add_excluded(plot, a);
  return plot;
}

// What was refined besides the shifts: a plot only where tilts differ or have errors.
void add_refined(std::vector<Plot>& plots, const Alignment& a) {
  const auto first = std::find_if(a.tilts.begin(), a.tilts.end(), is_used);
  if (first == a.tilts.end()) return;
  const auto add = [&](const char* title, const char* label, const char* unit, const Value& value,
                       const Value& error, double least_span) {
    const double reference = value(*first);
    const bool varies = any_tilt(a, [&](const AlignedTilt& t) { return value(t) - reference; });
    if (!varies) return;
    Plot plot{title, angle_axis(), {label}, false, {}};
    plot.y.least_span = least_span;
    auto curve = curve_of(a, "", first_colour, value, error, unit);
    curve.in_legend = false;
    plot.curves.push_back(std::move(curve));
    add_excluded(plot, a);
    plots.push_back(std::move(plot));
  };
  add(
      "Tilt axis", "angle (°)", "°", [](const AlignedTilt& t) { return t.projection.z_rot_deg; },
      [](const AlignedTilt& t) { return t.standard_error.z_rot_deg; }, 0.2);
  add(
      "Tilt angle minus nominal", "difference (°)", "°",
      [](const AlignedTilt& t) { return t.projection.y_tilt_deg - t.nominal_tilt_deg; },
      [](const AlignedTilt& t) { return t.standard_error.y_tilt_deg; }, 0.2);
  add(
      "Magnification minus 1", "difference (%)", "%",
      [](const AlignedTilt& t) { return 100.0 * (t.projection.magnification - 1.0); },
      [](const AlignedTilt& t) { return 100.0 * t.standard_error.magnification; }, 0.1);
}

// 70 % of the smallest step between tilts.
double bar_width(const Alignment& alignment) {
  double step = 6.0;
  const auto order = by_angle(alignment);
  for (std::size_t i = 1; i < order.size(); ++i) {
    const double d =
        alignment.tilts[order[i]].nominal_tilt_deg - alignment.tilts[order[i - 1]].nominal_tilt_deg;
    if (d > 0.3) step = std::min(step, d);
  }
  return 0.7 * step;
}

Plot bars(const Alignment& a, const char* title, const char* label, const char* unit,
          const Value& value) {
  Plot plot{title, angle_axis(), {label, true}, false, {}};
  Curve curve = curve_of(a, "", first_colour, value, {}, unit);
  curve.line_width = 0.0;
  curve.marker = Marker::none;
  curve.in_legend = false;
  curve.bar_width = bar_width(a);
  Curve doubted{"doubted", {}, {}, role(Ink::alarm), 0.0, Marker::ring, true};
  for (const auto i : by_angle(a)) {
    const auto& tilt = a.tilts[i];
    if (!is_used(tilt) || tilt.reason.empty()) continue;
    doubted.points.push_back({tilt.nominal_tilt_deg, value(tilt)});
    doubted.point_names.push_back(tilt_label(tilt));
  }
  plot.curves = {std::move(curve), std::move(doubted)};
  add_excluded(plot, a);
  return plot;
}

}  // namespace

Plot shift_plot(const Alignment& a) {
  Plot plot{"Shifts", angle_axis(), {"shift (Å)"}, false, {}};
  const auto add = [&](const char* name, const Colour& colour, double Vec2::*axis) {
    plot.curves.push_back(curve_of(
        a, name, colour,
        [&](const AlignedTilt& tilt) { return tilt.projection.shift_px.*axis * a.pixel_A; },
        [&](const AlignedTilt& tilt) { return tilt.standard_error.shift_px.*axis * a.pixel_A; },
        "Å"));
  };
  add("x", first_colour, &Vec2::x);
  add("y", second_colour, &Vec2::y);
  add_excluded(plot, a);
  return plot;
}

std::vector<Plot> align_plots(const Alignment& a) {
  std::vector<Plot> plots{shift_plot(a)};
  if (any_tilt(a, [](const AlignedTilt& t) { return length(t.standard_error.shift_px); }))
    plots.push_back(standard_error_plot(a));
  add_refined(plots, a);
  if (any_tilt(a, [](const AlignedTilt& t) { return t.score; }))
    plots.push_back(bars(a, "Score of each tilt", "score (0 to 1)", "",
                         [](const AlignedTilt& t) { return t.score; }));
  if (any_tilt(a, [](const AlignedTilt& t) { return t.residual_px; }))
    plots.push_back(bars(a, "Residual of each tilt", "rms residual (Å)", "Å",
                         [&](const AlignedTilt& t) { return t.residual_px * a.pixel_A; }));
  if (!a.tracks.empty()) {
    plots.push_back(track_plot(a));
    plots.push_back(residual_field_plot(a));
  }
  return plots;
}

double max_tilt_deg(const Alignment& alignment) {
  double largest = 0.0;
  for (const auto& tilt : alignment.tilts)
    if (std::isfinite(tilt.nominal_tilt_deg))
      largest = std::max(largest, std::abs(tilt.nominal_tilt_deg));
  return largest;
}

}  // namespace gimbal
