// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/plot.h"

#include "gimbal/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace gimbal {
namespace {

constexpr double largest = 1e30;
constexpr double text_size = 8.5, title_size = 10.0;
constexpr double marker_radius = 2.1;
// Mean width of a character in units of the font size; only for margins and legends.
constexpr double character_width = 0.56;

bool can_be_drawn(double value) {
  return std::abs(value) <= largest;  // false for NaN
}

double width_estimate(const std::string& text, double size) {
  const auto bytes = std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  });
  return character_width * size * static_cast<double>(bytes);
}

struct Range {
  double low = 0.0;
  double high = 1.0;
  double width() const { return high - low; }
};

// Half of the widest bar, so that those at the ends are whole.
void widen_for_bars(Range& range, const Plot& plot) {
  double half = 0.0;
  for (const auto& curve : plot.curves)
    if (!curve.points.empty()) half = std::max(half, 0.5 * curve.bar_width);
  range.low -= half;
  range.high += half;
}

// So that error bars are whole, unless some are far longer than all points are apart.
void widen_for_errors(Range& range, const Plot& plot) {
  const Range points = range;
  const double room = points.width() > 0.0 ? 2.0 * points.width() : largest;
  for (const auto& curve : plot.curves)
    for (std::size_t i = 0; i < std::min(curve.points.size(), curve.errors.size()); ++i) {
      const double y = curve.points[i].y, error = std::min(curve.errors[i], room);
      if (!can_be_drawn(y) || !can_be_drawn(error) || y < points.low || y > points.high) continue;
      range.low = std::min(range.low, y - error);
      range.high = std::max(range.high, y + error);
    }
}

Range range_of(const Plot& plot, const Axis& axis, double Point::*coordinate, bool is_y) {
  Range range{largest, -largest};
  for (const auto& curve : plot.curves)
    for (const auto& point : curve.points) {
      if (!can_be_drawn(point.*coordinate) || (is_y && curve.on_x_axis)) continue;
      const double value =
          axis.cap > 0.0 ? std::clamp(point.*coordinate, -axis.cap, axis.cap) : point.*coordinate;
      range.low = std::min(range.low, value);
      range.high = std::max(range.high, value);
    }
  if (range.low > range.high) range = {0.0, 1.0};
  if (is_y)
    widen_for_errors(range, plot);
  else
    widen_for_bars(range, plot);
  if (range.width() < axis.least_span) {
    const double middle = 0.5 * (range.low + range.high);
    range = {middle - 0.5 * axis.least_span, middle + 0.5 * axis.least_span};
  }
  if (axis.from_zero) range = {std::min(range.low, 0.0), std::max(range.high, 0.0)};
  const double size = std::max(std::abs(range.low), std::abs(range.high));
  const bool flat = range.width() <= 1e-9 * size || range.width() == 0.0;
  const double padding = flat ? std::max(0.1 * size, 0.5) : 0.05 * range.width();
  if (!axis.from_zero || range.low < 0.0) range.low -= padding;
  range.high += padding;
  return range;
}

// Where a value lies on the page.
struct Scale {
  Range range;
  double begin = 0.0;  // of range.low
  double end = 0.0;
  double at(double value) const {
    return begin + (value - range.low) / range.width() * (end - begin);
  }
  bool holds(double value) const { return value >= range.low && value <= range.high; }
};

void widen(Range& range, double factor) {
  const double more = 0.5 * range.width() * (factor - 1.0);
  range.low -= more;
  range.high += more;
}

struct Frame {
  Rect box;
  Scale x;
  Scale y;
  Point at(const Point& point) const { return {x.at(point.x), y.at(point.y)}; }
};

bool has_second_line(const Plot& plot) {
  const auto shown = [](const Curve& curve) { return curve.in_legend && !curve.points.empty(); };
  return !plot.note.empty() || std::any_of(plot.curves.begin(), plot.curves.end(), shown);
}

constexpr double x_tick_room = 38.0, y_tick_room = 28.0;
int ticks_in(double length, double room) {
  return std::max(2, static_cast<int>(length / room));
}

Frame frame_in(const Rect& area, const Plot& plot) {
  Range x = range_of(plot, plot.x, &Point::x, false), y = range_of(plot, plot.y, &Point::y, true);
  const double top = area.y + title_size + 6.0 + (has_second_line(plot) ? text_size + 6.0 : 0.0);
  const double bottom = area.bottom() - 2.6 * text_size - 4.0;
  double label_width = 0.0;
  for (const auto& label :
       make_ticks(y.low, y.high, ticks_in(bottom - top, y_tick_room), plot.y.degrees).labels)
    label_width = std::max(label_width, width_estimate(label, text_size));
  constexpr double wide_digits = 1.15;  // some fonts'
  const double left = area.x + text_size + 10.0 + wide_digits * label_width;
  const Rect box{left, top, std::max(10.0, area.right() - 4.0 - left),
                 std::max(10.0, bottom - top)};
  if (plot.equal_scales) {
    const double x_unit = x.width() / box.width, y_unit = y.width() / box.height;
    widen(x, std::max(1.0, y_unit / x_unit));
    widen(y, std::max(1.0, x_unit / y_unit));
  }
  return {box, {x, box.x, box.right()}, {y, box.bottom(), box.y}};
}

