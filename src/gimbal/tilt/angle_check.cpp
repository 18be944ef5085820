// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/angle_check.h"

#include "gimbal/core/units.h"
#include "gimbal/tilt/align_methods.h"
#include "gimbal/tilt/slab_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace gimbal::tilt {
namespace {

constexpr double finest_A = 40.0;  // as the scores

// The used tilts in the slab, and what all of them together say of its signal.
struct Views {
  SlabLevel level;
  std::vector<Projection> projections;
  std::vector<int> tilts;
  double thickness_px;
  SlabSpectra spectra;
  SlabSignal signal;
};

Views views_of(const Stack& stack, const Alignment& alignment) {
  Views v{slab_level(stack, finest_A), {}, {}, alignment.thickness_A / alignment.pixel_A, {}, {}};
  for (std::size_t t = 0; t < alignment.tilts.size(); ++t) {
    v.projections.push_back(alignment.tilts[t].projection);
    if (alignment.tilts[t].state == TiltState::used && !stack.tilts[t].image.empty())
      v.tilts.push_back(static_cast<int>(t));
  }
  v.spectra = slab_spectra(v.level.stack, v.projections, v.tilts, v.level.grid);
  v.signal = measured_signal(v.spectra, v.thickness_px, v.level.band);
  return v;
}

double agreement_at(Views& views, std::size_t i, double off_deg) {
  const int tilt = views.tilts[i];
  Projection projection = views.projections[static_cast<std::size_t>(tilt)];
  projection.y_tilt_deg += off_deg;
  const Fft2d fft({views.level.grid.n, views.level.grid.n});
  set_view(views.level.stack, projection, tilt, i, fft, views.spectra);
  return agreement_of(
      evaluate(views.spectra, views.signal, views.thickness_px, views.level.band, WithPictures::no),
      i);
}

struct OtherAngle {
  double nominal_tilt_deg = 0.0;
  double agreement = 0.0, with_own = 0.0;  // at that angle, and at the tilt's own
};

std::optional<OtherAngle> better_angle(Views& views, const Alignment& alignment, std::size_t i) {
  constexpr double much = 1.12, as_others = 0.9;
  // Smaller ones move nothing, not even at the rim, by what the scores resolve.
  const double least_deg = deg_from_rad(
      2.0 * finest_A / (alignment.pixel_A * std::max(alignment.size.nx, alignment.size.ny)));
  const AlignedTilt& tilt = alignment.tilts[static_cast<std::size_t>(views.tilts[i])];
  const double own_deg = tilt.nominal_tilt_deg;
  OtherAngle best;
  for (const double off_deg : {-9.0, -6.0, -4.0, -3.0, -2.0, 2.0, 3.0, 4.0, 6.0, 9.0})
    if (std::abs(off_deg) >= least_deg)
      if (const double agreement = agreement_at(views, i, off_deg); agreement > best.agreement)
        best = {own_deg + off_deg, agreement, 0.0};
  best.with_own = agreement_at(views, i, 0.0);
  if (best.agreement < std::max(much * best.with_own, as_others * score_around(alignment, tilt)))
    return {};
  return best;
}

}  // namespace

bool exclude_wrong_angles(const Stack& stack, Alignment& alignment) {
  constexpr double doubtful = 0.88;
  std::vector<std::size_t> candidates;
  for (std::size_t t = 0; t < alignment.tilts.size(); ++t) {
    const AlignedTilt& tilt = alignment.tilts[t];
    if (tilt.state == TiltState::used && tilt.score < doubtful * score_around(alignment, tilt))
      candidates.push_back(t);
  }
  if (candidates.empty() || alignment.thickness_A <= 0.0) return false;
  Views views = views_of(stack, alignment);
  bool is_any = false;
  for (const std::size_t t : candidates) {
    const auto at = std::find(views.tilts.begin(), views.tilts.end(), static_cast<int>(t));
    if (at == views.tilts.end()) continue;
    const auto other =
        better_angle(views, alignment, static_cast<std::size_t>(at - views.tilts.begin()));
    if (!other) continue;
    AlignedTilt& tilt = alignment.tilts[t];
    tilt.state = TiltState::excluded;
    tilt.reason = fmt::format(
        "it agrees to {:.3f} with the other tilts, but to {:.3f} if it was taken at {:.0f} degrees "
        "and not at {:.0f}: is its angle right?",
        other->with_own, other->agreement, other->nominal_tilt_deg, tilt.nominal_tilt_deg);
    is_any = true;
  }
  return is_any;
}

}  // namespace gimbal::tilt
