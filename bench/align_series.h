// SPDX-License-Identifier: GPL-3.0-or-later
// The kinds of simulated tilt series on which alignment is measured (docs/validation.md).
#pragma once

#include "support/true_series.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gimbal::bench {

std::vector<std::string> series_kinds();
// Throws Error for an unknown kind.
sim::SeriesOptions series_options(const std::string& kind, int seed);

// Renders the series, or reads its images from `cache` (empty: none) if they were left there.
testing::TrueSeries cached_series(const std::string& kind, int seed,
                                  const std::filesystem::path& cache);

}  // namespace gimbal::bench
