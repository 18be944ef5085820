// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/exclude.h"

#include "gimbal/core/error.h"
#include "gimbal/core/median.h"
#include "gimbal/data/unusual_motion.h"
#include "gimbal/tilt/bad_tilts.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace gimbal::tilt {
namespace {

constexpr std::size_t enough_tilts = 5;  // fewer are no measure of each other
constexpr std::size_t neighbours = 8;
constexpr double low_score = 0.4;  // of the neighbours' median, and of the median of all

bool is_used(const AlignedTilt& tilt) {
  return tilt.state == TiltState::used;
}

void exclude(AlignedTilt& tilt, std::string reason) {
  tilt.state = TiltState::excluded;
  tilt.reason = std::move(reason);
}

void exclude_by_metadata(Alignment& alignment, const ExcludeOptions& o) {
  for (AlignedTilt& tilt : alignment.tilts) {
    if (!is_used(tilt)) continue;
    const double angle = tilt.nominal_tilt_deg, dose = tilt.pre_exposure_e_A2;
    if (angle < o.tilt_min || angle > o.tilt_max)
      exclude(tilt, fmt::format("its angle, {:.2f} degrees, is outside of {:g} to {:g}", angle,
                                o.tilt_min, o.tilt_max));
    else if (o.pre_exposure_max > 0.0 && dose > o.pre_exposure_max)
      exclude(tilt,
              fmt::format("{:.1f} e/A^2 came before it, more than {:g}", dose, o.pre_exposure_max));
  }
}

void exclude_by_motion(const std::vector<double>& motion_A, Alignment& alignment,
                       const ExcludeOptions& o) {
  std::vector<double> known;
  for (std::size_t i = 0; i < motion_A.size(); ++i)
    if (is_used(alignment.tilts[i]) && std::isfinite(motion_A[i])) known.push_back(motion_A[i]);
  const bool can_compare = o.automatic && known.size() >= enough_tilts;
  const double usual = known.empty() ? 0.0 : median(known);
  for (std::size_t i = 0; i < motion_A.size(); ++i) {
    AlignedTilt& tilt = alignment.tilts[i];
    if (!is_used(tilt)) continue;
    if (o.motion_max > 0.0 && motion_A[i] > o.motion_max)
      exclude(tilt, fmt::format("it moved {:.1f} A, more than {:g}", motion_A[i], o.motion_max));
    else if (can_compare && is_unusual_motion(motion_A[i], usual))
      exclude(tilt,
              fmt::format("it moved {:.1f} A, far more than the median of its series ({:.1f} A)",
                          motion_A[i], usual));
  }
}

// The median score of the nearest tilts in angle that are used.
double score_around(const Alignment& alignment, std::size_t tilt) {
  std::vector<std::pair<double, double>> others;
  for (std::size_t i = 0; i < alignment.tilts.size(); ++i) {
    const AlignedTilt& other = alignment.tilts[i];
    if (i != tilt && is_used(other) && std::isfinite(other.score))
      others.emplace_back(std::abs(other.nominal_tilt_deg - alignment.tilts[tilt].nominal_tilt_deg),
                          other.score);
  }
  std::sort(others.begin(), others.end());
  if (others.size() > neighbours) others.resize(neighbours);
  std::vector<double> scores;
  for (const auto& other : others) scores.push_back(other.second);
  return scores.empty() ? 0.0 : median(scores);
}

void exclude_by_score(Alignment& alignment, const ExcludeOptions& o) {
  std::vector<double> known;
  for (const AlignedTilt& tilt : alignment.tilts)
    if (is_used(tilt) && std::isfinite(tilt.score)) known.push_back(tilt.score);
  const bool can_compare = o.automatic && known.size() >= enough_tilts;
  const double usual = known.empty() ? 0.0 : median(known);
  for (std::size_t i = 0; i < alignment.tilts.size(); ++i) {
    AlignedTilt& tilt = alignment.tilts[i];
    if (!is_used(tilt) || !std::isfinite(tilt.score)) continue;
    const double around = can_compare ? score_around(alignment, i) : 0.0;
    if (tilt.score < o.score_min)
      exclude(tilt,
              fmt::format("its alignment score is {:.2f}, below {:g}", tilt.score, o.score_min));
    else if (tilt.score < low_score * around && tilt.score < low_score * usual)
      exclude(tilt, fmt::format("its alignment score is {:.2f}, its neighbours have {:.2f}",
                                tilt.score, around));
  }
}

// What is not asked for is not judged; --auto fills in its own limits.
BadTiltLimits light_limits(const ExcludeOptions& o) {
  const BadTiltLimits robust;
  const auto limit = [&](double asked, double usual) {
    return asked > 0.0 ? asked : o.automatic ? usual : 0.0;
  };
  return {.dark = limit(o.brightness_min, robust.dark),
          .bright = limit(o.brightness_max, robust.bright),
          .shadow = limit(o.blocked_max, robust.shadow),
          .without_image = o.automatic,
          .repeated = o.automatic};
}

}  // namespace

