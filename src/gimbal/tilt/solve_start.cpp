// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/error.h"
#include "gimbal/tilt/solve_steps.h"

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

std::size_t at(int i) {
  return static_cast<std::size_t>(i);
}

double mean_direction_rad(const Alignment& start) {
  double c = 0.0, s = 0.0;
  for (const AlignedTilt& tilt : start.tilts)
    if (tilt.state == TiltState::used) {
      c += std::cos(rad_from_deg(tilt.projection.z_rot_deg));
      s += std::sin(rad_from_deg(tilt.projection.z_rot_deg));
    }
  return std::atan2(s, c);
}

void set_doses(Bundle& bundle) {
  double first = bundle.tilts.front().dose_e_A2, last = first;
  for (const BundleTilt& tilt : bundle.tilts) {
    first = std::min(first, tilt.dose_e_A2);
    last = std::max(last, tilt.dose_e_A2);
  }
  bundle.first_dose_e_A2 = first;
  bundle.dose_range_e_A2 = last - first;
}

// Tilts that take part, and for each tilt of the alignment its place among them, or -1.
std::vector<int> add_tilts(const Alignment& start, SolveState& state) {
  std::vector<int> seen(start.tilts.size(), 0), place(start.tilts.size(), -1);
  for (const Track& track : start.tracks)
    for (const Observation& o : track.observations) {
      if (o.tilt < 0 || o.tilt >= static_cast<int>(start.tilts.size()))
        fail("a track has an observation in tilt {}, but there are {} tilts", o.tilt,
             start.tilts.size());
      ++seen[at(o.tilt)];
    }
  for (std::size_t i = 0; i < start.tilts.size(); ++i) {
    const AlignedTilt& tilt = start.tilts[i];
    if (tilt.state != TiltState::used) continue;
    if (seen[i] == 0) {
      state.dropped.push_back({static_cast<int>(i), "nothing was tracked in this tilt"});
      continue;
    }
    place[i] = static_cast<int>(state.bundle.tilts.size());
    BundleTilt t;
    t.index = static_cast<int>(i);
    t.angle_rad = rad_from_deg(tilt.projection.y_tilt_deg);
    t.x_tilt_rad = rad_from_deg(tilt.projection.x_tilt_deg);
    t.dose_e_A2 = tilt.pre_exposure_e_A2;
    t.shift_px = tilt.projection.shift_px;
    state.bundle.tilts.push_back(t);
  }
  return place;
}

void add_tracks(const Alignment& start, const std::vector<int>& place, int min_length,
                SolveState& state) {
  Bundle& bundle = state.bundle;
  const Vec2 centre = image_centre(start.size);
  for (std::size_t k = 0; k < start.tracks.size(); ++k) {
    const Track& track = start.tracks[k];
    BundlePoint point;
    point.begin = static_cast<int>(bundle.observations.size());
    for (std::size_t i = 0; i < track.observations.size(); ++i) {
      const Observation& o = track.observations[i];
      const bool is_sound = std::isfinite(o.position_px.x) && std::isfinite(o.position_px.y) &&
                            o.sigma_px > 0.0 && std::isfinite(o.sigma_px);
      if (place[at(o.tilt)] < 0 || !is_sound) continue;
      BundleObservation b;
      b.tilt = place[at(o.tilt)];
      b.point = static_cast<int>(bundle.points.size());
      b.track = static_cast<int>(k);
      b.place = static_cast<int>(i);
      b.position_px = o.position_px - centre;
      b.sigma_px = o.sigma_px;
      bundle.observations.push_back(b);
    }
    point.end = static_cast<int>(bundle.observations.size());
    if (point.end - point.begin >= min_length)
      bundle.points.push_back(point);
    else
      bundle.observations.resize(at(point.begin));
  }
}

// Tilts in which only tracks were that are too short.
void drop_empty_tilts(SolveState& state) {
  Bundle& bundle = state.bundle;
  std::vector<int> count(bundle.tilts.size(), 0), place(bundle.tilts.size(), -1);
  for (const BundleObservation& o : bundle.observations) ++count[at(o.tilt)];
  std::vector<BundleTilt> kept;
  for (std::size_t t = 0; t < bundle.tilts.size(); ++t)
    if (count[t] > 0) {
      place[t] = static_cast<int>(kept.size());
      kept.push_back(bundle.tilts[t]);
    } else {
      state.dropped.push_back({bundle.tilts[t].index, "no long track is seen in this tilt"});
    }
  for (BundleObservation& o : bundle.observations) o.tilt = place[at(o.tilt)];
  bundle.tilts = kept;
}

