// SPDX-License-Identifier: GPL-3.0-or-later
// Draws into the text of an SVG element for use inside an HTML page. Inks with a role become CSS
// classes (t, m, a, g, x: text, muted, axis, grid, alarm), whose colours the page defines.
#pragma once

#include "gimbal/report/canvas.h"

namespace gimbal {

class SvgCanvas : public Canvas {
 public:
  // prefix: makes the names of clip paths unique in the page.
  SvgCanvas(double width, double height, std::string prefix, const std::string& label);
  void line(const std::vector<Point>& points, const Pen& pen) override;
  void disc(Point centre, double radius, const Colour& colour) override;
  void ring(Point centre, double radius, const Pen& pen) override;
  void box(const Rect& rect, const Colour& colour) override;
  void picture(const Rect& rect, const std::string& jpeg) override;
  void text(Point baseline, const std::string& text, const TextStyle& style) override;
  void clip_begin(const Rect& rect) override;
  void clip_end() override;
  void group_begin(const std::string& name) override;
  void group_end() override;
  std::string finish();  // the whole element

 private:
  std::string text_;
  std::string prefix_;
  int n_clips_ = 0;
};

}  // namespace gimbal
