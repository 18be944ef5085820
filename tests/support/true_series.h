// SPDX-License-Identifier: GPL-3.0-or-later
// A motion-corrected tilt series with known truth, in memory: for tests and benchmarks of
// alignment.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/sim/series.h"
#include "gimbal/tilt/stack.h"

#include <vector>

namespace gimbal::testing {

struct TrueSeries {
  sim::SeriesPlan plan;
  tilt::Stack stack;                        // rows in the order of acquisition
  Alignment truth;                          // projections, without the deformation
  std::vector<std::vector<Vec2>> beads_px;  // [tilt][bead], the deformation included
};

// One frame for each tilt, without drift; counting noise, MTF, CTF and dose as in movies.
TrueSeries make_true_series(sim::SeriesOptions options, int index = 0);
// The same without the images.
TrueSeries plan_true_series(sim::SeriesOptions options, int index = 0);
void render(TrueSeries& series);

// As tilt::load_images() bins.
void bin_stack(tilt::Stack& stack, int binning);

// Cramer-Rao bound of one coordinate (px) of a single bead with a known image in shot noise, at
// this tilt: from the derivatives of the expected counts.
double bead_bound_px(const sim::SeriesPlan& plan, double tilt_deg);

}  // namespace gimbal::testing
