// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/solve.h"

#include "gimbal/tilt/solve_steps.h"

namespace gimbal::tilt {

Alignment solve(const Alignment& start, const SolveOptions& options) {
  SolveState state = gather(start, options);
  find_axis(state, options);
  settle(state);
  recentre(state.bundle, options.recentre ? nullptr : &start);
  choose_model(state, options);
  return result_of(start, options, state);
}

}  // namespace gimbal::tilt
