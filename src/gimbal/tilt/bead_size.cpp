// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/bead_size.h"

#include "gimbal/core/parabola.h"
#include "gimbal/core/parallel.h"
#include "gimbal/tilt/bead_detect.h"

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

constexpr int n_best = 6;     // of each tilt: few fields have fewer beads
constexpr int n_looked = 5;   // tilts
constexpr double step = 1.2;  // between diameters

std::vector<const WhiteTilt*> some_of(const std::vector<WhiteTilt>& tilts) {
  std::vector<const WhiteTilt*> with_image, some;
  for (const WhiteTilt& tilt : tilts)
    if (!tilt.small.empty()) with_image.push_back(&tilt);
  const std::size_t stride = std::max<std::size_t>(1, with_image.size() / n_looked);
  for (std::size_t i = 0; i < with_image.size(); i += stride) some.push_back(with_image[i]);
  return some;
}

}  // namespace

double likeness_of_beads(const std::vector<WhiteTilt>& tilts, Vec2 scale, double diameter_px) {
  const auto looked_at = some_of(tilts);
  if (looked_at.empty()) return 0.0;
  const CandidateFinder finder(looked_at.front()->small.size(), scale, ball_profile(diameter_px));
  std::vector<double> likeness(looked_at.size());
  parallel_for(static_cast<int>(looked_at.size()), [&](int t) {
    const auto i = static_cast<std::size_t>(t);
    for (const auto& candidate : finder.find(looked_at[i]->small, n_best))
      likeness[i] += std::pow(candidate.signal * candidate.match, 2) / n_best;
  });
  double sum = 0.0;
  for (const double value : likeness) sum += value;
  return sum / static_cast<double>(likeness.size());
}

double likely_diameter_px(const std::vector<WhiteTilt>& tilts, Vec2 scale, double given_px) {
  constexpr int low = -5, high = 7;        // steps from the given diameter
  constexpr double fewest_px = 2.5;        // of the small images, across a bead
  constexpr double far_better = 4.0;       // right diameters reach 15 times what is 1.5 times off
  constexpr double least_likeness = 16.0;  // any two pixels of noise reach 10
  std::vector<double> likeness;
  for (int i = low; i <= high; ++i) {
    const double diameter_px = given_px * std::pow(step, i);
    const bool is_resolved = diameter_px >= fewest_px * std::max(scale.x, scale.y);
    likeness.push_back(is_resolved ? likeness_of_beads(tilts, scale, diameter_px) : 0.0);
  }
  const auto best = std::max_element(likeness.begin(), likeness.end()) - likeness.begin();
  const auto at = static_cast<std::size_t>(best);
  const double given = likeness[static_cast<std::size_t>(-low)];
  if (likeness[at] <= std::max(least_likeness, far_better * given)) return given_px;
  double vertex = 0.0;  // of a parabola through the logarithms
  if (at > 0 && at + 1 < likeness.size() && likeness[at - 1] > 0.0 && likeness[at + 1] > 0.0)
    vertex = parabola_vertex(std::log(likeness[at - 1]), std::log(likeness[at]),
                             std::log(likeness[at + 1]));
  return given_px * std::pow(step, static_cast<double>(best) + low + vertex);
}

}  // namespace gimbal::tilt
