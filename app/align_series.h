// SPDX-License-Identifier: GPL-3.0-or-later
// One series: its alignment, and the files that go with it.
#pragma once

#include "align_job.h"

#include <functional>

namespace gimbal::app {

class GpuPool;

// What all series of a job share.
struct AlignWork {
  const AlignSettings& settings;
  GpuPool& gpus;               // for another program
  std::function<bool()> stop;  // ends another program
};

// Aligns the series or takes over its alignment, and fills in the item's result. Throws when the
// series as a whole cannot be aligned; tilts that cannot are excluded, and images that cannot be
// read are problems, too.
void align_item(AlignItem& item, const AlignWork& work);

// <name>.xf .tlt .xtilt .rawtlt .aln in external/<name>, .fid and .resid where there are tracks,
// and the record last. Rows and sections are all tilts of the series by rising nominal angle.
void write_item(const AlignItem& item);

// Whatever an older run left.
void remove_outputs(const AlignItem& item);

}  // namespace gimbal::app
