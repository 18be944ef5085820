// SPDX-License-Identifier: GPL-3.0-or-later
// What plots are drawn on. One drawing code serves SVG inside HTML (svg_canvas.h) and PDF and PNG
// (cairo_canvas.h). Lengths are points; x goes right, y goes down.
#pragma once

#include <string>
#include <vector>

namespace gimbal {

struct Point {
  double x = 0.0;
  double y = 0.0;
};

struct Rect {
  double x = 0.0;
  double y = 0.0;
  double width = 0.0;
  double height = 0.0;
  double right() const { return x + width; }
  double bottom() const { return y + height; }
};

// Inks with a role follow the reader's light or dark page; `own` is the colour given with it.
enum class Ink { text, muted, axis, grid, alarm, own };

struct Colour {
  Ink ink = Ink::own;
  double r = 0.0;  // 0 to 1
  double g = 0.0;
  double b = 0.0;
};

constexpr Colour role(Ink ink) {
  return {ink, 0.0, 0.0, 0.0};
}
constexpr Colour rgb(unsigned code) {
  return {Ink::own, (code >> 16U & 255U) / 255.0, (code >> 8U & 255U) / 255.0,
          (code & 255U) / 255.0};
}

struct Pen {
  Colour colour;
  double width = 1.0;
  bool dashed = false;
};

enum class Anchor { start, middle, end };

struct TextStyle {
  double size = 8.0;
  Anchor anchor = Anchor::start;
  Colour colour = role(Ink::text);
  bool bold = false;
  bool upwards = false;  // turned by 90 degrees, read from below
};

class Canvas {
 public:
  virtual ~Canvas() = default;
  virtual void line(const std::vector<Point>& points, const Pen& pen) = 0;
  virtual void disc(Point centre, double radius, const Colour& colour) = 0;
  virtual void ring(Point centre, double radius, const Pen& pen) = 0;
  virtual void box(const Rect& rect, const Colour& colour) = 0;  // filled
  // As large as fits into the rectangle, in its middle.
  virtual void picture(const Rect& rect, const std::string& jpeg) = 0;
  virtual void text(Point baseline, const std::string& text, const TextStyle& style) = 0;
  // Until clip_end(), nothing is drawn outside.
  virtual void clip_begin(const Rect& rect) = 0;
  virtual void clip_end() = 0;
  // Until group_end(), what is drawn belongs to something with this name (shown by SVG viewers).
  virtual void group_begin(const std::string& name) = 0;
  virtual void group_end() = 0;
};

}  // namespace gimbal
