// SPDX-License-Identifier: GPL-3.0-or-later
// What is drawn of tracks: their residuals, and where they are expected in pictures.
#include "gimbal/report/align_digest.h"
#include "gimbal/report/align_plots.h"
#include "gimbal/report/motion_plots.h"
#include "gimbal/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

constexpr std::size_t vectors_shown = 1200, tracks_shown = 40;
constexpr std::size_t rings_shown = 200;  // more: dots
constexpr double outlier_weight = 0.1;

double residual_A(const Alignment& a, const Observation& seen) {
  return length(seen.residual_px) * a.pixel_A;
}

std::size_t observations_in(const Alignment& alignment) {
  std::size_t n = 0;
  for (const auto& track : alignment.tracks) n += track.observations.size();
  return n;
}

double angle_of(const Alignment& a, const Observation& seen) {
  return a.tilts[static_cast<std::size_t>(seen.tilt)].nominal_tilt_deg;
}

double median_of(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return 0.0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double median_residual_A(const Alignment& a) {
  std::vector<double> lengths;
  for (const auto& track : a.tracks)
    for (const auto& seen : track.observations) lengths.push_back(residual_A(a, seen));
  return median_of(std::move(lengths));
}

// The nearest below of ..., 0.5, 1, 2, 5, 10, ...; 0 for what is not a positive number.
double round_below(double value) {
  if (!std::isfinite(value) || !(value > 1e-100)) return 0.0;
  const double power = std::pow(10.0, std::floor(std::log10(value)));
  for (const double digit : {5.0, 2.0})
    if (digit * power <= value) return digit * power;
  return power;
}

// The used tilt nearest to 0 degrees.
const AlignedTilt* level_tilt(const Alignment& alignment) {
  const AlignedTilt* best = nullptr;
  for (const auto& tilt : alignment.tilts)
    if (tilt.state == TiltState::used &&
        (best == nullptr || std::abs(tilt.nominal_tilt_deg) < std::abs(best->nominal_tilt_deg)))
      best = &tilt;
  return best;
}

Vec3 point_at(const Alignment& a, const Track& track, const AlignedTilt& tilt) {
  return a.deformation.empty() ? track.point_px
                               : a.deformation.at(track.point_px, tilt.pre_exposure_e_A2);
}

double rms_A(const Alignment& a, const Track& track) {
  double sum = 0.0, n = 0.0;
  for (const auto& seen : track.observations) {
    const double length = residual_A(a, seen);
    if (std::isfinite(length)) sum += length * length, n += 1.0;
  }
  return n > 0.0 ? std::sqrt(sum / n) : 0.0;
}

Curve frame_of(Vec2 half) {
  Curve frame{"", {}, {}, role(Ink::axis), 0.9};
  frame.points = {{-half.x, -half.y},
                  {half.x, -half.y},
                  {half.x, half.y},
                  {-half.x, half.y},
                  {-half.x, -half.y}};
  return frame;
}

Curve median_curve(const Alignment& a) {
  std::vector<std::vector<double>> lengths(a.tilts.size());
  for (const auto& track : a.tracks)
    for (const auto& seen : track.observations)
      lengths[static_cast<std::size_t>(seen.tilt)].push_back(residual_A(a, seen));
  Curve median{"median", {}, {}, role(Ink::text), 1.6, Marker::dot, true};
  for (const auto i : by_angle(a)) {
    if (lengths[i].empty()) continue;
    const double value = median_of(lengths[i]);
    median.points.push_back({a.tilts[i].nominal_tilt_deg, value});
    median.point_names.push_back(fmt::format("{}: median {} Å of {}", tilt_label(a.tilts[i]),
                                             fixed(value, 2), lengths[i].size()));
  }
  return median;
}

}  // namespace

Plot residual_field_plot(const Alignment& a) {
  Plot plot{"Residuals over the field of view", {"x (Å)"}, {"y (Å)"}, true, {}};
  const auto* level = level_tilt(a);
  if (level == nullptr || a.size.nx < 1 || !(a.pixel_A > 0.0)) return plot;
  const double width_A = std::max(a.size.nx, a.size.ny) * a.pixel_A;
  const double usual = median_residual_A(a);  // 0 makes the factor 1
  const double factor = std::max(1.0, round_below(0.03 * width_A / usual));
  const double bar_A = round_below(0.15 * width_A / factor);
  const Vec2 half{0.5 * a.size.nx * a.pixel_A, 0.5 * a.size.ny * a.pixel_A};
  plot.curves.push_back(frame_of(half));
  const double largest = max_tilt_deg(a);
  const std::size_t n = observations_in(a), step = (n + vectors_shown - 1) / vectors_shown;
  std::size_t count = 0;
  for (const auto& track : a.tracks) {
    const Vec2 seen_at =
        project(level->projection, point_at(a, track, *level), a.size) - image_centre(a.size);
    const Point from{seen_at.x * a.pixel_A, seen_at.y * a.pixel_A};
    for (const auto& seen : track.observations) {
      if (count++ % step != 0 || seen.weight < outlier_weight) continue;
      const Point to{from.x + factor * seen.residual_px.x * a.pixel_A,
                     from.y + factor * seen.residual_px.y * a.pixel_A};
      if (!std::isfinite(to.x) || !std::isfinite(to.y)) continue;
      plot.curves.push_back({"", {from, to}, {}, tilt_colour(angle_of(a, seen), largest), 0.8});
    }
  }
  plot.curves.push_back(
      {"",
       {{-0.97 * half.x, -0.94 * half.y}, {-0.97 * half.x + factor * bar_A, -0.94 * half.y}},
       {},
       role(Ink::text),
       2.4});
  plot.x.cap = plot.y.cap = 0.6 * width_A;
  plot.note = fmt::format("{:g} times enlarged; the bar is {:g} Å{}", factor, bar_A,
                          step > 1 ? fmt::format("; 1 of {} shown", step) : "");
  return plot;
}

