// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/exclude_sheet.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/report/cairo_canvas.h"
#include "gimbal/report/exclude_report_files.h"
#include "gimbal/report/jpeg.h"
#include "gimbal/report/motion_plots.h"
#include "gimbal/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

constexpr double caption_height = 13.0, line_height = 8.5, margin = 3.0, text_size = 7.0;
constexpr int text_lines = 3;
constexpr Colour used_colour = rgb(0x3b7dd8);

// Lines of at most so many characters, broken at spaces; the last one that fits ends in "...".
std::vector<std::string> wrapped(const std::string& text, std::size_t characters, int most) {
  std::vector<std::string> lines(1);
  for (const auto word : split_words(text)) {
    std::string& line = lines.back();
    if (line.empty())
      line = word;
    else if (line.size() + 1 + word.size() <= characters)
      (line += ' ') += word;
    else
      lines.emplace_back(word);
  }
  if (lines.size() > static_cast<std::size_t>(most)) {
    lines.resize(static_cast<std::size_t>(most));
    lines.back() += " …";
  }
  for (auto& line : lines)
    if (is_utf8(line)) line = shortened(line, static_cast<int>(characters) + 2);
  return lines;
}

void put_lines(Canvas& canvas, double x, double y, double width, const std::string& text,
               const Colour& colour) {
  if (text.empty()) return;
  const auto characters = static_cast<std::size_t>(std::max(4.0, width / (0.53 * text_size)));
  for (const auto& line : wrapped(printable(text), characters, text_lines)) {
    canvas.text({x, y}, line, {text_size, Anchor::start, colour});
    y += line_height;
  }
}

void frame(Canvas& canvas, const Rect& r, const Pen& pen) {
  canvas.line(
      {{r.x, r.y}, {r.right(), r.y}, {r.right(), r.bottom()}, {r.x, r.bottom()}, {r.x, r.y}}, pen);
}

// Four times what nearly all tilts have, if any has more than that; else 0: no cap. One wild tilt
// must not press all others to the axis.
double bulk_of(const Curve& used, const Curve& excluded) {
  std::vector<double> values;
  for (const auto* curve : {&used, &excluded})
    for (const auto& point : curve->points) values.push_back(std::abs(point.y));
  std::sort(values.begin(), values.end());
  const double cap = 4.0 * values[(values.size() - 1) * 4 / 5];
  return values.back() > cap ? cap : 0.0;
}

using Value = double (*)(const TiltChoice&);

void add_plot(std::vector<Plot>& plots, const SeriesExclusion& series, const char* title,
              const char* axis, const char* unit, int digits, Value value) {
  Plot plot{title, {"tilt angle (°)", false, true}, {axis, true}, false, {}};
  Curve used{"used", {}, {}, used_colour, 0.0, Marker::dot, true};
  Curve excluded{"excluded", {}, {}, role(Ink::alarm), 0.0, Marker::cross, true};
  for (const auto i : by_angle(series)) {
    const TiltChoice& tilt = series.tilts[i];
    const double y = value(tilt);
    if (!std::isfinite(y)) continue;
    Curve& curve = tilt.excluded ? excluded : used;
    curve.points.push_back({tilt.nominal_tilt_deg, y});
    curve.point_names.push_back(fmt::format("no. {}, {}: {}{}{}{}", tilt.number,
                                            angle_text(tilt.nominal_tilt_deg), fixed(y, digits),
                                            unit, tilt.reason.empty() ? "" : "; ", tilt.reason));
  }
  if (used.points.size() + excluded.points.size() < 2) return;
  plot.y.cap = bulk_of(used, excluded);
  if (!excluded.points.empty()) plot.curves.push_back(std::move(excluded));
  used.in_legend = !plot.curves.empty();
  plot.curves.insert(plot.curves.begin(), std::move(used));
  plots.push_back(std::move(plot));
}

}  // namespace

double sheet_row_height(double tile_width, double height_over_width) {
  return caption_height + (tile_width - 2.0 * margin) * height_over_width +
         text_lines * line_height + 8.0;
}

