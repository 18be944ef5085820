// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/measure.h"

#include "gimbal/core/parallel.h"
#include "gimbal/motion/align_global.h"
#include "gimbal/motion/align_local.h"
#include "gimbal/motion/low_spectra.h"
#include "gimbal/motion/trajectory.h"

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

constexpr int corner_px = 1024;
constexpr int most_parts = 200;     // whose shifts are measured; between them they are interpolated
constexpr int most_in_memory = 40;  // groups of parts, of 4 MB each
constexpr int most_local = 16;      // groups for local motion, a cubic in time: up to 17 MB each

struct Measured {
  std::vector<double> times;
  std::vector<Shift> shifts;
  Shift error_px;
  std::vector<Shift> smoothed(const std::vector<double>& wanted) const {
    return smoothed_trajectory(times, shifts, error_px, wanted);
  }
};

// Adds corrections known at other times: linear between them, constant beyond.
void add_interpolated(const std::vector<double>& times, const std::vector<Shift>& corrections,
                      Measured& measured) {
  for (std::size_t i = 0; i < measured.times.size(); ++i) {
    const double t = std::clamp(measured.times[i], times.front(), times.back());
    const auto after = std::lower_bound(times.begin(), times.end(), t) - times.begin();
    const auto b = static_cast<std::size_t>(after), a = b > 0 ? b - 1 : b;
    const double part = b > a ? (t - times[a]) / (times[b] - times[a]) : 0.0;
    measured.shifts[i].x += corrections[a].x + part * (corrections[b].x - corrections[a].x);
    measured.shifts[i].y += corrections[a].y + part * (corrections[b].y - corrections[a].y);
  }
}

Size2 patches_wanted(const MotionOptions& options, const LowSpectra& spectra) {
  const Size2 automatic = automatic_patches(spectra);
  return {options.patch_x > 0 ? options.patch_x : automatic.nx,
          options.patch_y > 0 ? options.patch_y : automatic.ny};
}

// Moves the spectra from where they are aligned to the smoothed shifts, and measures local motion.
LocalAlignment measure_local(LowSpectra spectra, const FrameGroups& groups,
                             const GlobalAlignment& alignment, const Measured& measured,
                             const MotionOptions& options, std::vector<double>& times) {
  const auto smooth = measured.smoothed(centres(groups));
  parallel_for(spectra.count(), [&](int g) {
    const auto at = static_cast<std::size_t>(g);
    apply_shift(spectra, g,
                {smooth[at].x - alignment.shifts[at].x, smooth[at].y - alignment.shifts[at].y});
  });
  const FrameGroups fewer = at_most(most_local, groups.n_frames, groups.size);
  times = centres(fewer);
  if (fewer.size == groups.size)
    return align_local(spectra, alignment.signal, times, patches_wanted(options, spectra));
  spectra = added_up(spectra, {spectra.count(), fewer.size / groups.size});
  const SignalRings signal = measure_signal(spectra, sum_of_frames(spectra));
  return align_local(spectra, signal, times, patches_wanted(options, spectra));
}

}  // namespace

void measure_motion(const MovieFrames& frames, const MotionOptions& options, MotionResult& result) {
  const FrameGroups parts = at_most(most_parts, frames.count(), options.group_frames);
  const FrameGroups groups = at_most(most_in_memory, frames.count(), parts.size);
  CornerReader reader(frames, corner_px);
  LowSpectra spectra = low_spectra(reader, groups);
  const GlobalAlignment alignment = align_global(spectra, options.bfactor);
  Measured measured{centres(groups), alignment.shifts, alignment.error_px};
  if (parts.count() > groups.count()) {
    const auto times = centres(parts);
    auto single = align_parts(reader, parts, groups, spectra, alignment, measured.smoothed(times));
    measured = {times, std::move(single.shifts), single.error_px};
  }
  std::vector<double> times(static_cast<std::size_t>(frames.count()));
  for (int i = 0; i < frames.count(); ++i) times[static_cast<std::size_t>(i)] = i;
  result.local_decision = "no local motion: one patch was asked for";
  if (options.patch_x != 1 && options.patch_y != 1) {
    std::vector<double> local_times;
    auto local =
        measure_local(std::move(spectra), groups, alignment, measured, options, local_times);
    if (local.model) {
      measured.shifts = measured.smoothed(measured.times);
      add_interpolated(local_times, local.global_correction, measured);
      measured.error_px = local.error_px;
    }
    result.motion.local = local.model;
    result.local_rms_px = local.rms_px;
    result.local_decision = local.decision;
  }
  auto shifts = measured.smoothed(times);
  const Shift first = shifts.front();
  for (auto& shift : shifts) shift = {shift.x - first.x, shift.y - first.y};
  result.motion.size = frames.size();
  result.motion.global = std::move(shifts);
  result.shift_error_px.assign(
      times.size(), std::hypot(measured.error_px.x, measured.error_px.y) / std::sqrt(2.0));
  if (!alignment.converged)
    result.findings.push_back(
        {Severity::warning, Defect::none,
         "the alignment of frames did not settle: too little signal, or motion within frames"});
}

}  // namespace gimbal
