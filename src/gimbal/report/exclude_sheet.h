// SPDX-License-Identifier: GPL-3.0-or-later
// The contact sheet of a tilt series: every tilt small, by angle, those excluded crossed out with
// the reason below.
#pragma once

#include "gimbal/report/canvas.h"
#include "gimbal/report/exclude_report.h"
#include "gimbal/report/plot.h"

#include <string>
#include <vector>

namespace gimbal {

// A row of the sheet is as high as its pictures (all of this shape) and texts need.
double sheet_row_height(double tile_width, double height_over_width);
// Height over width of most pictures; 1 when there is none.
double picture_shape(const SeriesExclusion& series);

void draw_tilt(Canvas& canvas, const Rect& area, const TiltChoice& tilt, const std::string& jpeg);

// What is known of the tilts against their angle: brightness, shadow, motion, score; excluded ones
// are crosses.
std::vector<Plot> exclude_plots(const SeriesExclusion& series);

}  // namespace gimbal
