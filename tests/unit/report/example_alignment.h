// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gimbal/report/align_report.h"

namespace gimbal {

struct ExampleAlignment {
  int tilts = 21;
  int tracks = 12;
  bool pictures = true;
};

// An invented series with beads, one excluded and one doubted tilt, and small pictures.
SeriesAlignment example_alignment(const std::string& name, const ExampleAlignment& example = {});

// A pass, a warning, a fail, one that failed and one that was skipped, in this order.
AlignJobReport example_align_report();

}  // namespace gimbal