void draw_axes(Canvas& canvas, const Rect& area, const Frame& frame, const Plot& plot) {
  const Rect& box = frame.box;
  const auto x_ticks = make_ticks(frame.x.range.low, frame.x.range.high,
                                  ticks_in(box.width, x_tick_room), plot.x.degrees);
  const auto y_ticks = make_ticks(frame.y.range.low, frame.y.range.high,
                                  ticks_in(box.height, y_tick_room), plot.y.degrees);
  const Pen grid{role(Ink::grid), 0.7}, axis{role(Ink::axis), 0.9};
  const TextStyle label{text_size, Anchor::middle, role(Ink::muted)};
  TextStyle y_label = label, sideways = label;
  y_label.anchor = Anchor::end;
  sideways.upwards = true;
  for (std::size_t i = 0; i < x_ticks.values.size(); ++i) {
    const double x = frame.x.at(x_ticks.values[i]);
    canvas.line({{x, box.y}, {x, box.bottom()}}, grid);
    canvas.line({{x, box.bottom()}, {x, box.bottom() + 3.0}}, axis);
    canvas.text({x, box.bottom() + 4.0 + text_size}, x_ticks.labels[i], label);
  }
  for (std::size_t i = 0; i < y_ticks.values.size(); ++i) {
    const double y = frame.y.at(y_ticks.values[i]);
    canvas.line({{box.x, y}, {box.right(), y}}, grid);
    canvas.line({{box.x - 3.0, y}, {box.x, y}}, axis);
    canvas.text({box.x - 5.0, y + 0.36 * text_size}, y_ticks.labels[i], y_label);
  }
  canvas.line({{box.x, box.y}, {box.x, box.bottom()}, {box.right(), box.bottom()}}, axis);
  canvas.text({box.x + 0.5 * box.width, area.bottom() - 3.0}, plot.x.label, label);
  canvas.text({area.x + text_size, box.y + 0.5 * box.height}, plot.y.label, sideways);
}

void draw_marker(Canvas& canvas, Point at, const Curve& curve) {
  const double r = marker_radius;
  const Pen pen{curve.colour, 1.2};
  if (curve.marker == Marker::dot) canvas.disc(at, r, curve.colour);
  if (curve.marker == Marker::cross) {
    canvas.line({{at.x - r, at.y - r}, {at.x + r, at.y + r}}, pen);
    canvas.line({{at.x - r, at.y + r}, {at.x + r, at.y - r}}, pen);
  }
  if (curve.marker == Marker::ring) canvas.ring(at, 1.9 * r, pen);
}

// Lines end where a point is missing.
void draw_lines(Canvas& canvas, const Frame& frame, const Curve& curve) {
  // Far outside the frame, coordinates only need to keep their direction.
  constexpr double far = 1e4;
  std::vector<Point> run;
  const auto flush = [&] {
    canvas.line(run, {curve.colour, curve.line_width});
    run.clear();
  };
  for (const auto& point : curve.points) {
    if (!can_be_drawn(point.x) || !can_be_drawn(point.y)) {
      flush();
      continue;
    }
    const Point at = frame.at(point);
    run.push_back({std::clamp(at.x, -far, far), std::clamp(at.y, -far, far)});
  }
  flush();
}

void draw_markers(Canvas& canvas, const Frame& frame, const Curve& curve) {
  const TextStyle small{7.0, Anchor::middle, role(Ink::muted)};
  for (std::size_t i = 0; i < curve.points.size(); ++i) {
    Point point = curve.points[i];
    if (curve.on_x_axis) point.y = frame.y.range.low;
    if (!can_be_drawn(point.x) || !can_be_drawn(point.y) || !frame.x.holds(point.x)) continue;
    if (i < curve.point_names.size()) canvas.group_begin(curve.point_names[i]);
    if (frame.y.holds(point.y)) {
      draw_marker(canvas, frame.at(point), curve);
    } else {
      const double y = std::clamp(point.y, frame.y.range.low, frame.y.range.high);
      const Point at = frame.at({point.x, y});
      draw_marker(canvas, at, curve);
      if (curve.marker == Marker::dot)
        canvas.text({at.x, at.y + 6.0 + text_size}, fixed(point.y, 0) + "\xE2\x86\x91", small);
    }
    if (i < curve.point_names.size()) canvas.group_end();
  }
}

void draw_bars(Canvas& canvas, const Frame& frame, const Curve& curve) {
  for (std::size_t i = 0; i < curve.points.size(); ++i) {
    const Point& point = curve.points[i];
    if (!can_be_drawn(point.x) || !can_be_drawn(point.y)) continue;
    const double left = frame.x.at(point.x - 0.5 * curve.bar_width),
                 right = frame.x.at(point.x + 0.5 * curve.bar_width);
    const double zero = frame.y.at(std::clamp(0.0, frame.y.range.low, frame.y.range.high)),
                 end = frame.y.at(std::clamp(point.y, frame.y.range.low, frame.y.range.high));
    if (i < curve.point_names.size()) canvas.group_begin(curve.point_names[i]);
    canvas.box({left, std::min(zero, end), right - left, std::abs(end - zero)}, curve.colour);
    if (i < curve.point_names.size()) canvas.group_end();
  }
}

