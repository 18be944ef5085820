// SPDX-License-Identifier: GPL-3.0-or-later
// The truth of a simulated series as a reference for alignments.
#pragma once

#include "gimbal/data/reprojection.h"
#include "gimbal/sim/series.h"

namespace gimbal::sim {

// The views of a plan in the order of these keys (Tilt::key(): names of movies with or without
// ending); an Error when one has no movie.
Reference truth_of(const SeriesPlan& plan, const std::vector<std::string>& keys);
Reference truth_of(const SeriesPlan& plan);  // in the order of acquisition

}  // namespace gimbal::sim