// At most `n` tracks, the longest ones, for a quick look.
Bundle part_of(const Bundle& bundle, std::size_t n) {
  std::vector<std::size_t> order(bundle.points.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return bundle.points[a].end - bundle.points[a].begin >
           bundle.points[b].end - bundle.points[b].begin;
  });
  if (order.size() > n) order.resize(n);
  Bundle part = bundle;
  part.points.clear();
  part.observations.clear();
  for (std::size_t i : order) {
    BundlePoint point = bundle.points[i];
    const int begin = static_cast<int>(part.observations.size());
    for (int k = point.begin; k < point.end; ++k) {
      part.observations.push_back(bundle.observations[at(k)]);
      part.observations.back().point = static_cast<int>(part.points.size());
    }
    point.begin = begin;
    point.end = static_cast<int>(part.observations.size());
    part.points.push_back(point);
  }
  return part;
}

}  // namespace

SolveState gather(const Alignment& start, const SolveOptions& options) {
  if (start.size.nx < 1 || start.size.ny < 1)
    fail("the alignment says that the images are {} x {} px", start.size.nx, start.size.ny);
  SolveState state;
  Bundle& bundle = state.bundle;
  bundle.radius_px = 0.5 * std::max(start.size.nx, start.size.ny);
  bundle.rotation_rad = mean_direction_rad(start);
  const auto place = add_tilts(start, state);
  add_tracks(start, place, std::max(2, options.min_track_length), state);
  if (bundle.points.empty())
    fail("there is nothing to align by: none of {} tracks is seen in {} used tilts or more",
         start.tracks.size(), std::max(2, options.min_track_length));
  drop_empty_tilts(state);
  set_doses(bundle);
  bundle.tilt_noise.assign(bundle.tilts.size(), 1.0);
  bundle.prior_weight.assign(bundle.tilts.size(), {1.0, 1.0, 1.0});
  bundle.model.rotation = bundle.points.size() > 1;
  bundle.finds_whitening = options.errors_differ;
  state.n_tracks_given = static_cast<int>(start.tracks.size());
  return state;
}

double misfit(const Bundle& bundle) {
  const Layout layout = layout_of(bundle);
  std::vector<TiltView> views;
  for (const BundleTilt& tilt : bundle.tilts) views.push_back(view_of(bundle, tilt));
  std::vector<double> sizes;
  for (const BundleObservation& o : bundle.observations) {
    const Vec2 seen =
        predict(bundle, layout, views[at(o.tilt)], bundle.points[at(o.point)].position_px, nullptr);
    sizes.push_back(length(o.position_px - seen) / o.sigma_px);
  }
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return *middle;
}

void initialise(Bundle& bundle) {
  const bool rotates = bundle.model.rotation;
  bundle.model.rotation = false;  // with rotations given, points and shifts are a linear problem
  for (int i = 0; i < 3; ++i) {
    refine(bundle, 1, 0.0);
    reweight_roughly(bundle);
  }
  bundle.model.rotation = rotates;
  for (int i = 0; i < 8; ++i) {
    const double before = bundle.rotation_rad;
    refine(bundle, 2, 1e-3);
    reweight_roughly(bundle);
    if (i > 2 && std::abs(bundle.rotation_rad - before) * bundle.radius_px < 0.02) break;
  }
}

void find_axis(SolveState& state, const SolveOptions& options) {
  Bundle& bundle = state.bundle;
  if (!bundle.model.rotation) {
    if (!options.axis_known)
      fail("one track cannot tell the direction of the tilt axis: give it, or more tracks");
    initialise(bundle);
    return;
  }
  const int n_directions = options.axis_known ? 6 : 12;
  const double given = bundle.rotation_rad;
  Bundle part = part_of(bundle, 15);
  double best = 0.0, best_angle = given, of_given = 0.0;
  for (int i = 0; i < n_directions; ++i) {
    Bundle trial = part;
    trial.rotation_rad = given + std::numbers::pi * i / n_directions;
    initialise(trial);
    const double value = misfit(trial);
    if (i == 0) of_given = value;
    if (i == 0 || value < best) {
      best = value;
      best_angle = trial.rotation_rad;
    }
  }
  // The axis has no sign here: the direction nearest to the given one, or within +-90 degrees.
  const double around = options.axis_known ? given : 0.0;
  best_angle = around + std::remainder(best_angle - around, std::numbers::pi);
  const double off_deg = deg_from_rad(best_angle - given);
  if (!options.axis_known) {
    bundle.rotation_rad = best_angle;
    state.notes.push_back(fmt::format(
        "The tilt axis was found from the tracks alone, at {:.2f} degrees. The opposite direction "
        "fits as well and mirrors the specimen: check the hand once for this microscope.",
        deg_from_rad(best_angle)));
  } else if (best < 0.7 * of_given && std::abs(off_deg) > 10.0) {
    bundle.rotation_rad = best_angle;
    state.axis_doubt = fmt::format(
        "The tilt axis is {:.1f} degrees away from the given one: the tracks then fit {:.1f} times "
        "better. The hand of the specimen should be checked.",
        off_deg, of_given / std::max(best, 1e-9));
  }
  initialise(bundle);
}

}  // namespace gimbal::tilt
