// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/bead_score.h"

#include "gimbal/tilt/align_methods.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace gimbal::testing {
namespace {

double diameter_px(const TrueSeries& series) {
  return series.plan.options.specimen.bead_diameter_A / series.plan.options.pixel_A;
}

bool inside(const TrueSeries& series, Vec2 p, double margin) {
  const Size2 size = series.stack.full_size;
  return p.x > margin && p.y > margin && p.x < size.nx - 1 - margin && p.y < size.ny - 1 - margin;
}

// The bead that most images of the track are nearest to; -1: none.
int bead_of(const TrueSeries& series, const Track& track) {
  std::map<int, int> votes;
  for (const auto& seen : track.observations) {
    const auto& beads = series.beads_px[static_cast<std::size_t>(seen.tilt)];
    for (std::size_t b = 0; b < beads.size(); ++b)
      if (length(beads[b] - seen.position_px) < 0.25 * diameter_px(series))
        ++votes[static_cast<int>(b)];
  }
  int best = -1, most = static_cast<int>(track.observations.size()) / 2;
  for (const auto& [bead, n] : votes)
    if (n > most) best = bead, most = n;
  return best;
}

double crowding(const TrueSeries& series, std::size_t tilt, std::size_t bead) {
  double least = 1e9;
  const auto& beads = series.beads_px[tilt];
  for (std::size_t b = 0; b < beads.size(); ++b)
    if (b != bead) least = std::min(least, length(beads[b] - beads[bead]));
  return least;
}

struct Sums {
  double alone = 0.0, crowded = 0.0, crowded_expected = 0.0, expected = 0.0, bound = 0.0;
  int n_alone = 0, n_crowded = 0;
};

}  // namespace

BeadScore score_beads(const TrueSeries& series, const tilt::BeadTracks& found) {
  BeadScore score;
  const std::size_t n_beads = series.plan.specimen.gold.size(), n_tilts = series.beads_px.size();
  const double diameter = diameter_px(series);
  std::vector<double> bounds;
  for (const auto& tilt : series.plan.tilts)
    bounds.push_back(bead_bound_px(series.plan, tilt.nominal_tilt_deg));
  std::vector<bool> is_visible(n_beads), is_found(n_beads);
  const auto normal = [&](std::size_t t) {
    return series.plan.tilts[t].state == sim::BeamState::normal;
  };
  for (std::size_t b = 0; b < n_beads; ++b) {
    int n = 0;
    for (std::size_t t = 0; t < n_tilts; ++t)
      n += normal(t) && inside(series, series.beads_px[t][b], 0.25 * diameter) ? 1 : 0;
    is_visible[b] = n >= 5;
    if (!is_visible[b]) continue;
    ++score.visible;
    score.visible_images += n;
  }
  Sums sums;
  for (const Track& track : found.tracks) {
    const int bead = bead_of(series, track);
    if (bead < 0 || is_found[static_cast<std::size_t>(bead)]) {
      ++score.false_tracks;
      continue;
    }
    const auto b = static_cast<std::size_t>(bead);
    is_found[b] = true;
    for (const auto& seen : track.observations) {
      const auto t = static_cast<std::size_t>(seen.tilt);
      const Vec2 off = seen.position_px - series.beads_px[t][b];
      if (length(off) > 0.25 * diameter) {
        ++score.wrong_images;
        continue;
      }
      if (is_visible[b] && normal(t) && inside(series, series.beads_px[t][b], 0.25 * diameter))
        ++score.images;
      if (!normal(t) || !inside(series, series.beads_px[t][b], diameter)) continue;
      if (crowding(series, t, b) < 1.5 * diameter) {
        sums.crowded += off.x * off.x + off.y * off.y;
        sums.crowded_expected += 2.0 * seen.sigma_px * seen.sigma_px;
        ++sums.n_crowded;
      } else {
        sums.alone += off.x * off.x + off.y * off.y;
        sums.expected += 2.0 * seen.sigma_px * seen.sigma_px;
        sums.bound += 2.0 * bounds[t] * bounds[t];
        ++sums.n_alone;
      }
    }
  }
  for (std::size_t b = 0; b < n_beads; ++b) score.found += is_visible[b] && is_found[b] ? 1 : 0;
  const auto rms = [](double sum, int n) { return n > 0 ? std::sqrt(sum / (2.0 * n)) : 0.0; };
  score.rms_px = rms(sums.alone, sums.n_alone);
  score.expected_px = rms(sums.expected, sums.n_alone);
  score.bound_px = rms(sums.bound, sums.n_alone);
  score.crowded_rms_px = rms(sums.crowded, sums.n_crowded);
  score.crowded_expected_px = rms(sums.crowded_expected, sums.n_crowded);
  return score;
}

Alignment with_tracks(const tilt::Stack& stack, const tilt::BeadTracks& found) {
  Alignment start = tilt::nominal_alignment(stack);
  start.tracks = found.tracks;
  for (std::size_t t = 0; t < found.projections.size(); ++t) {
    start.tilts[t].projection.shift_px = found.projections[t].shift_px;
    start.tilts[t].projection.z_rot_deg = found.axis_deg;
    if (found.placed[t]) continue;
    start.tilts[t].state = TiltState::excluded;
    start.tilts[t].reason = "its beads do not fit those of the other tilts";
  }
  return start;
}

}  // namespace gimbal::testing
