// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gimbal/data/alignment.h"

#include <string>

namespace gimbal::tilt {

// The verdict is no better than this one, for this reason: a whole sentence, said once, before the
// notes that are no reason, and not before what made the verdict worse.
void add_doubt(Alignment& alignment, Verdict verdict, std::string reason);

}  // namespace gimbal::tilt
