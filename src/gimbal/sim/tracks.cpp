// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/tracks.h"

#include "gimbal/core/random.h"

#include <algorithm>

namespace gimbal::sim {
namespace {

Alignment nominal(const SeriesPlan& plan, const TrackOptions& o, Random& random) {
  Alignment start;
  start.method = "simulated";
  start.size = {plan.options.nx, plan.options.ny};
  start.pixel_A = plan.options.pixel_A;
  for (const TiltPlan& tilt : plan.tilts) {
    AlignedTilt a;
    a.key = tilt.movie_name;
    a.nominal_tilt_deg = tilt.nominal_tilt_deg;
    a.pre_exposure_e_A2 = tilt.pre_exposure_e_A2;
    a.projection.y_tilt_deg = tilt.nominal_tilt_deg;
    a.projection.z_rot_deg =
        plan.options.tilt_axis_deg + plan.options.axis_error_deg + o.start_axis_error_deg;
    const double x = random.normal(), y = random.normal();
    a.projection.shift_px = tilt.shift_px + o.start_shift_error_px * Vec2{x, y};
    start.tilts.push_back(a);
  }
  std::stable_sort(start.tilts.begin(), start.tilts.end(),
                   [](const AlignedTilt& a, const AlignedTilt& b) {
                     return a.nominal_tilt_deg < b.nominal_tilt_deg;
                   });
  return start;
}

bool is_inside(Vec2 p, Size2 size) {
  return p.x >= 0.0 && p.y >= 0.0 && p.x <= size.nx - 1 && p.y <= size.ny - 1;
}

Track track_of(const SimulatedTracks& made, const TrackOptions& o, Vec3 bead, Random& random) {
  Track track;
  for (std::size_t t = 0; t < made.truth.views.size(); ++t) {
    const ReferenceView& view = made.truth.views[t];
    const Vec2 seen =
        project(view.projection, made.truth.moved(bead, view.dose_e_A2), made.truth.size);
    const double x = random.normal(), y = random.normal();
    const bool is_missing = random.uniform() < o.missing, is_off = random.uniform() < o.outliers;
    const double off_x = 60.0 * random.uniform() - 30.0, off_y = 60.0 * random.uniform() - 30.0;
    if (!is_inside(seen, made.truth.size) || is_missing) continue;
    Observation observation;
    observation.tilt = static_cast<int>(t);
    observation.position_px = seen + o.noise_px * Vec2{x, y};
    if (is_off) observation.position_px = seen + Vec2{off_x, off_y};
    observation.sigma_px = o.sigma_px;
    track.observations.push_back(observation);
  }
  return track;
}

}  // namespace

SimulatedTracks simulate_tracks(const SeriesPlan& plan, const TrackOptions& o) {
  Random random(o.seed, 0x747261636b);
  SimulatedTracks made;
  made.start = nominal(plan, o, random);
  std::vector<std::string> keys;
  for (const AlignedTilt& tilt : made.start.tilts) keys.push_back(tilt.key);
  made.truth = truth_of(plan, keys);
  const double c = std::abs(std::cos(rad_from_deg(plan.options.tilt_axis_deg)));
  const double s = std::abs(std::sin(rad_from_deg(plan.options.tilt_axis_deg)));
  const double nx = plan.options.nx, ny = plan.options.ny;
  const double across = (c * nx + s * ny) / (c + s), along = (s * nx + c * ny) / (c + s);
  const double thickness = o.thickness_A / plan.options.pixel_A;
  for (int i = 0; i < o.n_tracks; ++i) {
    const double x = random.uniform() - 0.5, y = random.uniform() - 0.5;
    double z = random.uniform() - 0.5;
    if (o.on_surfaces) z = z < 0.0 ? -0.5 : 0.5;
    made.beads.push_back({0.92 * across * x, 0.92 * along * y, thickness * z});
    made.start.tracks.push_back(track_of(made, o, made.beads.back(), random));
  }
  return made;
}

}  // namespace gimbal::sim