double picture_shape(const SeriesExclusion& series) {
  for (const auto& tilt : series.tilts) {
    if (tilt.jpeg.empty()) continue;
    try {
      const auto picture = decode_jpeg(tilt.jpeg);
      return std::clamp(static_cast<double>(picture.ny()) / picture.nx(), 0.2, 2.0);
    } catch (const Error&) {  // a damaged record; another one will tell
    }
  }
  return 1.0;
}

void draw_tilt(Canvas& canvas, const Rect& area, const TiltChoice& tilt, const std::string& jpeg) {
  const Colour colour = tilt.excluded ? role(Ink::alarm) : role(Ink::text);
  canvas.text({area.x + margin, area.y + 10.0}, angle_text(tilt.nominal_tilt_deg),
              {9.0, Anchor::start, colour, true});
  canvas.text({area.right() - margin, area.y + 10.0}, fmt::format("no. {}", tilt.number),
              {text_size, Anchor::end, role(Ink::muted)});
  const double height = area.height - caption_height - text_lines * line_height - 8.0;
  const Rect picture{area.x + margin, area.y + caption_height, area.width - 2.0 * margin, height};
  if (jpeg.empty())
    canvas.box(picture, role(Ink::grid));
  else
    canvas.picture(picture, jpeg);
  if (tilt.excluded) {
    const Pen pen{role(Ink::alarm), 1.6};
    frame(canvas, picture, pen);
    canvas.line({{picture.x, picture.y}, {picture.right(), picture.bottom()}}, pen);
    canvas.line({{picture.right(), picture.y}, {picture.x, picture.bottom()}}, pen);
  }
  const auto below = !tilt.reason.empty()    ? tilt.reason
                     : !tilt.problem.empty() ? tilt.problem
                                             : figures_text(tilt);
  put_lines(canvas, picture.x, picture.bottom() + 9.0, picture.width, below,
            tilt.excluded ? role(Ink::alarm) : role(Ink::muted));
}

std::vector<Plot> exclude_plots(const SeriesExclusion& series) {
  std::vector<Plot> plots;
  add_plot(plots, series, "Brightness, of the neighbours'", "brightness (%)", " %", 0,
           [](const TiltChoice& tilt) { return 100.0 * tilt.brightness; });
  add_plot(plots, series, "Part of the field in shadow", "shadow (%)", " %", 0,
           [](const TiltChoice& tilt) { return 100.0 * tilt.shadow; });
  add_plot(plots, series, "Motion", "path length (Å)", " Å", 1,
           [](const TiltChoice& tilt) { return tilt.motion_A; });
  add_plot(plots, series, "Alignment score", "score", "", 2,
           [](const TiltChoice& tilt) { return tilt.score; });
  return plots;
}

void write_contact_sheet(const std::filesystem::path& path, const SeriesExclusion& series) {
  constexpr double tile = 134.0, border = 10.0, title = 30.0, scale = 1.25;
  const int n = static_cast<int>(series.tilts.size());
  const int columns = std::max(1, std::min(n, static_cast<int>(std::ceil(std::sqrt(1.5 * n)))));
  const int rows = (n + columns - 1) / columns;
  const double row = sheet_row_height(tile, picture_shape(series));
  const PageSize size{std::max(columns * tile, 360.0) + 2.0 * border,
                      rows * row + title + 2.0 * border};
  write_png(path, size, scale, [&](CairoCanvas& canvas) {
    canvas.text({border + margin, border + 15.0},
                fmt::format("{}: {} of {} excluded", series.name, excluded_tilts(series),
                            counted(n, "tilt")),
                {13.0, Anchor::start, role(Ink::text), true});
    const auto order = by_angle(series);
    for (int k = 0; k < n; ++k) {
      const TiltChoice& tilt = series.tilts[order[static_cast<std::size_t>(k)]];
      draw_tilt(canvas,
                {border + k % columns * tile, border + title + k / columns * row, tile, row}, tilt,
                tilt.jpeg);
    }
  });
}

}  // namespace gimbal
