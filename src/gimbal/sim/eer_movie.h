// SPDX-License-Identifier: GPL-3.0-or-later
// Counts of electrons -> an EER movie: every electron goes to one of the raw frames of its fraction
// and to a place within its pixel.
#pragma once

#include "gimbal/sim/movie_writer.h"

#include <memory>

namespace gimbal::sim {

std::unique_ptr<MovieWriter> open_eer_movie(const MovieFile& file);

}  // namespace gimbal::sim
