// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/bead_track.h"

#include "gimbal/core/error.h"
#include "gimbal/tilt/bead_follow.h"
#include "gimbal/tilt/bead_register.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace gimbal::tilt {
namespace {

double middle_axis_deg(const Alignment& start) {
  std::vector<double> axes;
  for (const auto& tilt : start.tilts) axes.push_back(tilt.projection.z_rot_deg);
  const auto middle = axes.begin() + static_cast<std::ptrdiff_t>(axes.size() / 2);
  std::nth_element(axes.begin(), middle, axes.end());
  return *middle;
}

RegisterInput input_of(const Stack& stack, const Alignment& start, const BeadImages& images,
                       const BeadOptions& options) {
  RegisterInput input;
  input.size = stack.size;
  input.axis_deg = middle_axis_deg(start);
  input.axis_known = stack.axis_known;
  const double slab_px = 10.0 * options.max_thickness_nm / stack.pixel_A();
  input.depth_sigma_px = std::min(slab_px / std::sqrt(12.0), 800.0 / stack.pixel_A());
  input.match_px = std::max(2.0, 0.003 * std::max(stack.size.nx, stack.size.ny));
  const Vec2 centre = (1.0 / stack.binning) * image_centre(stack.full_size);
  for (std::size_t t = 0; t < stack.tilts.size(); ++t) {
    const AlignedTilt& tilt = start.tilts[t];
    input.tilt_deg.push_back(tilt.projection.y_tilt_deg);
    input.start_px.push_back((1.0 / stack.binning) * tilt.projection.shift_px);
    auto& points = input.points.emplace_back();
    if (tilt.state == TiltState::excluded) continue;
    const auto& candidates = images.candidates[t];
    for (const auto& candidate : candidates) {
      // Far weaker than the best: texture.
      if (candidate.signal < 0.3 * candidates.front().signal || candidate.match < 0.4) continue;
      points.push_back({candidate.position_px - centre, std::min(1.0, candidate.match)});
    }
  }
  return input;
}

Followed begin_following(const Stack& stack, const Registration& registration) {
  Followed state;
  state.model = registration.model;
  state.centre_px = (1.0 / stack.binning) * image_centre(stack.full_size);
  state.scale_px = std::max(0.5, registration.scale_px);
  std::vector<int> seen(state.model.points.size());
  for (const auto& of_tilt : registration.point_of)
    for (const int i : of_tilt)
      if (i >= 0) ++seen[static_cast<std::size_t>(i)];
  std::vector<Vec3> points;
  const int least = registration.n_placed < 6 ? 2 : 3;
  for (std::size_t i = 0; i < seen.size(); ++i)
    if (seen[i] >= least) points.push_back(state.model.points[i]);
  state.model.points = points;
  state.fits.assign(points.size(), std::vector<BeadFit>(state.model.tilts.size()));
  state.strength.assign(points.size(), 1.0);
  state.level.assign(state.model.tilts.size(), 0.0);
  state.n_expected.assign(points.size(), 0);
  return state;
}

// Gold is the darkest thing there is, and all beads are alike: the usual strength, counted with
// the square of the strength, is gold's even when most points are something else.
double gold_strength(const Followed& state) {
  std::vector<std::size_t> order(state.strength.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return state.strength[a] < state.strength[b]; });
  const auto weight = [&](std::size_t i) {
    return state.strength[i] * state.strength[i] * state.n_seen(i);
  };
  double sum = 0.0, half = 0.0;
  for (const auto i : order) sum += weight(i);
  for (const auto i : order)
    if ((half += weight(i)) >= 0.5 * sum) return state.strength[i];
  return 0.0;
}

// How much darker a place is than its surroundings, as a part of their brightness.
double darkness(const Image<float>& image, double mean, Vec2 at, double diameter) {
  double inner = 0.0, outer = 0.0;
  int n_inner = 0, n_outer = 0;
  const int reach = static_cast<int>(1.2 * diameter) + 1;
  const int cx = static_cast<int>(std::lround(at.x)), cy = static_cast<int>(std::lround(at.y));
  for (int y = std::max(0, cy - reach); y <= std::min(image.ny() - 1, cy + reach); ++y)
    for (int x = std::max(0, cx - reach); x <= std::min(image.nx() - 1, cx + reach); ++x) {
      const double r = std::hypot(x - at.x, y - at.y) / diameter;
      if (r < 0.35) inner += static_cast<double>(image(x, y)), ++n_inner;
      if (r > 0.8 && r < 1.2) outer += static_cast<double>(image(x, y)), ++n_outer;
    }
  if (n_inner == 0 || n_outer == 0) return 0.0;
  const double around = mean + outer / n_outer;
  return around > 0.0 ? (outer / n_outer - inner / n_inner) / around : 0.0;
}

