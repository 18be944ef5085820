// SPDX-License-Identifier: GPL-3.0-or-later
// What the scores say of an alignment.
#include "gimbal/core/median.h"
#include "gimbal/tilt/align_methods.h"
#include "gimbal/tilt/doubt.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

bool is_used(const AlignedTilt& tilt) {
  return tilt.state == TiltState::used;
}

struct Neighbour {
  double off_deg, score;
};

// Used tilts, the nearest in angle first.
std::vector<Neighbour> neighbours(const Alignment& alignment, const AlignedTilt& tilt) {
  constexpr std::size_t most = 4;
  std::vector<Neighbour> found;
  for (const AlignedTilt& other : alignment.tilts)
    if (is_used(other) && &other != &tilt)
      found.push_back({other.nominal_tilt_deg - tilt.nominal_tilt_deg, other.score});
  std::sort(found.begin(), found.end(), [](const Neighbour& a, const Neighbour& b) {
    return std::pair(std::abs(a.off_deg), a.score) < std::pair(std::abs(b.off_deg), b.score);
  });
  found.resize(std::min(most, found.size()));
  return found;
}

double second_lowest(const std::vector<Neighbour>& near) {
  std::vector<double> scores;
  for (const Neighbour& other : near) scores.push_back(other.score);
  std::sort(scores.begin(), scores.end());
  return scores.size() < 2 ? 0.0 : scores[1];
}

}  // namespace

// The two branches of a bidirectional series differ by their dose: so not the lowest.
double score_near(const Alignment& alignment, const AlignedTilt& tilt) {
  return second_lowest(neighbours(alignment, tilt));
}

double score_around(const Alignment& alignment, const AlignedTilt& tilt) {
  const auto near = neighbours(alignment, tilt);
  const double usual = second_lowest(near);
  const bool is_end = std::all_of(near.begin(), near.end(), [&](const Neighbour& other) {
    return (other.off_deg > 0.0) == (near.front().off_deg > 0.0);
  });
  if (!is_end || near.size() < 2) return usual;
  return std::min(usual, std::max(0.0, 2.0 * near[0].score - near[1].score));
}

namespace {

std::string poor_reason(double score, double around) {
  return fmt::format(
      "it agrees to {:.3f} with the other tilts, its neighbours to {:.3f} and more: is its angle "
      "right, and its image whole?",
      score, around);
}

// Of the used tilts: the largest over the smallest, minus 1.
double magnification_range(const Alignment& alignment) {
  double low = 0.0, high = 0.0;
  for (const AlignedTilt& tilt : alignment.tilts) {
    if (!is_used(tilt)) continue;
    const double m = tilt.projection.magnification;
    low = low > 0.0 ? std::min(low, m) : m;
    high = std::max(high, m);
  }
  return low > 0.0 ? high / low - 1.0 : 0.0;
}

}  // namespace

std::size_t n_used(const Alignment& alignment) {
  return static_cast<std::size_t>(
      std::count_if(alignment.tilts.begin(), alignment.tilts.end(), is_used));
}

bool exclude_strangers(Alignment& alignment) {
  constexpr double least = 0.45;
  std::vector<std::pair<AlignedTilt*, std::string>> strangers;
  for (AlignedTilt& tilt : alignment.tilts) {
    const double around = score_around(alignment, tilt);
    if (is_used(tilt) && tilt.score < least * around)
      strangers.emplace_back(&tilt, poor_reason(tilt.score, around));
  }
  for (auto& [tilt, reason] : strangers) {
    tilt->state = TiltState::excluded;
    tilt->reason = std::move(reason);
  }
  return !strangers.empty();
}

void judge(Alignment& alignment) {
  const auto worsen = [&](Verdict verdict, std::string note) {
    add_doubt(alignment, verdict, std::move(note));
  };
  std::vector<double> scores;
  for (const AlignedTilt& tilt : alignment.tilts)
    if (is_used(tilt)) scores.push_back(tilt.score);
  if (scores.empty()) return worsen(Verdict::fail, "No tilt is left.");
  const std::size_t excluded = alignment.tilts.size() - scores.size();
  const double usual = median(scores);
  constexpr double failing = 0.03, doubtful = 0.08, poor = 0.6;
  if (usual < failing)
    worsen(Verdict::fail, fmt::format("The tilts do not agree with each other: {:.3f}.", usual));
  else if (usual < doubtful)
    worsen(Verdict::warn, fmt::format("The tilts hardly agree with each other: {:.3f}.", usual));
  int n_poor = 0;
  for (AlignedTilt& tilt : alignment.tilts) {
    const double around = score_around(alignment, tilt);
    if (!is_used(tilt) || tilt.score >= poor * around) continue;
    ++n_poor;
    if (tilt.reason.empty()) tilt.reason = poor_reason(tilt.score, around);
  }
  if (n_poor > 0)
    worsen(Verdict::warn, n_poor == 1
                              ? std::string("One tilt agrees poorly with the others.")
                              : fmt::format("{} tilts agree poorly with the others.", n_poor));
  constexpr double usual_range = 0.006;  // a microscope's own variation stays below
  if (const double range = magnification_range(alignment); range > usual_range)
    worsen(Verdict::warn,
           fmt::format("The magnification varies by {:.1f} % over the tilts. gimbal's tomograms "
                       "follow it, but RELION's own columns cannot say it.",
                       100.0 * range));
  if (3 * excluded > alignment.tilts.size())
    worsen(Verdict::warn,
           fmt::format("{} of {} tilts are excluded.", excluded, alignment.tilts.size()));
}

}  // namespace gimbal::tilt
