// SPDX-License-Identifier: GPL-3.0-or-later
// Alignment by IMOD (batchruntomo) or AreTomo2 and 3: they get the files that RELION gives them,
// and what they find becomes an alignment like any other.
#pragma once

#include "align_job.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace gimbal::app {

class GpuPool;

// What has to be settled before the first series: which program, and what it cannot do. UsageError.
void prepare(AlignSettings& settings);

// How many programs run at a time.
int programs_at_once(const AlignSettings& settings);

// Runs the program for the tilts that have images of the size (no problem), in
// external/<name>/imod or aretomo, and fills in the projections of `alignment`; the others are
// excluded. An Error when it fails, hangs, or writes what is no alignment.
void align_elsewhere(const AlignItem& item, const AlignSettings& settings,
                     const std::vector<std::string>& problems, GpuPool& gpus,
                     const std::function<bool()>& stop, Alignment& alignment);

// RELION's own columns of a series that was aligned like that: label and value.
std::vector<std::pair<std::string, std::string>> external_columns(const AlignItem& item,
                                                                  const AlignSettings& settings);

}  // namespace gimbal::app
