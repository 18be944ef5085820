// SPDX-License-Identifier: GPL-3.0-or-later
// The direction of the tilt axis.
#include "gimbal/tilt/slab_search.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace gimbal::tilt {
namespace {

void turn_axis(SlabState& state, double change_deg) {
  for (auto& projection : state.projections) projection.z_rot_deg += change_deg;
}

using Measure = std::function<double(const SlabLevel&, SlabState)>;

// Parabolas of these widths through the measure.
void maximise(const SlabLevel& level, SlabState& state, const std::vector<double>& widths_deg,
              const Measure& measure) {
  for (const double width : widths_deg) {
    const auto at = [&](double change) {
      SlabState trial = state;
      turn_axis(trial, change);
      return measure(level, trial);
    };
    const double low = at(-width), middle = at(0.0), high = at(width);
    const double curvature = low - 2.0 * middle + high;
    const double change = curvature < 0.0 ? std::clamp(0.5 * width * (low - high) / curvature,
                                                       -1.5 * width, 1.5 * width)
                                          : (low > high ? -width : width);
    turn_axis(state, change);
    refine(level, state, 2, false);
  }
}

double mean_agreement(const SlabEvaluation& e, std::size_t n) {
  double sum = 0.0;
  for (std::size_t i = 0; i < n; ++i) sum += agreement_of(e, i);
  return sum / static_cast<double>(n);
}

double settled_agreement(const SlabLevel& level, SlabState state, int steps) {
  const SlabEvaluation e = refine(level, state, steps);
  return mean_agreement(e, state.tilts.size());
}

// All tilts placed anew with the axis in this direction; how well they agree.
double placed_anew(const SlabLevel& level, double axis_deg, SlabState& state) {
  for (auto& projection : state.projections) projection.z_rot_deg = axis_deg;
  grow(level, state);
  state.tilts = state.candidates;
  return mean_agreement(refine(level, state, 2), state.tilts.size());
}

}  // namespace

void find_axis(const SlabLevel& level, SlabState& state) {
  constexpr double step_deg = 10.0;
  SlabState best;
  double best_agreement = -1.0;
  for (double axis = 0.0; axis < 180.0; axis += step_deg) {
    SlabState trial = state;
    const double agreement = placed_anew(level, axis, trial);
    if (agreement > best_agreement) best_agreement = agreement, best = trial;
  }
  maximise(level, best, {5.0, 2.0}, [](const SlabLevel& at, SlabState trial) {
    return settled_agreement(at, std::move(trial), 1);
  });
  const double found = best.projections.front().z_rot_deg;
  for (auto& projection : state.projections) projection.z_rot_deg = found;
}

bool another_axis_is_better(const SlabLevel& level, const SlabState& state) {
  constexpr double much_better = 1.2;
  const double used_deg = state.projections.front().z_rot_deg;
  const double needed = much_better * settled_agreement(level, state, 0);
  for (const double turn : {45.0, 90.0, 135.0}) {
    SlabState trial = state;
    for (auto& projection : trial.projections) projection.shift_px = {};
    if (placed_anew(level, used_deg + turn, trial) > needed) return true;
  }
  return false;
}

bool correct_axis(const SlabLevel& level, SlabState& state, const SlabOptions& options) {
  const double nominal = state.projections.front().z_rot_deg;
  // Far from the best direction the likelihood is misled by a thickness that nobody knows yet.
  const auto agreement_at = [&](double change) {
    SlabState trial = state;
    turn_axis(trial, change);
    return settled_agreement(level, std::move(trial), 1);
  };
  double best = 0.0, best_agreement = agreement_at(0.0);
  for (const double sign : {-1.0, 1.0})
    for (double change = 2.0; change <= options.axis_range_deg; change += 2.0) {
      const double agreement = agreement_at(sign * change);
      if (agreement > best_agreement) best_agreement = agreement, best = sign * change;
    }
  turn_axis(state, best);
  refine(level, state, 3, false);
  tune_axis(level, state, {1.0, 0.3}, 1);
  const double found = state.projections.front().z_rot_deg;
  if (std::abs(found - nominal) > 2.0) {
    grow(level, state);
    refine(level, state, 4, false);
  }
  return std::abs(best) < options.axis_range_deg - 1e-9;
}

void tune_axis(const SlabLevel& level, SlabState& state, const std::vector<double>& widths_deg,
               int steps) {
  maximise(level, state, widths_deg, [&](const SlabLevel& at, SlabState trial) {
    return settled_agreement(at, std::move(trial), steps);
  });
}

}  // namespace gimbal::tilt
