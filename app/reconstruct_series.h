// SPDX-License-Identifier: GPL-3.0-or-later
// One series of a job of reconstruction.
#pragma once

#include "reconstruct_job.h"

namespace gimbal::app {

// The size of the tomogram, in px of the images: as the options say; otherwise that of the field of
// view, turned to the tilt axis, and the depth of the specimen with some room.
struct TomogramSize {
  int w = 0, h = 0, d = 0;
  std::string note;  // where the depth comes from
};
TomogramSize tomogram_size(const TiltSeries& series, const Alignment& alignment,
                           const ReconstructSettings& settings);

// Writes the volumes and the record, and fills in the item's result. An Error leaves nothing under
// a final name that counts as complete.
void reconstruct_item(ReconstructItem& item, const ReconstructSettings& settings);

// The size of the images of the series, from the first one's header.
Size2 image_size(const ReconstructItem& item);

}  // namespace gimbal::app
