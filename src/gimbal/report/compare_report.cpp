// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/compare_report.h"

#include "gimbal/io/file.h"
#include "gimbal/report/cairo_canvas.h"
#include "gimbal/report/html_page.h"
#include "gimbal/report/plot.h"
#include "gimbal/report/svg_canvas.h"
#include "gimbal/report/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace gimbal {
namespace {

using Json = nlohmann::ordered_json;

constexpr Colour first_colour = rgb(0x3b7dd8), second_colour = rgb(0xd9731a);
constexpr double plot_width = 400.0, plot_height = 270.0;
constexpr double png_width = 560.0, png_height = 380.0, png_scale = 2.0;
constexpr std::size_t curves_in_colour = 1;  // more series: all in one colour

Plot angle_plot(const char* title, const char* label) {
  Plot plot{title, {"tilt angle (°)", false, true}, {label}, false, {}};
  return plot;
}

std::string point_name(const TiltDifference& tilt, double value, const char* unit) {
  return fmt::format("{}°, {}: {} {}", fixed(tilt.nominal_tilt_deg, 1), printable(tilt.key),
                     fixed(value, 2), unit);
}

template <typename Value>
Curve curve_of(const AlignmentDifference& difference, const std::string& name, const Colour& colour,
               const char* unit, Value value) {
  Curve curve{name, {}, {}, colour, 0.8, Marker::dot, !name.empty()};
  for (const auto& tilt : difference.tilts) {
    curve.points.push_back({tilt.nominal_tilt_deg, value(tilt)});
    curve.point_names.push_back(point_name(tilt, value(tilt), unit));
  }
  return curve;
}

std::vector<Plot> plots_of(const AlignmentDifference& d) {
  Plot distance = angle_plot("Distance", "mean over the field (Å)");
  distance.y.from_zero = true;
  distance.curves.push_back(curve_of(d, "", first_colour, "Å", [](auto& t) { return t.mean_A; }));
  Plot offset = angle_plot("What the whole tilt is moved by", "first minus second (Å)");
  offset.curves.push_back(
      curve_of(d, "x", first_colour, "Å", [](auto& t) { return t.offset_A.x; }));
  offset.curves.push_back(
      curve_of(d, "y", second_colour, "Å", [](auto& t) { return t.offset_A.y; }));
  Plot angles = angle_plot("Angles as they stand", "second minus first (°)");
  angles.curves.push_back(
      curve_of(d, "tilt axis", first_colour, "°", [](auto& t) { return t.axis_deg; }));
  angles.curves.push_back(
      curve_of(d, "tilt angle", second_colour, "°", [](auto& t) { return t.angle_deg; }));
  return {distance, offset, angles};
}

// Of all series that were compared.
Plot all_distances(const CompareReport& report) {
  Plot plot = angle_plot("How far the two alignments are apart", "mean over the field (Å)");
  plot.y.from_zero = true;
  const std::size_t n = report.series.size();
  for (std::size_t i = 0; i < n; ++i) {
    const auto& series = report.series[i];
    if (!series.reason.empty()) continue;
    auto curve = curve_of(series.difference, printable(series.name),
                          i < curves_in_colour ? first_colour : second_colour, "Å",
                          [](auto& t) { return t.mean_A; });
    curve.in_legend = n <= 2;
    plot.curves.push_back(std::move(curve));
  }
  return plot;
}

std::size_t n_compared(const CompareReport& report) {
  return static_cast<std::size_t>(
      std::count_if(report.series.begin(), report.series.end(),
                    [](const ComparedSeries& series) { return series.reason.empty(); }));
}

std::string sentence(const CompareReport& report) {
  const std::size_t n = n_compared(report);
  if (n == 0) return "No tilt series could be compared";
  double sum = 0.0;
  for (const auto& series : report.series)
    if (series.reason.empty()) sum += series.difference.mean_A;
  return fmt::format("The alignments are {} Å apart on average ({} of {} tilt series)",
                     fixed(sum / static_cast<double>(n), 2), n, report.series.size());
}

std::string series_row(const ComparedSeries& series, std::size_t number) {
  std::string html = fmt::format("<tr><td class=\"l n\"><a href=\"#s{}\">{}</a></td>", number,
                                 escape_html(series.name));
  if (!series.reason.empty())
    return html + fmt::format("<td colspan=\"6\"></td><td class=\"l n\">{}</td></tr>\n",
                              escape_html(series.reason));
  const auto& d = series.difference;
  html += number_cell(d.mean_A, 2) + number_cell(d.max_A, 2) + number_cell(d.rigid_mean_A, 2) +
          number_cell(d.axis_deg, 3) + number_cell(d.angle_deg, 3) +
          number_cell(static_cast<double>(d.tilts.size()), 0);
  return html + "<td class=\"l\"></td></tr>\n";
}

std::string tilts_of(const std::vector<std::string>& names, const char* which) {
  if (names.empty()) return "";
  std::string html = fmt::format("<li>Tilts that only the {} uses: ", which);
  for (std::size_t i = 0; i < names.size(); ++i)
    html += (i > 0 ? ", " : "") + escape_html(names[i]);
  return html + "</li>\n";
}

std::string series_part(const ComparedSeries& series, std::size_t number) {
  const auto& d = series.difference;
  std::string html = fmt::format(
      "<details class=\"series\" open id=\"s{}\"><summary>{}<span "
      "class=\"muted\">{}</span></summary><div class=\"inside\">\n",
      number, escape_html(series.name),
      series.reason.empty() ? fixed(d.mean_A, 2) + " Å" : "not compared");
  if (!series.reason.empty())
    return html + "<p>" + escape_html(series.reason) + "</p></div></details>\n";
  html += "<div class=\"plots\">\n";
  int k = 0;
  for (const auto& plot : plots_of(d)) {
    SvgCanvas canvas(plot_width, plot_height, fmt::format("p{}x{}", number, k++), plot.title);
    draw_plot(canvas, {0.0, 0.0, plot_width, plot_height}, plot);
    html += canvas.finish();
  }
  html += "</div>\n<ul class=\"says\">\n" + tilts_of(d.only_first, "first") +
          tilts_of(d.only_second, "second") + "</ul>\n";
  return html + "</div></details>\n";
}

Json json_of(const ComparedSeries& series) {
  Json json{{"name", series.name}};
  if (!series.reason.empty()) {
    json["reason"] = series.reason;
    return json;
  }
  const auto& d = series.difference;
  json.update({{"first_method", series.first_method},
               {"second_method", series.second_method},
               {"mean_A", d.mean_A},
               {"rms_A", d.rms_A},
               {"max_A", d.max_A},
               {"rigid_mean_A", d.rigid_mean_A},
               {"axis_deg", d.axis_deg},
               {"angle_deg", d.angle_deg},
               {"thickness_A", d.thickness_A},
               {"only_first", d.only_first},
               {"only_second", d.only_second}});
  Json tilts = Json::array();
  for (const auto& t : d.tilts)
    tilts.push_back({{"key", t.key},
                     {"nominal_tilt_deg", t.nominal_tilt_deg},
                     {"mean_A", t.mean_A},
                     {"offset_A", {t.offset_A.x, t.offset_A.y}},
                     {"axis_deg", t.axis_deg},
                     {"angle_deg", t.angle_deg}});
  json["tilts"] = std::move(tilts);
  return json;
}

}  // namespace

