// SPDX-License-Identifier: GPL-3.0-or-later
// Which alignment a tomogram was made from, when a series was aligned more than once.
#pragma once

#include "gimbal/data/tilt_series.h"
#include "gimbal/report/project_jobs.h"

#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace gimbal {

struct LoadedJob {
  JobFiles files;
  TiltSeriesSet set;  // empty where there is no table
};

inline constexpr std::size_t no_such_job = std::numeric_limits<std::size_t>::max();

// By series: of the jobs whose alignment is that of the series' newest tomogram, the newest;
// no_such_job where there is none. Alignments are told by their columns, which reconstruction, CTF
// estimation and selection pass on, whatever program ran them. Series without a tomogram, or
// without these columns there, are left out.
std::map<std::string, std::size_t> alignments_of_tomograms(const std::vector<LoadedJob>& jobs);

}  // namespace gimbal
