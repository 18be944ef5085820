// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/misplaced.h"

#include "gimbal/core/units.h"
#include "gimbal/tilt/align_methods.h"
#include "gimbal/tilt/slab_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace gimbal::tilt {
namespace {

constexpr double finest_A = 40.0;  // as the scores

// The used tilts in the slab, and what all of them together say of its signal.
struct Views {
  SlabLevel level;
  SlabState state;
  SlabSpectra spectra;
  SlabSignal signal;
};

Views views_of(const Stack& stack, const Alignment& alignment) {
  Views v{slab_level(stack, finest_A), {}, {}, {}};
  v.state.thickness_px = alignment.thickness_A / alignment.pixel_A;
  for (std::size_t t = 0; t < alignment.tilts.size(); ++t) {
    v.state.projections.push_back(alignment.tilts[t].projection);
    if (alignment.tilts[t].state == TiltState::used && !stack.tilts[t].image.empty())
      v.state.tilts.push_back(static_cast<int>(t));
  }
  v.spectra = slab_spectra(v.level.stack, v.state.projections, v.state.tilts, v.level.grid);
  v.signal = measured_signal(v.spectra, v.state.thickness_px, v.level.band);
  return v;
}

double agreement_of_view(const Views& views, std::size_t i) {
  return agreement_of(evaluate(views.spectra, views.signal, views.state.thickness_px,
                               views.level.band, WithPictures::no),
                      i);
}

struct Agreement {
  double here = 0.0;   // where the tilt is
  double there = 0.0;  // where others predict it: beads may have put it anywhere
  double better() const { return std::max(here, there); }
};

// Of view i if its tilt was taken so many degrees farther on.
Agreement agreement_at(Views& views, std::size_t i, double off_deg) {
  const int tilt = views.state.tilts[i];
  Projection& projection = views.state.projections[static_cast<std::size_t>(tilt)];
  const Projection own = projection;
  projection.y_tilt_deg += off_deg;
  const Fft2d fft({views.level.grid.n, views.level.grid.n});
  set_view(views.level.stack, projection, tilt, i, fft, views.spectra);
  Agreement agreement;
  agreement.here = agreement_of_view(views, i);
  look_again(views.level, views.state, tilt, views.spectra);
  agreement.there = agreement_of_view(views, i);
  projection = own;
  set_view(views.level.stack, own, tilt, i, fft, views.spectra);
  return agreement;
}

// Why a tilt does not belong where it is, if so.
std::string doubt_of(Views& views, const Alignment& alignment, std::size_t i) {
  constexpr double much = 1.25, as_others = 0.9;
  // Smaller ones move nothing, not even at the rim, by what the scores resolve.
  const double least_deg = deg_from_rad(
      2.0 * finest_A / (alignment.pixel_A * std::max(alignment.size.nx, alignment.size.ny)));
  const AlignedTilt& tilt = alignment.tilts[static_cast<std::size_t>(views.state.tilts[i])];
  const double needed = as_others * score_near(alignment, tilt);
  const Agreement own = agreement_at(views, i, 0.0);
  double best = 0.0, best_off_deg = 0.0;
  for (const double off_deg : {-9.0, -7.0, -5.0, -4.0, -3.0, 3.0, 4.0, 5.0, 7.0, 9.0}) {
    if (std::abs(off_deg) < least_deg) continue;
    const double agreement = agreement_at(views, i, off_deg).better();
    if (agreement > best) best = agreement, best_off_deg = off_deg;
  }
  if (best > std::max(much * own.better(), needed))
    return fmt::format(
        "it agrees to {:.3f} with the other tilts, but to {:.3f} if it was taken at {:.0f} degrees "
        "and not at {:.0f}: is its angle right?",
        own.here, best, tilt.nominal_tilt_deg + best_off_deg, tilt.nominal_tilt_deg);
  if (own.there > std::max(much * own.here, needed))
    return fmt::format(
        "it agrees to {:.3f} with the other tilts, but to {:.3f} at another place: where it lies "
        "is not sure",
        own.here, own.there);
  return {};
}

}  // namespace

bool exclude_misplaced(const Stack& stack, Alignment& alignment) {
  constexpr double doubtful = 0.88;
  std::vector<std::size_t> candidates;
  for (std::size_t t = 0; t < alignment.tilts.size(); ++t) {
    const AlignedTilt& tilt = alignment.tilts[t];
    if (tilt.state == TiltState::used && tilt.score < doubtful * score_around(alignment, tilt))
      candidates.push_back(t);
  }
  if (candidates.empty() || alignment.thickness_A <= 0.0) return false;
  Views views = views_of(stack, alignment);
  std::vector<std::pair<std::size_t, std::string>> doubts;
  for (const std::size_t t : candidates) {
    const auto at =
        std::find(views.state.tilts.begin(), views.state.tilts.end(), static_cast<int>(t));
    if (at == views.state.tilts.end()) continue;
    std::string doubt =
        doubt_of(views, alignment, static_cast<std::size_t>(at - views.state.tilts.begin()));
    if (!doubt.empty()) doubts.emplace_back(t, std::move(doubt));
  }
  for (auto& [t, doubt] : doubts) {
    alignment.tilts[t].state = TiltState::excluded;
    alignment.tilts[t].reason = std::move(doubt);
  }
  return !doubts.empty();
}

}  // namespace gimbal::tilt
