// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/motion_plots.h"

#include "gimbal/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace gimbal {
namespace {

constexpr Colour data_colour = rgb(0x3b7dd8), second_colour = rgb(0xd9731a);

// The value that 90 % do not exceed; 0 when there is none.
double high_quantile(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return 0.0;
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) * 9 / 10];
}

// How far a few outliers may stretch an axis; 0: there are none.
double cap_for(const std::vector<double>& values) {
  const double usual = high_quantile(values);
  const bool outliers = std::any_of(values.begin(), values.end(), [&](double value) {
    return std::isfinite(value) && value > 3.0 * usual;
  });
  return outliers && usual > 0.0 ? 1.5 * usual : 0.0;
}

double reach_A(const MovieReport& movie) {
  double reach = 0.0;
  for (const auto& point : drift_A(movie))
    if (std::isfinite(point.x) && std::isfinite(point.y))
      reach = std::max({reach, std::abs(point.x), std::abs(point.y)});
  return reach;
}

std::vector<double> reaches_A(const SeriesReport& series) {
  std::vector<double> reaches;
  for (const auto& movie : series.movies)
    if (movie.status == MovieStatus::done) reaches.push_back(reach_A(movie));
  return reaches;
}

void add_point(Curve& curve, const MovieReport& movie, double value) {
  curve.points.push_back({movie.tilt_angle_deg, value});
  curve.point_names.push_back(movie_label(movie));
}

// Crosses on the axis where movies failed, rings around those worth a look.
void add_troubles(Plot& plot, const SeriesReport& series, const SeriesSummary& summary,
                  double MovieReport::*value) {
  Curve failed{"failed", {}, {}, role(Ink::alarm), 0.0, Marker::cross, true, true};
  Curve doubtful{"worth a look", {}, {}, role(Ink::alarm), 0.0, Marker::ring, true};
  for (std::size_t i = 0; i < series.movies.size(); ++i) {
    const auto& movie = series.movies[i];
    if (movie.status == MovieStatus::failed)
      add_point(failed, movie, 0.0);
    else if (movie.status == MovieStatus::done && !summary.doubts[i].texts.empty())
      add_point(doubtful, movie, movie.*value);
  }
  plot.curves.push_back(std::move(doubtful));
  plot.curves.push_back(std::move(failed));
}

double bar_length_A(double box_A) {
  const auto ticks = make_ticks(0.0, 0.5 * box_A, 2, false).values;
  return ticks.size() > 1 ? ticks[1] : box_A;
}

}  // namespace

Colour tilt_colour(double angle_deg, double max_tilt_deg) {
  const Colour negative = rgb(0x2f6fd0), level = rgb(0x8c8f94), positive = rgb(0xdb6a0b);
  if (!std::isfinite(angle_deg) || !(max_tilt_deg > 0.0)) return level;
  const double t = std::clamp(angle_deg / max_tilt_deg, -1.0, 1.0);
  const Colour& end = t < 0.0 ? negative : positive;
  const double a = std::abs(t), b = 1.0 - a;
  return {Ink::own, a * end.r + b * level.r, a * end.g + b * level.g, a * end.b + b * level.b};
}

void draw_tilt_colours(Canvas& canvas, const Rect& area, double max_tilt_deg) {
  if (!std::isfinite(max_tilt_deg)) return;
  constexpr int n = 30;
  const TextStyle style{8.0, Anchor::end, role(Ink::muted)};
  TextStyle right = style;
  right.anchor = Anchor::start;
  const Rect bar{area.x + 34.0, area.y, area.width - 68.0, area.height};
  for (int i = 0; i < n; ++i)
    canvas.box(
        {bar.x + bar.width * i / n, bar.y, bar.width / n + (i + 1 < n ? 1.0 : 0.0), bar.height},
        tilt_colour(((i + 0.5) * 2.0 / n - 1.0) * max_tilt_deg, max_tilt_deg));
  const double y = area.bottom() - 0.5 * area.height + 3.0;
  canvas.text({bar.x - 4.0, y}, fmt::format("\xE2\x88\x92{}°", fixed(max_tilt_deg, 0)), style);
  canvas.text({bar.right() + 4.0, y}, fmt::format("+{}°", fixed(max_tilt_deg, 0)), right);
}

Plot drift_plot(const SeriesReport& series, const SeriesSummary& summary) {
  Plot plot{"Drift of the specimen", {"x (Å)"}, {"y (Å)"}, true, {}};
  const double cap = cap_for(reaches_A(series));
  plot.x.cap = plot.y.cap = cap;
  int beyond = 0;
  for (const auto i : by_tilt(series)) {
    const auto& movie = series.movies[i];
    if (movie.status != MovieStatus::done) continue;
    if (cap > 0.0 && reach_A(movie) > cap) ++beyond;
    Curve track{movie_label(movie),
                drift_A(movie),
                {},
                tilt_colour(movie.tilt_angle_deg, summary.max_tilt_deg),
                1.1};
    plot.curves.push_back(std::move(track));
  }
  Curve start{"", {{0.0, 0.0}}, {}, role(Ink::text), 0.0, Marker::dot};
  plot.curves.push_back(std::move(start));
  if (beyond > 0)
    plot.note = counted(beyond, "movie") + (beyond == 1 ? " leaves" : " leave") + " the frame";
  return plot;
}

