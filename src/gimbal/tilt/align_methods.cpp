// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/align_methods.h"

#include "gimbal/core/error.h"
#include "gimbal/core/median.h"
#include "gimbal/tilt/bead_track.h"
#include "gimbal/tilt/doubt.h"
#include "gimbal/tilt/level.h"
#include "gimbal/tilt/patch_tracks.h"
#include "gimbal/tilt/scale_steps.h"
#include "gimbal/tilt/slab.h"
#include "gimbal/tilt/slab_depth.h"
#include "gimbal/tilt/solve.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

Freedom freedom(const std::string& word) {
  return word == "no" ? Freedom::off : word == "yes" ? Freedom::on : Freedom::automatic;
}

SolveOptions solve_options(const Stack& stack, const AlignOptions& options) {
  SolveOptions s;
  s.axis_known = stack.axis_known;
  s.rotation = freedom(options.refine_rotation);
  s.tilt_angle = freedom(options.refine_tilt);
  s.magnification = freedom(options.refine_magnification);
  s.deformation = freedom(options.deformation);
  return s;
}

SlabOptions slab_options(const Stack& stack, const AlignOptions& options) {
  SlabOptions s;
  s.thickness_A = 10.0 * options.thickness_nm;
  s.largest_thickness_A = std::max(10.0 * options.tomogram_thickness, s.thickness_A);
  s.axis_known = stack.axis_known;
  s.levels_about_x = options.tilt_angle_offset == "auto";
  s.follows_doming = options.deformation != "no";
  s.finest_A = std::max(25.0, 2.5 * stack.pixel_A());
  return s;
}

std::vector<bool> used_tilts(const Alignment& alignment) {
  std::vector<bool> used;
  for (const auto& tilt : alignment.tilts) used.push_back(tilt.state == TiltState::used);
  return used;
}

std::vector<Projection> projections_of(const Alignment& alignment) {
  std::vector<Projection> projections;
  for (const auto& tilt : alignment.tilts) projections.push_back(tilt.projection);
  return projections;
}

void exclude_unplaced(const std::vector<bool>& placed, const std::string& reason,
                      Alignment& alignment) {
  for (std::size_t t = 0; t < placed.size(); ++t) {
    AlignedTilt& tilt = alignment.tilts[t];
    if (placed[t] || tilt.state != TiltState::used) continue;
    tilt.state = TiltState::excluded;
    tilt.reason = reason;
  }
}

void add_notes(const std::vector<std::string>& notes, Alignment& alignment) {
  alignment.notes.insert(alignment.notes.end(), notes.begin(), notes.end());
}

}  // namespace

Alignment nominal_alignment(const Stack& stack) {
  Alignment alignment;
  alignment.size = stack.full_size;
  alignment.pixel_A = stack.full_pixel_A;
  for (const StackTilt& tilt : stack.tilts) {
    AlignedTilt& aligned = alignment.tilts.emplace_back();
    aligned.key = tilt.key;
    aligned.nominal_tilt_deg = tilt.nominal_tilt_deg;
    aligned.pre_exposure_e_A2 = tilt.pre_exposure_e_A2;
    aligned.projection.y_tilt_deg = tilt.nominal_tilt_deg;
    aligned.projection.z_rot_deg = stack.nominal_axis_deg;
  }
  return alignment;
}

Alignment align_by_fiducials(const Stack& stack, const Alignment& base,
                             const AlignOptions& options) {
  BeadOptions beads;
  beads.gold_nm = options.gold_nm;
  const BeadTracks found = track_beads(stack, base, beads);
  if (found.tracks.empty())
    fail(
        "no gold beads of {:g} nm were found that could be followed through the tilts: check "
        "--gold_nm and the tilt angles",
        options.gold_nm);
  Alignment start = base;
  start.tracks = found.tracks;
  for (std::size_t t = 0; t < found.projections.size(); ++t) {
    start.tilts[t].projection.shift_px = found.projections[t].shift_px;
    start.tilts[t].projection.z_rot_deg = found.axis_deg;
  }
  exclude_unplaced(found.placed, "its beads do not fit those of the other tilts", start);
  SolveOptions how = solve_options(stack, options);
  how.axis_known = true;  // the beads have told
  Alignment result = solve(start, how);
  result.method = "fiducials";
  result.bead_diameter_px = found.diameter_px;
  add_notes(found.notes, result);
  return result;
}