void draw_errors(Canvas& canvas, const Frame& frame, const Curve& curve) {
  for (std::size_t i = 0; i < std::min(curve.points.size(), curve.errors.size()); ++i) {
    const Point& point = curve.points[i];
    const double error = curve.errors[i];
    if (!can_be_drawn(point.x) || !can_be_drawn(point.y) || !can_be_drawn(error)) continue;
    const double low = std::clamp(point.y - error, frame.y.range.low, frame.y.range.high),
                 high = std::clamp(point.y + error, frame.y.range.low, frame.y.range.high);
    if (high <= low) continue;
    const double x = frame.x.at(point.x), top = frame.y.at(high), bottom = frame.y.at(low);
    const Pen pen{curve.colour, 0.8};
    canvas.line({{x, top}, {x, bottom}}, pen);
    for (const double y : {top, bottom}) canvas.line({{x - 2.0, y}, {x + 2.0, y}}, pen);
  }
}

void draw_curves(Canvas& canvas, const Frame& frame, const Plot& plot) {
  canvas.clip_begin(frame.box);
  for (const auto& curve : plot.curves) {
    if (curve.bar_width > 0.0) draw_bars(canvas, frame, curve);
    draw_errors(canvas, frame, curve);
  }
  for (const auto& curve : plot.curves) {
    if (curve.line_width <= 0.0) continue;
    if (!curve.name.empty()) canvas.group_begin(curve.name);
    draw_lines(canvas, frame, curve);
    if (!curve.name.empty()) canvas.group_end();
  }
  canvas.clip_end();
  for (const auto& curve : plot.curves)
    if (curve.marker != Marker::none) draw_markers(canvas, frame, curve);
}

// The title, and below it the note and the legend.
void draw_head(Canvas& canvas, const Rect& area, const Plot& plot) {
  const TextStyle muted{text_size, Anchor::start, role(Ink::muted)};
  double x = area.x + 2.0;
  const double y = area.y + title_size + 4.0 + text_size;
  canvas.text({x, area.y + title_size}, plot.title,
              {title_size, Anchor::start, role(Ink::text), true});
  if (!plot.note.empty()) {
    canvas.text({x, y}, plot.note, muted);
    x += width_estimate(plot.note, text_size) + 12.0;
  }
  for (const auto& curve : plot.curves) {
    if (!curve.in_legend || curve.points.empty()) continue;
    draw_marker(canvas, {x + 3.0, y - 0.35 * text_size}, curve);
    canvas.text({x + 10.0, y}, curve.name, muted);
    x += 22.0 + width_estimate(curve.name, text_size);
  }
}

// "-1.5" with a true minus sign.
std::string tick_label(double value, double step, double size) {
  const double exponent = std::floor(std::log10(step) + 1e-9);
  std::string text;
  if (size < 1e5 && exponent > -5.0) {
    text = fixed(value, static_cast<int>(std::max(0.0, -exponent)));
  } else {
    const double digits = std::floor(std::log10(size / step)) + 1.0;
    text = fmt::format("{:.{}g}", value, static_cast<int>(std::clamp(digits, 1.0, 6.0)));
  }
  return text.starts_with('-') ? "\xE2\x88\x92" + text.substr(1) : text;
}

double tick_step(double wanted, bool degrees) {
  if (degrees && wanted > 0.5)
    for (const double step : {1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 45.0, 90.0})
      if (step >= wanted) return step;
  const double power = std::pow(10.0, std::floor(std::log10(wanted)));
  for (const double digit : {1.0, 2.0, 5.0})
    if (digit * power >= wanted * (1.0 - 1e-9)) return digit * power;
  return 10.0 * power;
}

}  // namespace

Ticks make_ticks(double low, double high, int target, bool degrees) {
  Ticks ticks;
  if (!(high > low) || !can_be_drawn(low) || !can_be_drawn(high)) return ticks;
  const double step = tick_step((high - low) / std::max(1, target), degrees);
  const double size = std::max(std::abs(low), std::abs(high));
  const double first = std::ceil(low / step - 1e-9), last = std::floor(high / step + 1e-9);
  for (double i = first; i <= last && ticks.values.size() < 100; i += 1.0) {
    ticks.values.push_back(i * step);
    ticks.labels.push_back(tick_label(i * step, step, size));
    if (i + 1.0 == i) break;  // the numbers are too large to count
  }
  return ticks;
}

void draw_plot(Canvas& canvas, const Rect& area, const Plot& plot) {
  const Frame frame = frame_in(area, plot);
  draw_head(canvas, area, plot);
  draw_axes(canvas, area, frame, plot);
  draw_curves(canvas, frame, plot);
}

}  // namespace gimbal
