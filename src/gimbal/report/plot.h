// SPDX-License-Identifier: GPL-3.0-or-later
// Plots with axes, units and ticks at round numbers. Points that are not finite, or that no axis
// could hold (beyond 1e30), are left out.
#pragma once

#include "gimbal/report/canvas.h"

#include <string>
#include <vector>

namespace gimbal {

enum class Marker { none, dot, ring, cross };

struct Curve {
  std::string name;  // shown by SVG viewers; with in_legend also in the legend
  std::vector<Point> points;
  std::vector<std::string> point_names = {};  // instead of name, one for each point; may be empty
  Colour colour = role(Ink::text);
  double line_width = 0.0;  // 0: markers only
  Marker marker = Marker::none;
  bool in_legend = false;
  bool on_x_axis = false;  // drawn on the x axis, whatever its y; does not widen the y range
  std::vector<double> errors = {};  // of y, drawn to both sides; one for each point, or empty
  double bar_width = 0.0;           // > 0: a bar from y = 0 to each point, so wide in units of x
};

struct Axis {
  std::string label;  // with its unit
  bool from_zero = false;
  bool degrees = false;     // ticks at 5, 10, 15, 30, ...
  double least_span = 0.0;  // the range is no narrower: what differs less is not worth a look
  double cap = 0.0;  // > 0: the range goes no further from zero; points beyond lie on the edge
};

struct Plot {
  std::string title;
  Axis x;
  Axis y;
  bool equal_scales = false;  // the same Angstrom on both axes
  std::vector<Curve> curves;
  std::string note = {};  // a line below the title
};

void draw_plot(Canvas& canvas, const Rect& area, const Plot& plot);

// Round numbers in [low, high], about `target` of them.
struct Ticks {
  std::vector<double> values;
  std::vector<std::string> labels;
};
Ticks make_ticks(double low, double high, int target, bool degrees);

}  // namespace gimbal
