// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/align.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/tilt/align_methods.h"
#include "gimbal/tilt/bad_tilts.h"
#include "gimbal/tilt/brightness.h"
#include "gimbal/tilt/misplaced.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

namespace gimbal::tilt {
namespace {

// A method's result, or why there is none.
struct Attempt {
  std::optional<Alignment> alignment;
  std::string problem;
};

template <typename F>
Attempt attempt(F method) {
  try {
    return {method(), {}};
  } catch (const Error& error) {
    return {std::nullopt, error.what()};
  }
}

// Residuals over what the measurements expect, rms.
double misfit(const Alignment& alignment) {
  double squares = 0.0, weights = 0.0;
  for (const Track& track : alignment.tracks)
    for (const Observation& o : track.observations) {
      squares += 0.5 * o.weight * std::pow(length(o.residual_px) / o.sigma_px, 2);
      weights += o.weight;
    }
  return weights > 0.0 ? std::sqrt(squares / weights) : 0.0;
}

// Dense parts of the specimen are no points.
bool is_sharp(const Alignment& beads) {
  constexpr double largest_misfit = 1.5;
  return misfit(beads) < largest_misfit;
}

// Beads that leave no doubt: enough of them, in nearly all tilts, and as sharp as beads are.
bool is_convincing(const Alignment& beads, const Alignment& base) {
  constexpr std::size_t enough_tracks = 4;
  return is_sharp(beads) && beads.verdict == Verdict::pass &&
         beads.tracks.size() >= enough_tracks && 10 * n_used(beads) >= 9 * n_used(base);
}

// Beads that leave no doubt; else projections, too, and of the two what agrees better with itself.
Alignment automatic(const Stack& stack, const Alignment& base, const AlignOptions& options) {
  Attempt beads = attempt([&] { return align_by_fiducials(stack, base, options); });
  if (beads.alignment && is_convincing(*beads.alignment, base)) {
    beads.alignment->notes.push_back(
        fmt::format("Aligned by {} gold beads, which are seen in nearly all tilts.",
                    beads.alignment->tracks.size()));
    return std::move(*beads.alignment);
  }
  Attempt slab = attempt([&] { return align_by_projection(stack, base, options); });
  if (!slab.alignment) {
    if (beads.alignment) return std::move(*beads.alignment);
    fail("neither beads nor projections align it: {}; {}", beads.problem, slab.problem);
  }
  if (!beads.alignment) {
    slab.alignment->notes.push_back("Aligned without markers: " + beads.problem + ".");
    return std::move(*slab.alignment);
  }
  set_score(stack, *beads.alignment);
  set_score(stack, *slab.alignment);
  // Over all tilts: a method that keeps only the best ones is not better for it.
  const auto total = [](const Alignment& a) { return a.score * static_cast<double>(n_used(a)); };
  const double needed = is_sharp(*beads.alignment) ? 0.97 : 1.0;
  const bool by_beads = beads.alignment->verdict != Verdict::fail &&
                        n_used(*beads.alignment) + 1 >= n_used(*slab.alignment) &&
                        total(*beads.alignment) > needed * total(*slab.alignment);
  Alignment& chosen = by_beads ? *beads.alignment : *slab.alignment;
  chosen.notes.push_back(fmt::format(
      "Aligned by {}: beads ({} of them) agree to {:.3f} in {} tilts, projections to "
      "{:.3f} in {}.",
      by_beads ? "beads" : "projections", beads.alignment->tracks.size(), beads.alignment->score,
      n_used(*beads.alignment), slab.alignment->score, n_used(*slab.alignment)));
  return std::move(chosen);
}

Alignment by_method(const Stack& stack, const Alignment& base, const AlignOptions& options) {
  if (options.method == "fiducials") return align_by_fiducials(stack, base, options);
  if (options.method == "patches") return align_by_patches(stack, base, options);
  if (options.method == "projection") return align_by_projection(stack, base, options);
  if (options.method == "auto") return automatic(stack, base, options);
  fail("there is no method of alignment '{}'", options.method);
}

// Before anything is aligned, as the slab is easier to recognise where it is expected to lie.
void level_by_brightness(const Stack& stack, Alignment& base) {
  constexpr double worth_it_deg = 0.2;
  const BrightnessOffset offset = brightness_offset(stack, base);
  const double limit_deg = std::max(worth_it_deg, 2.0 * offset.about_y_error_deg);
  if (!offset.is_known || std::abs(offset.about_y_deg) < limit_deg) return;
  for (AlignedTilt& tilt : base.tilts) tilt.projection.y_tilt_deg += offset.about_y_deg;
  base.y_offset_deg = offset.about_y_deg;
  base.notes.push_back(fmt::format(
      "The specimen lies at {:.2f} +- {:.2f} degrees about Y, by the brightness of the tilts.",
      offset.about_y_deg, offset.about_y_error_deg));
}

// By its method, levelled, and scored.
Alignment aligned(const Stack& stack, const Alignment& base, const AlignOptions& options) {
  Alignment result = by_method(stack, base, options);
  note_axis(stack, base, result);
  if (options.tilt_angle_offset == "auto") level_specimen(result);
  find_depth(stack, result, options);
  set_score(stack, result);
  return result;
}

// Tilts that do not belong to the others, and why.
using Strangers = std::map<std::size_t, std::string>;

Strangers excluded_since(const Alignment& before, const Alignment& now) {
  Strangers strangers;
  for (std::size_t t = 0; t < now.tilts.size(); ++t)
    if (now.tilts[t].state != before.tilts[t].state) strangers[t] = now.tilts[t].reason;
  return strangers;
}

// Excludes them; what is left is scored anew.
Strangers exclude_all_strangers(const Stack& stack, Alignment& result) {
  const Alignment before = result;
  constexpr int most_rounds = 3;  // strangers hide others beside them
  for (int round = 0; round < most_rounds && exclude_strangers(result); ++round)
    set_score(stack, result);
  if (exclude_misplaced(stack, result)) set_score(stack, result);
  return excluded_since(before, result);
}

// What is known before.
Alignment prepared(const Stack& stack, const AlignOptions& options, const Alignment* start,
                   const Strangers& strangers) {
  Alignment base = start != nullptr ? *start : nominal_alignment(stack);
  if (start == nullptr)
    if (const auto offset = parse_double(options.tilt_angle_offset))
      for (AlignedTilt& tilt : base.tilts) tilt.projection.y_tilt_deg += *offset;
  base.tracks.clear();
  base.notes.clear();
  base.deformation = {};
  for (const auto& [tilt, reason] : strangers) {
    base.tilts[tilt].state = TiltState::excluded;
    base.tilts[tilt].reason = reason;
  }
  exclude_bad_tilts(stack, base);
  if (start == nullptr && options.tilt_angle_offset == "auto") level_by_brightness(stack, base);
  return base;
}

}  // namespace

int working_binning(double full_pixel_A) {
  constexpr double wanted_pixel_A = 5.4;
  return binning_for(full_pixel_A, wanted_pixel_A);
}

Alignment align(const Stack& stack, const AlignOptions& options, const Alignment* start) {
  const Alignment base = prepared(stack, options, start, {});
  Alignment result = aligned(stack, base, options);
  Strangers strangers = exclude_all_strangers(stack, result);
  // Who was kept out for having the angle of a tilt that is out itself comes back.
  const Strangers all = excluded_since(base, result);
  if (n_used(prepared(stack, options, start, all)) + all.size() > n_used(base)) strangers = all;
  if (!strangers.empty()) {  // they have pulled the others
    Attempt again = attempt(
        [&] { return aligned(stack, prepared(stack, options, start, strangers), options); });
    if (again.alignment) {
      result = std::move(*again.alignment);
      exclude_all_strangers(stack, result);
    }
  }
  judge(result);
  return result;
}

void assess(const Stack& stack, Alignment& alignment) {
  set_score(stack, alignment);
  judge(alignment);
}

}  // namespace gimbal::tilt
