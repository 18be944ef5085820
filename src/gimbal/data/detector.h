// SPDX-License-Identifier: GPL-3.0-or-later
// The detector, in the orientation of the movie's frames (MRC orientation): gain, defects, hot and
// dead pixels, and how defects are filled.
#pragma once

#include "gimbal/data/defect_filler.h"
#include "gimbal/data/defects.h"
#include "gimbal/data/fixed_pattern.h"
#include "gimbal/data/gain.h"
#include "gimbal/data/orientation.h"
#include "gimbal/data/outliers.h"