double usual_darkness(const Stack& stack, const Followed& state, std::size_t point,
                      double diameter) {
  std::vector<double> values;
  for (std::size_t t = 0; t < stack.tilts.size(); ++t)
    if (const BeadFit& fit = state.fits[point][t]; fit.ok)
      values.push_back(
          darkness(stack.tilts[t].image, stack.tilts[t].mean, fit.position_px, diameter));
  if (values.empty()) return 0.0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Images that were normalised have lost their brightness: darkness means nothing then.
bool have_brightness(const Stack& stack) {
  std::size_t n = 0;
  for (const auto& tilt : stack.tilts) n += tilt.mean > 0.3 * tilt.deviation ? 1 : 0;
  return 2 * n > stack.tilts.size();
}

std::vector<bool> gold_of(const Stack& stack, const BeadImages& images, const Followed& state) {
  const double gold_nm = 0.1 * stack.pixel_A() * images.profile.diameter_px();
  const double usual = gold_strength(state);
  const bool bright = have_brightness(stack);
  const double least = std::min(0.12, 0.012 * gold_nm);
  std::vector<bool> gold(state.fits.size());
  for (std::size_t i = 0; i < gold.size(); ++i) {
    gold[i] = state.strength[i] > 0.55 * usual && state.strength[i] < 1.8 * usual;
    const double dark = usual_darkness(stack, state, i, images.profile.diameter_px());
    if (bright) gold[i] = gold[i] && dark > least;
  }
  return gold;
}

Track track_of(const Stack& stack, const Followed& state, std::size_t point) {
  Track track;
  for (std::size_t t = 0; t < state.fits[point].size(); ++t) {
    const BeadFit& fit = state.fits[point][t];
    if (!fit.ok) continue;
    Observation observation;
    observation.tilt = static_cast<int>(t);
    observation.position_px = stack.binning * fit.position_px;
    observation.sigma_px = stack.binning * fit.sigma_px;
    track.observations.push_back(observation);
  }
  track.point_px = static_cast<double>(stack.binning) * state.model.points[point];
  return track;
}

BeadTracks result_of(const Stack& stack, const Alignment& start, const BeadImages& images,
                     const Followed& state, const BeadOptions& options) {
  BeadTracks result;
  result.axis_deg = state.model.axis_deg;
  result.diameter_px = stack.binning * images.profile.diameter_px();
  result.scale_px = stack.binning * state.scale_px;
  const auto gold = gold_of(stack, images, state);
  for (std::size_t i = 0; i < gold.size(); ++i)
    if (gold[i])
      result.tracks.push_back(track_of(stack, state, i));
    else
      ++result.n_rejected;
  for (std::size_t t = 0; t < state.model.tilts.size(); ++t) {
    const BeadPose& pose = state.model.tilts[t];
    Projection projection = start.tilts[t].projection;
    projection.x_tilt_deg = 0.0;
    projection.y_tilt_deg = pose.tilt_deg + pose.tilt_error_deg;
    projection.z_rot_deg = state.model.axis_deg + pose.rotation_deg;
    projection.magnification = pose.magnification;
    projection.shift_px = static_cast<double>(stack.binning) * pose.shift_px;
    result.projections.push_back(projection);
    result.placed.push_back(pose.placed);
  }
  result.notes.push_back(fmt::format(
      "{} gold beads of {:.1f} px were followed; {} other things were seen in many tilts, but are "
      "not gold.",
      result.tracks.size(), result.diameter_px, result.n_rejected));
  const double found_nm = 0.1 * stack.full_pixel_A * result.diameter_px;
  if (std::abs(found_nm - options.gold_nm) > 0.01 * options.gold_nm)
    result.notes.push_back(
        fmt::format("The beads look like about {:.0f} nm, not like the {:g} nm that were given, "
                    "and were followed as "
                    "such: check --gold_nm.",
                    found_nm, options.gold_nm));
  return result;
}

}  // namespace

BeadTracks track_beads(const Stack& stack, const Alignment& start, const BeadOptions& options) {
  if (start.tilts.size() != stack.tilts.size())
    fail("the starting alignment has {} tilts, the stack {}", start.tilts.size(),
         stack.tilts.size());
  BeadImages images = find_beads(stack, options);
  const RegisterInput input = input_of(stack, start, images, options);
  const Registration registration = register_beads(input);
  Followed state = begin_following(stack, registration);
  const double diameter = images.profile.diameter_px();
  const double depth = 10.0 * options.max_thickness_nm / stack.pixel_A();
  for (int round = 0; round < 4; ++round) {
    const double gate =
        round == 0 ? 0.6 * diameter : std::max(0.15 * diameter, 5.0 * state.scale_px + 1.0);
    fit_all(images, state, gate, round == 0);
    refine_all(state, input.depth_sigma_px, round == 0 ? 6 : 3);
    prune(images, state);
    if (round < 2 && discover(images, state, depth) > 0 && round == 1)
      fit_all(images, state, 0.5 * diameter, true);
    if (round == 1) whiten_all_again(images, state);
    if (round < 3) learn_again(images, state);
  }
  return result_of(stack, start, images, state, options);
}

}  // namespace gimbal::tilt
