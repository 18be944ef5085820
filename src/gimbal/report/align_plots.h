// SPDX-License-Identifier: GPL-3.0-or-later
// The plots of an alignment, for every face of the report.
#pragma once

#include "gimbal/report/align_report.h"
#include "gimbal/report/canvas.h"
#include "gimbal/report/plot.h"

#include <vector>

namespace gimbal {

// Those that have something to show: shifts and their standard errors, what else was refined,
// score and residual of each tilt, residuals over the field, residuals of the tracks.
std::vector<Plot> align_plots(const Alignment& alignment);

Plot shift_plot(const Alignment& alignment);
// Each track where it is at 0 degrees, its residuals enlarged.
Plot residual_field_plot(const Alignment& alignment);
// The length of each track's residuals.
Plot track_plot(const Alignment& alignment);

double max_tilt_deg(const Alignment& alignment);

// A picture of a tilt with a ring where the alignment expects each track: dashed where it was not
// measured in this tilt.
void draw_tilt_picture(Canvas& canvas, const Rect& area, const Alignment& alignment,
                       const AlignPictures& pictures, const TiltPicture& picture);

// A bar of round length in the lower left corner; area_A is the width of the area.
void draw_scale_bar(Canvas& canvas, const Rect& area, double area_A);

}  // namespace gimbal
