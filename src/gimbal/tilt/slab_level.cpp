// SPDX-License-Identifier: GPL-3.0-or-later
// How the slab lies about x: the plane for which its views are most likely. A slab that is tilted
// against the plane looks thicker than it is, and its ends move against each other. (About y a turn
// makes the views of one side longer and of the other shorter, which biases this; brightness tells
// it better.)
#include "gimbal/tilt/level.h"
#include "gimbal/tilt/slab_search.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace gimbal::tilt {
namespace {

// The best of some angles, and the vertex of the parabola through it and its neighbours.
double best_angle(double middle_deg, double step_deg, int steps,
                  const std::function<double(double)>& likelihood) {
  std::vector<double> values;
  for (int i = -steps; i <= steps; ++i) values.push_back(likelihood(middle_deg + i * step_deg));
  const auto best = std::max_element(values.begin(), values.end()) - values.begin();
  const auto at = static_cast<std::size_t>(best);
  double vertex = 0.0;
  if (at > 0 && at + 1 < values.size()) {
    const double low = values[at - 1], high = values[at + 1];
    const double curvature = low - 2.0 * values[at] + high;
    if (curvature < 0.0) vertex = 0.5 * (low - high) / curvature;
  }
  return middle_deg + (static_cast<double>(best) - steps + vertex) * step_deg;
}

std::vector<Projection> turned_about_x(const std::vector<Projection>& projections, double x_deg) {
  Alignment alignment;
  for (const Projection& projection : projections)
    alignment.tilts.emplace_back().projection = projection;
  std::vector<Projection> result;
  for (const AlignedTilt& tilt : turned(alignment, x_deg, 0.0).tilts)
    result.push_back(tilt.projection);
  return result;
}

}  // namespace

double level_about_x(const SlabLevel& rough, const SlabLevel& level, SlabState& state,
                     const SlabOptions& options) {
  constexpr double remarkable_deg = 1.5, largest_deg = 15.0;
  constexpr double widths = 1.8;  // of the field, in thicknesses: less does not show it
  const Size2 size = level.stack.full_size;
  if (std::min(size.nx, size.ny) < widths * state.thickness_px) return 0.0;
  const SlabState start = state;
  struct Round {
    const SlabLevel* level;
    double step_deg;
    int steps;
  };
  double turn_deg = 0.0;
  for (const Round round : {Round{&rough, 4.0, 3}, Round{&level, 2.0, 1}, Round{&level, 1.5, 1}}) {
    turn_deg = best_angle(turn_deg, round.step_deg, round.steps, [&](double x_deg) {
      SlabState trial = state;
      trial.projections = turned_about_x(start.projections, x_deg);
      return settled_likelihood(*round.level, trial, 1);
    });
    state.projections = turned_about_x(start.projections, turn_deg);
    if (options.thickness_A <= 0.0) find_thickness(level, state, options);
  }
  if (std::abs(turn_deg) >= remarkable_deg && std::abs(turn_deg) <= largest_deg) return turn_deg;
  state = start;
  return 0.0;
}

}  // namespace gimbal::tilt