Plot track_plot(const Alignment& a) {
  Plot plot{
      "Residuals of the tracks", {"tilt angle (°)", false, true}, {"residual (Å)"}, false, {}};
  plot.y.from_zero = true;
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t i = 0; i < a.tracks.size(); ++i) order.emplace_back(-rms_A(a, a.tracks[i]), i);
  std::sort(order.begin(), order.end());
  order.resize(std::min(order.size(), tracks_shown));
  Curve outliers{"left out as outlier", {}, {}, role(Ink::alarm), 0.0, Marker::cross, true};
  double typical = 0.0;
  for (const auto& [negative, i] : order) {
    const auto& track = a.tracks[i];
    Curve curve{fmt::format("track {}: {} Å rms", i + 1, fixed(-negative, 2)),
                {},
                {},
                role(Ink::axis),
                0.5};
    for (const auto& seen : track.observations) {
      const Point point{angle_of(a, seen), residual_A(a, seen)};
      if (!std::isfinite(point.x)) continue;
      curve.points.push_back(point);
      if (seen.weight < outlier_weight) outliers.points.push_back(point);
    }
    std::stable_sort(curve.points.begin(), curve.points.end(),
                     [](const Point& p, const Point& q) { return p.x < q.x; });
    plot.curves.push_back(std::move(curve));
  }
  plot.curves.push_back(median_curve(a));
  for (const auto& point : plot.curves.back().points) typical = std::max(typical, point.y);
  plot.curves.push_back(std::move(outliers));
  plot.y.cap = 8.0 * typical;
  if (a.tracks.size() > tracks_shown)
    plot.note = fmt::format("the worst {} of {}", tracks_shown, a.tracks.size());
  return plot;
}

void draw_scale_bar(Canvas& canvas, const Rect& area, double area_A) {
  if (!(area_A > 0.0) || !std::isfinite(area_A)) return;
  const double bar_A = round_below(0.25 * area_A), bar = area.width * bar_A / area_A;
  const auto text = fmt::format("{:g} Å", bar_A);
  const Rect plate{area.x + 4.0, area.bottom() - 16.0, std::max(bar, 30.0) + 6.0, 13.0};
  canvas.box(plate, rgb(0x1a1f26));
  canvas.box({plate.x + 3.0, plate.bottom() - 3.5, bar, 1.8}, rgb(0xffffff));
  canvas.text({plate.x + 3.0, plate.bottom() - 5.0}, text, {7.0, Anchor::start, rgb(0xffffff)});
}

void draw_tilt_picture(Canvas& canvas, const Rect& area, const Alignment& a,
                       const AlignPictures& pictures, const TiltPicture& picture) {
  if (pictures.covered_px.nx < 1 || pictures.covered_px.ny < 1) return;
  const double scale =
      std::min(area.width / pictures.covered_px.nx, area.height / pictures.covered_px.ny);
  const Rect shown{area.x + 0.5 * (area.width - scale * pictures.covered_px.nx),
                   area.y + 0.5 * (area.height - scale * pictures.covered_px.ny),
                   scale * pictures.covered_px.nx, scale * pictures.covered_px.ny};
  if (picture.jpeg.empty())
    canvas.box(shown, role(Ink::grid));
  else
    canvas.picture(shown, picture.jpeg);
  const auto& tilt = a.tilts[static_cast<std::size_t>(picture.tilt)];
  const double radius = 0.025 * area.width;
  constexpr Colour yellow = rgb(0xffc400);
  for (const auto& track : a.tracks) {
    const Vec2 at = project(tilt.projection, point_at(a, track, tilt), a.size);
    const Point centre{shown.x + scale * at.x, shown.bottom() - scale * at.y};
    const bool inside = centre.x >= shown.x && centre.x <= shown.right() && centre.y >= shown.y &&
                        centre.y <= shown.bottom();
    if (!inside) continue;  // NaN, too
    const bool measured =
        std::any_of(track.observations.begin(), track.observations.end(),
                    [&](const Observation& seen) { return seen.tilt == picture.tilt; });
    if (a.tracks.size() > rings_shown)
      canvas.disc(centre, 0.9, yellow);
    else
      canvas.ring(centre, radius, {yellow, measured ? 1.0 : 0.7, !measured});
  }
  draw_scale_bar(canvas, shown, pictures.covered_px.nx * a.pixel_A);
}

}  // namespace gimbal
