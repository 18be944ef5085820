// SPDX-License-Identifier: GPL-3.0-or-later
// One shift per frame. Starts like every program of the field (correlation of each frame with the
// sum of the others, B-factor envelope), then all shifts are refined together by maximum
// likelihood: Newton steps on the energy of the sum, weighted by the signal-to-noise ratio found
// (signal.h), exact in sub-pixels.
#pragma once

#include "gimbal/data/motion_field.h"
#include "gimbal/motion/low_spectra.h"
#include "gimbal/motion/signal.h"

#include <vector>

namespace gimbal {

struct GlobalAlignment {
  std::vector<Shift> shifts;  // px, applied to each group to register it
  Shift error_px;             // standard error of one shift, from the curvature of the likelihood
  SignalRings signal;
  bool converged = false;  // false: the last step was still longer than 0.05 px
};

// `spectra` is left aligned: each frame turned by its shift.
GlobalAlignment align_global(LowSpectra& spectra, double bfactor_px2);

// The same for smaller groups, `parts`, than the `groups` that `aligned` holds: a movie may have
// more frames than memory should. Each part is compared once with the sum of all others, its own
// share in its group's spectrum taken away, and starts from start[part].
struct PartShifts {
  std::vector<Shift> shifts;
  Shift error_px;
};
PartShifts align_parts(CornerReader& reader, const FrameGroups& parts, const FrameGroups& groups,
                       const LowSpectra& aligned, const GlobalAlignment& alignment,
                       const std::vector<Shift>& start);

}  // namespace gimbal