namespace {

// What was placed may be a group by itself.
void judge_placed(const Alignment& base, Alignment& result) {
  if (2 * n_used(result) >= n_used(base)) return;
  if (n_used(result) < 3)
    fail("its {} images have nothing in common: they are empty, too noisy, or of different places",
         n_used(base));
  add_doubt(result, Verdict::fail,
            fmt::format("Only {} of {} images have anything in common: look at them, and at their "
                        "angles.",
                        n_used(result), n_used(base)));
}

// How far the end of the field moves against its middle, from the first dose to the last.
void note_doming(Alignment& result) {
  if (result.deformation.empty()) return;
  double low = 1e300, high = -1e300;
  for (const AlignedTilt& tilt : result.tilts) {
    low = std::min(low, tilt.pre_exposure_e_A2);
    high = std::max(high, tilt.pre_exposure_e_A2);
  }
  const Vec3 end{0.5 * std::max(result.size.nx, result.size.ny), 0.0, 0.0};
  const double rise_px = result.deformation.at(end, high).z - result.deformation.at(end, low).z;
  result.notes.push_back(fmt::format(
      "The specimen domes with dose: the ends of the field move {:.0f} A in z against its middle. "
      "The alignment carries it.",
      rise_px * result.pixel_A));
}

Alignment alignment_of(const SlabAlignment& found, const Alignment& base) {
  Alignment result = base;
  result.method = "projection";
  result.thickness_A = found.thickness_A;
  result.deformation = found.deformation;
  note_doming(result);
  if (found.x_turn_deg != 0.0) {
    result.x_offset_deg = base.x_offset_deg.value_or(0.0) - found.x_turn_deg;
    result.notes.push_back(fmt::format(
        "The specimen lies at about {:.0f} degrees about X, by how well the tilts agree.",
        -found.x_turn_deg));
  }
  for (std::size_t t = 0; t < result.tilts.size(); ++t) {
    AlignedTilt& tilt = result.tilts[t];
    tilt.projection = found.projections[t];
    tilt.standard_error.shift_px = found.shift_error_px[t];
    tilt.score = found.agreement[t];
  }
  exclude_unplaced(
      found.placed,
      "its image has nothing in common with those of the other tilts: is its angle right?", result);
  judge_placed(base, result);
  for (auto doubt = found.doubts.rbegin(); doubt != found.doubts.rend(); ++doubt)
    add_doubt(result, Verdict::warn, *doubt);
  if (found.is_edge)
    add_doubt(
        result, Verdict::warn,
        "The images share little but one edge, as of carbon: shifts along it and the direction "
        "of the tilt axis cannot be told from it. Do not use this alignment if so.");
  return result;
}

}  // namespace

namespace {

std::string step_note(const ScaleStep& step, const Alignment& base) {
  const auto angle = [&](int t) {
    return base.tilts[static_cast<std::size_t>(t)].nominal_tilt_deg;
  };
  return fmt::format(
      "The magnification changes by {:+.1f} +- {:.1f} % between the tilts at {:.0f} and {:.0f} "
      "degrees.",
      100.0 * step.change, 100.0 * step.error, angle(step.from), angle(step.to));
}

// Where the pictures show that the magnification jumped, all anew with what they show.
SlabAlignment align_scaled_slab(const Stack& stack, Alignment base, const SlabOptions& slab,
                                const AlignOptions& options) {
  SlabAlignment found = align_slab(stack, base, slab);
  const auto steps = scale_steps(stack, found.projections, found.placed);
  if (steps.empty()) return found;
  const bool may_change = options.refine_magnification != "no";
  if (may_change) {
    const auto projections = rescaled(projections_of(base), steps);
    for (std::size_t t = 0; t < projections.size(); ++t) base.tilts[t].projection = projections[t];
    found = align_slab(stack, base, slab);
  }
  for (const ScaleStep& step : steps) found.doubts.push_back(step_note(step, base));
  if (!may_change)
    found.doubts.emplace_back(
        "The magnification was left as it is given, as "
        "--refine_magnification says.");
  return found;
}

}  // namespace

Alignment align_by_projection(const Stack& stack, const Alignment& base,
                              const AlignOptions& options) {
  return alignment_of(align_scaled_slab(stack, base, slab_options(stack, options), options), base);
}

namespace {

// Patches are compared with what the slab predicts from neighbours, and cannot see its slow errors.
void add_slow_errors(const SlabAlignment& slab, Alignment& result) {
  for (std::size_t t = 0; t < result.tilts.size(); ++t) {
    Vec2& error = result.tilts[t].standard_error.shift_px;
    const Vec2 slow = slab.slow_error_px[t];
    if (result.tilts[t].state == TiltState::used)
      error = {std::hypot(error.x, slow.x), std::hypot(error.y, slow.y)};
  }
}

}  // namespace

