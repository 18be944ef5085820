// SPDX-License-Identifier: GPL-3.0-or-later
// Rules by which tilts are taken out of a series before it is aligned or reconstructed.
#pragma once

#include "gimbal/core/options.h"
#include "gimbal/data/alignment.h"
#include "gimbal/tilt/stack.h"

#include <vector>

namespace gimbal::tilt {

// 0 where a rule is not asked for.
struct ExcludeOptions {
  bool automatic = false;  // all rules that need no number, and for the others robust limits
  double tilt_min = -90.0;
  double tilt_max = 90.0;
  double pre_exposure_max = 0.0;
  double motion_max = 0.0;
  double brightness_min = 0.0;
  double brightness_max = 0.0;
  double blocked_max = 0.0;
  double score_min = 0.0;

  bool asks_for_anything() const;
};

void describe(ExcludeOptions& options, OptionTable& table);
void check(const ExcludeOptions& options);  // UsageError when limits contradict each other

// Excludes tilts of `alignment` (as the stack's; NaN scores: not known), with the reason. What is
// excluded already keeps its reason and counts in no median. motion_A: of each tilt, NaN: not
// known. The stack's images may be of any size: only their light is judged.
void exclude_by_rules(const Stack& stack, const std::vector<double>& motion_A, Alignment& alignment,
                      const ExcludeOptions& options);

}  // namespace gimbal::tilt