std::string compare_json(const CompareReport& report) {
  Json all = Json::array();
  for (const auto& series : report.series) all.push_back(json_of(series));
  const Json json{{"program", "gimbal"},
                  {"version", report.version},
                  {"first", report.first},
                  {"second", report.second},
                  {"series", all}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

void write_compare_html(const std::filesystem::path& path, const CompareReport& report) {
  const PageFace face = n_compared(report) == report.series.size() ? face_good : face_look;
  std::string html = page_begin("Comparison of alignments", sentence(report), face, report.version);
  html += fmt::format(
      "<p>First: <b>{}</b><br>Second: <b>{}</b></p>\n<p class=\"muted\">Points through the "
      "specimen are seen with the first alignment, and each is placed where it fits the second one "
      "best; what is left in the images is the distance. So the choice of the tomogram's centre "
      "and a common offset of the tilt angles do not count. As a rigid body: all points are moved "
      "together.</p>\n",
      escape_html(report.first), escape_html(report.second));
  html +=
      "<div class=\"wide\"><table class=\"sort\"><thead><tr><th class=\"l\">Name</th><th>Mean "
      "(Å)</th><th>Largest (Å)</th><th>As a rigid body (Å)</th><th>Axis (°)</th><th>Tilt angles "
      "(°)</th><th>Tilts</th><th class=\"l\">Remarks</th></tr></thead><tbody>\n";
  for (std::size_t i = 0; i < report.series.size(); ++i)
    html += series_row(report.series[i], i + 1);
  html += "</tbody></table></div>\n";
  for (std::size_t i = 0; i < report.series.size(); ++i)
    html += series_part(report.series[i], i + 1);
  write_text_atomically(path, html + page_end());
}

void write_compare_png(const std::filesystem::path& path, const CompareReport& report) {
  write_png(path, {png_width, png_height}, png_scale, [&](CairoCanvas& canvas) {
    draw_plot(canvas, {12.0, 8.0, png_width - 24.0, png_height - 16.0}, all_distances(report));
  });
}

}  // namespace gimbal