Plot total_motion_plot(const SeriesReport& series, const SeriesSummary& summary) {
  Plot plot{"Total motion", {"tilt angle (°)"}, {"motion (Å)"}, false, {}};
  plot.x.degrees = plot.y.from_zero = true;
  Curve total{"total", {}, {}, data_colour, 0.0, Marker::dot, true};
  Curve local{"local (rms)", {}, {}, second_colour, 0.0, Marker::dot, true};
  std::vector<double> values;
  for (const auto& movie : series.movies) {
    if (movie.status != MovieStatus::done) continue;
    add_point(total, movie, movie.total_motion_A);
    values.push_back(movie.total_motion_A);
    if (movie.local_rms_A > 0.0) add_point(local, movie, movie.local_rms_A);
  }
  plot.y.cap = cap_for(values);
  plot.curves = {std::move(total), std::move(local)};
  add_troubles(plot, series, summary, &MovieReport::total_motion_A);
  return plot;
}

Plot counts_plot(const SeriesReport& series, const SeriesSummary& summary) {
  Plot plot{"Mean counts", {"tilt angle (°)"}, {"counts/px in a frame"}, false, {}};
  plot.x.degrees = plot.y.from_zero = true;
  Curve counts{"counts", {}, {}, data_colour, 0.0, Marker::dot};
  for (const auto& movie : series.movies)
    if (movie.status == MovieStatus::done) add_point(counts, movie, movie.mean_counts_per_px);
  plot.curves = {std::move(counts)};
  add_troubles(plot, series, summary, &MovieReport::mean_counts_per_px);
  return plot;
}

bool has_counts(const SeriesReport& series) {
  return std::any_of(series.movies.begin(), series.movies.end(), [](const MovieReport& movie) {
    return std::isfinite(movie.mean_counts_per_px);
  });
}

double track_box_A(const SeriesReport& series) {
  const auto reaches = reaches_A(series);
  double usual = 3.0 * high_quantile(reaches), box = 0.0;
  for (const double reach : reaches)
    if (reach <= usual) box = std::max(box, 2.2 * reach);
  return std::max(box, 0.1);
}

void draw_track(Canvas& canvas, const Rect& area, const MovieReport& movie, double max_tilt_deg,
                double box_A) {
  const double reach = reach_A(movie);
  const bool too_long = 2.0 * reach > box_A;
  const double shown_A = std::min(too_long ? 2.2 * reach : box_A, 1e30);
  const double scale = area.width / shown_A;
  const Point centre{area.x + 0.5 * area.width, area.y + 0.5 * area.height};
  std::vector<Point> path;
  for (const auto& point : drift_A(movie))
    if (std::isfinite(point.x) && std::isfinite(point.y))
      path.push_back({centre.x + scale * point.x, centre.y - scale * point.y});
  canvas.line({{centre.x, area.y}, {centre.x, area.bottom()}}, {role(Ink::grid), 0.6});
  canvas.line({{area.x, centre.y}, {area.right(), centre.y}}, {role(Ink::grid), 0.6});
  canvas.line(path, {tilt_colour(movie.tilt_angle_deg, max_tilt_deg), 1.3});
  canvas.disc(centre, 1.6, role(Ink::text));
  const double bar_A = bar_length_A(shown_A), bar = bar_A * scale;
  const Colour ink = role(too_long ? Ink::alarm : Ink::muted);
  canvas.line({{area.x + 3.0, area.bottom() - 3.0}, {area.x + 3.0 + bar, area.bottom() - 3.0}},
              {ink, 1.2});
  canvas.text({area.x + 3.0, area.bottom() - 6.0}, fmt::format("{:g} Å", bar_A),
              {std::min(7.0, 0.12 * area.width), Anchor::start, ink});
}

std::vector<Point> drift_A(const MovieReport& movie) {
  std::vector<Point> points(std::min(movie.shift_x_A.size(), movie.shift_y_A.size()));
  for (std::size_t i = 0; i < points.size(); ++i)
    points[i] = {movie.shift_x_A[0] - movie.shift_x_A[i], movie.shift_y_A[0] - movie.shift_y_A[i]};
  return points;
}

std::string angle_text(double angle_deg) {
  if (!std::isfinite(angle_deg)) return "–";
  const auto size = fixed(std::abs(angle_deg), 1);
  const char* sign = size == "0.0" ? "" : angle_deg < 0.0 ? "\xE2\x88\x92" : "+";
  return fmt::format("{}{}°", sign, size);
}

std::string movie_label(const MovieReport& movie) {
  auto label = fmt::format("{}, {}", angle_text(movie.tilt_angle_deg),
                           shortened(printable(movie.movie), 40));
  if (movie.status != MovieStatus::done) return label + ": " + movie.reason;
  return label + fmt::format(": {} Å", fixed(movie.total_motion_A, 1));
}

std::vector<std::size_t> by_tilt(const SeriesReport& series) {
  std::vector<std::size_t> order(series.movies.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const double x = series.movies[a].tilt_angle_deg, y = series.movies[b].tilt_angle_deg;
    return std::isfinite(x) && (!std::isfinite(y) || x < y);
  });
  return order;
}

}  // namespace gimbal
