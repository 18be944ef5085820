// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/align.h"

#include "gimbal/core/error.h"

namespace gimbal::tilt {

int working_binning(double full_pixel_A, Size2, const AlignOptions&) {
  constexpr double wanted_pixel_A = 5.4;
  return binning_for(full_pixel_A, wanted_pixel_A);
}

Alignment align(const Stack&, const AlignOptions& options, const Alignment*) {
  fail("alignment by the method '{}' is not available yet; only 'import' is", options.method);
}

}  // namespace gimbal::tilt
