// SPDX-License-Identifier: GPL-3.0-or-later
// The plots of a tilt series' motion, for every face of the report.
#pragma once

#include "gimbal/report/canvas.h"
#include "gimbal/report/motion_report.h"
#include "gimbal/report/plot.h"

#include <string>
#include <vector>

namespace gimbal {

// Blue (negative) over grey to orange (positive tilts); told apart with any kind of colour vision,
// on light and dark pages.
Colour tilt_colour(double angle_deg, double max_tilt_deg);
void draw_tilt_colours(Canvas& canvas, const Rect& area, double max_tilt_deg);

// Specimen drift of all movies: minus the shifts.
Plot drift_plot(const SeriesReport& series, const SeriesSummary& summary);
Plot total_motion_plot(const SeriesReport& series, const SeriesSummary& summary);
Plot counts_plot(const SeriesReport& series, const SeriesSummary& summary);
bool has_counts(const SeriesReport& series);

// The drift of one movie in a square, with a bar of round length. box_A: the side of the square.
// A longer drift gets a square of its own size, and its bar the alarm colour.
void draw_track(Canvas& canvas, const Rect& area, const MovieReport& movie, double max_tilt_deg,
                double box_A);
double track_box_A(const SeriesReport& series);  // fits the drift of nearly all movies

std::vector<Point> drift_A(const MovieReport& movie);  // of the specimen, from the first frame
std::string angle_text(double angle_deg);              // "+12.0°"
std::string movie_label(const MovieReport& movie);     // "+12.0°, frames/x.tif: 3.2 Å"

// Indices of the movies by tilt angle; those without one come last.
std::vector<std::size_t> by_tilt(const SeriesReport& series);

}  // namespace gimbal
