// SPDX-License-Identifier: GPL-3.0-or-later
// Plain stacks with their angles as tilt series, for data that never saw RELION.
#pragma once

#include "align_job.h"

namespace gimbal::app {

// One series for each stack, named as the file; its tilts are "000001@stack.mrc" and so on. A stack
// that cannot be used is among the unreadable ones. UsageError when options are missing or do not
// belong together.
TiltSeriesSet series_of_stacks(const AlignSettings& settings);

}  // namespace gimbal::app
