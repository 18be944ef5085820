// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/svg_canvas.h"

#include "gimbal/report/text.h"

#include <fmt/format.h>

#include <cmath>

namespace gimbal {
namespace {

// Tenths of a point are finer than any screen shows.
std::string length(double value) {
  const double tenths = std::round(value * 10.0) / 10.0;
  return fmt::format("{}", tenths == 0.0 ? 0.0 : tenths);
}

const char* css_class(Ink ink) {
  switch (ink) {
    case Ink::text:
      return "t";
    case Ink::muted:
      return "m";
    case Ink::axis:
      return "a";
    case Ink::grid:
      return "g";
    case Ink::alarm:
      return "x";
    case Ink::own:
      break;
  }
  return "";
}

std::string hex(const Colour& colour) {
  const auto level = [](double value) { return std::lround(value * 255.0); };
  return fmt::format("#{:02x}{:02x}{:02x}", level(colour.r), level(colour.g), level(colour.b));
}

std::string painted(const char* property, const Colour& colour) {
  if (colour.ink == Ink::own) return fmt::format(" {}=\"{}\"", property, hex(colour));
  return fmt::format(" class=\"{}{}\"", *property == 's' ? "s" : "f", css_class(colour.ink));
}

}  // namespace

SvgCanvas::SvgCanvas(double width, double height, std::string prefix, const std::string& label)
    : prefix_(std::move(prefix)) {
  text_ = fmt::format(
      "<svg viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" aria-label=\"{2}\">",
      length(width), length(height), escape_html(label));
}

void SvgCanvas::line(const std::vector<Point>& points, const Pen& pen) {
  if (points.size() < 2) return;
  text_ += "<path d=\"M";
  for (std::size_t i = 0; i < points.size(); ++i)
    text_ += fmt::format("{}{} {}",
                         i == 0   ? ""
                         : i == 1 ? "L"
                                  : " ",
                         length(points[i].x), length(points[i].y));
  text_ += fmt::format("\"{}", painted("stroke", pen.colour));
  if (pen.width != 1.0) text_ += fmt::format(" stroke-width=\"{}\"", length(pen.width));
  if (pen.dashed) text_ += " stroke-dasharray=\"3 3\"";
  text_ += "/>";
}

void SvgCanvas::disc(Point centre, double radius, const Colour& colour) {
  text_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"{}/>", length(centre.x),
                       length(centre.y), length(radius), painted("fill", colour));
}

void SvgCanvas::ring(Point centre, double radius, const Pen& pen) {
  text_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"none\"{}", length(centre.x),
                       length(centre.y), length(radius), painted("stroke", pen.colour));
  if (pen.width != 1.0) text_ += fmt::format(" stroke-width=\"{}\"", length(pen.width));
  if (pen.dashed) text_ += " stroke-dasharray=\"3 3\"";
  text_ += "/>";
}

void SvgCanvas::picture(const Rect& rect, const std::string& jpeg) {
  text_ += fmt::format(
      "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" href=\"data:image/jpeg;base64,{}\"/>",
      length(rect.x), length(rect.y), length(rect.width), length(rect.height), to_base64(jpeg));
}

void SvgCanvas::box(const Rect& rect, const Colour& colour) {
  text_ +=
      fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}/>", length(rect.x),
                  length(rect.y), length(rect.width), length(rect.height), painted("fill", colour));
}

void SvgCanvas::text(Point baseline, const std::string& text, const TextStyle& style) {
  const auto x = length(baseline.x), y = length(baseline.y);
  text_ += fmt::format("<text x=\"{}\" y=\"{}\" font-size=\"{}\"{}", x, y, length(style.size),
                       painted("fill", style.colour));
  if (style.anchor != Anchor::start)
    text_ += fmt::format(" text-anchor=\"{}\"", style.anchor == Anchor::middle ? "middle" : "end");
  if (style.bold) text_ += " font-weight=\"600\"";
  if (style.upwards) text_ += fmt::format(" transform=\"rotate(-90 {} {})\"", x, y);
  text_ += fmt::format(">{}</text>", escape_html(text));
}

void SvgCanvas::clip_begin(const Rect& rect) {
  const auto name = fmt::format("{}c{}", prefix_, n_clips_++);
  text_ += fmt::format(
      "<clipPath id=\"{0}\"><rect x=\"{1}\" y=\"{2}\" width=\"{3}\" height=\"{4}\"/></clipPath>"
      "<g clip-path=\"url(#{0})\">",
      name, length(rect.x), length(rect.y), length(rect.width), length(rect.height));
}

void SvgCanvas::clip_end() {
  text_ += "</g>";
}

void SvgCanvas::group_begin(const std::string& name) {
  text_ += fmt::format("<g><title>{}</title>", escape_html(name));
}

void SvgCanvas::group_end() {
  text_ += "</g>";
}

std::string SvgCanvas::finish() {
  return std::move(text_) + "</svg>\n";
}

}  // namespace gimbal