bool ExcludeOptions::asks_for_anything() const {
  return automatic || tilt_min > -90.0 || tilt_max < 90.0 || pre_exposure_max > 0.0 ||
         motion_max > 0.0 || brightness_min > 0.0 || brightness_max > 0.0 || blocked_max > 0.0 ||
         score_min > 0.0;
}

void describe(ExcludeOptions& o, OptionTable& t) {
  const OptionGroup rules(t, "Rules");
  rules.add(
      "auto", o.automatic,
      {.help = "Exclude tilts without a usable image, dark or bright ones, those in a shadow, "
               "repeated angles, those that moved far more than the others, and those that an "
               "alignment excluded or could not place"});
  rules.add("tilt_min", o.tilt_min,
            {.help = "Exclude lower angles of the stage", .unit = "deg", .min = -90, .max = 90});
  rules.add("tilt_max", o.tilt_max,
            {.help = "Exclude higher angles of the stage", .unit = "deg", .min = -90, .max = 90});
  rules.add(
      "pre_exposure_max", o.pre_exposure_max,
      {.help = "Exclude tilts with more dose before them; 0: keep", .unit = "e/A^2", .min = 0});
  rules.add("motion_max", o.motion_max,
            {.help = "Exclude tilts that moved more (rlnAccumMotionTotal); 0: keep, or as --auto",
             .unit = "A",
             .min = 0});
  rules.add(
      "brightness_min", o.brightness_min,
      {.help = "Exclude tilts darker than this part of their neighbours in angle; 0: keep, or "
               "0.4 with --auto",
       .min = 0,
       .max = 1});
  rules.add(
      "brightness_max", o.brightness_max,
      {.help = "Exclude tilts brighter than so many times their neighbours in angle; 0: keep, or "
               "2.5 with --auto",
       .min = 0});
  rules.add("blocked_max", o.blocked_max,
            {.help = "Exclude tilts with a larger part of the field in the shadow of a grid bar or "
                     "another thing; 0: keep, or 0.5 with --auto",
             .min = 0,
             .max = 1});
  rules.add(
      "score_min", o.score_min,
      {.help = "Exclude tilts with a lower alignment score (gimbalAlignmentScore); 0: keep, or "
               "0.4 of their neighbours' with --auto",
       .min = 0,
       .max = 1});
}

void check(const ExcludeOptions& o) {
  if (o.tilt_min >= o.tilt_max)
    throw UsageError(fmt::format("--tilt_min is {:g} and --tilt_max is {:g}: nothing is between",
                                 o.tilt_min, o.tilt_max));
  if (o.brightness_max > 0.0 && o.brightness_max < 1.0)
    throw UsageError(fmt::format(
        "--brightness_max is {:g}, but must be 0, or at least 1: tilts as bright as their "
        "neighbours have 1",
        o.brightness_max));
}

void exclude_by_rules(const Stack& stack, const std::vector<double>& motion_A, Alignment& alignment,
                      const ExcludeOptions& options) {
  if (stack.tilts.size() != alignment.tilts.size() || motion_A.size() != alignment.tilts.size())
    fail("{} images, {} motions and {} tilts", stack.tilts.size(), motion_A.size(),
         alignment.tilts.size());
  exclude_by_metadata(alignment, options);
  exclude_bad_tilts(stack, alignment, light_limits(options));
  exclude_by_motion(motion_A, alignment, options);
  exclude_by_score(alignment, options);
}

}  // namespace gimbal::tilt