Alignment align_by_patches(const Stack& stack, const Alignment& base, const AlignOptions& options) {
  SlabOptions start = slab_options(stack, options);
  start.is_start = true;
  // Patches are compared with what other tilts predict, and would not see it.
  start.follows_doming = false;
  const SlabAlignment slab = align_scaled_slab(stack, base, start, options);
  Alignment result = alignment_of(slab, base);
  const Verdict doubt = result.verdict;
  constexpr int rounds = 2;
  constexpr double patch_allowance = 3.0;  // a patch is found less sharply than a bead
  for (int round = 0; round < rounds; ++round) {
    PatchOptions patches;
    patches.side_A = 10.0 * options.patch_nm;
    patches.overlap = 0.01 * options.patch_overlap;
    patches.finest_A = slab_options(stack, options).finest_A;
    Alignment tracked = result;
    tracked.tracks = patch_tracks(stack, projections_of(result), used_tilts(result),
                                  result.thickness_A, patches);
    if (tracked.tracks.size() < 3)
      fail(
          "only {} patches of {:g} nm can be followed through the tilts, but at least 3 are "
          "needed: "
          "choose larger patches",
          tracked.tracks.size(), options.patch_nm);
    SolveOptions how = solve_options(stack, options);
    how.axis_known = true;
    how.errors_differ = true;
    how.redundancy = patch_redundancy(patches.overlap);
    how.warn_leave_out_A *= patch_allowance;
    how.fail_leave_out_A *= patch_allowance;
    const double thickness_A = result.thickness_A;
    const auto notes = result.notes;
    result = solve(tracked, how);
    result.thickness_A = thickness_A;
    result.verdict = std::max(result.verdict, doubt);
    if (round + 1 < rounds) result.notes = notes;
  }
  add_slow_errors(slab, result);
  result.method = "patches";
  return result;
}

namespace {

double usual_axis_deg(const Alignment& alignment) {
  std::vector<double> axes;
  for (const AlignedTilt& tilt : alignment.tilts)
    if (tilt.state == TiltState::used) axes.push_back(tilt.projection.z_rot_deg);
  return median(std::move(axes));
}

}  // namespace

void note_axis(const Stack& stack, const Alignment& base, Alignment& alignment) {
  if (alignment.verdict == Verdict::fail) return;
  constexpr double remarkable_deg = 2.0, another_deg = 12.0;
  const double found_deg = std::remainder(usual_axis_deg(alignment), 360.0),
               given_deg = usual_axis_deg(base),
               off_deg = std::abs(std::remainder(found_deg - given_deg, 360.0));
  const std::string hand = fmt::format(
      "The images cannot tell it from the opposite direction, {:.1f} degrees, which gives the "
      "mirrored specimen: residuals and scores are the same.",
      found_deg > 0.0 ? found_deg - 180.0 : found_deg + 180.0);
  std::string note;
  if (!stack.axis_known)
    note = fmt::format("The tilt axis was looked for from nothing: {:.1f} degrees. {}", found_deg,
                       hand);
  else if (off_deg > another_deg)
    note = fmt::format(
        "The tilt axis was given as {:.1f} degrees, but the images agree much better with it at "
        "{:.1f}, which was taken: check the metadata. {}",
        given_deg, found_deg, hand);
  else if (off_deg > remarkable_deg)
    note = fmt::format(
        "The images show the tilt axis at {:.1f} degrees, the metadata say {:.1f}: "
        "check the microscope's calibration.",
        found_deg, given_deg);
  else
    return;
  // Beads show a direction that is near the given one beyond doubt.
  if (alignment.method == "fiducials" && stack.axis_known && off_deg <= another_deg)
    alignment.notes.push_back(note);
  else
    add_doubt(alignment, Verdict::warn, note);
}

void level_specimen(Alignment& alignment) {
  if (alignment.method != "fiducials") return;
  const Slab slab = find_slab(alignment);
  if (slab.is_known)
    alignment = levelled(alignment, slab);
  else if (!alignment.y_offset_deg)
    alignment.notes.push_back("The specimen was not levelled: " + slab.reason);
}

void find_depth(const Stack& stack, Alignment& alignment, const AlignOptions& options) {
  if (alignment.method != "fiducials") return;
  if (options.thickness_nm > 0.0) {
    alignment.thickness_A = 10.0 * options.thickness_nm;
    return;
  }
  const Slab slab = find_slab(alignment);
  if (slab.is_known && slab.n_surfaces == 2) {
    alignment.thickness_A = slab.thickness_px * alignment.pixel_A;
    return;
  }
  const SlabDepth depth = depth_between_beads(stack, alignment, alignment.bead_diameter_px,
                                              10.0 * options.tomogram_thickness);
  alignment.thickness_A = depth.thickness_px * alignment.pixel_A;
  if (depth.thickness_px > 0.0)
    move_centre(alignment, depth.middle_px);
  else
    alignment.notes.emplace_back(
        "How thick the specimen is, is not known: little is seen between the beads.");
}

void set_score(const Stack& stack, Alignment& alignment) {
  const auto agreement = slab_agreement(stack, projections_of(alignment), used_tilts(alignment),
                                        alignment.thickness_A);
  for (std::size_t t = 0; t < alignment.tilts.size(); ++t)
    alignment.tilts[t].score = agreement.measured[t];
  alignment.score = agreement.mean;
  // What beads are followed in looks as thin as they lie.
  if (alignment.thickness_A <= 0.0 && alignment.bead_diameter_px <= 0.0)
    alignment.thickness_A = agreement.thickness_A;
}

}  // namespace gimbal::tilt
