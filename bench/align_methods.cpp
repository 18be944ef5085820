// SPDX-License-Identifier: GPL-3.0-or-later
// Whole alignments of simulated tilt series by any method, against the truth.
//   align_methods METHOD KIND FIRST_SEED LAST_SEED [CACHE_FOLDER] [THREADS]
#include "align_series.h"
#include "timing.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/core/units.h"
#include "gimbal/sim/reference.h"
#include "gimbal/tilt/align.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace {

using namespace gimbal;

const char* word(Verdict verdict) {
  return verdict == Verdict::pass ? "pass" : verdict == Verdict::warn ? "warn" : "fail";
}

// How far the true errors of the shifts - of the mean place of the slab, which doming moves with
// them - along and across the tilt axis are what the standard errors say.
void print_calibration(const Alignment& found, const std::vector<Vec2>& errors) {
  std::array<double, 2> true2{}, said2{};
  int within = 0, count = 0;
  for (std::size_t t = 0; t < errors.size(); ++t) {
    const AlignedTilt& tilt = found.tilts[t];
    if (tilt.state != TiltState::used) continue;
    const double turn = rad_from_deg(tilt.projection.z_rot_deg);
    const Vec2 e = tilt.standard_error.shift_px;
    const std::array<Vec2, 2> axes{Vec2{-std::sin(turn), std::cos(turn)},
                                   Vec2{std::cos(turn), std::sin(turn)}};
    for (std::size_t a = 0; a < 2; ++a) {
      const double off = errors[t].x * axes[a].x + errors[t].y * axes[a].y,
                   said = std::hypot(e.x * axes[a].x, e.y * axes[a].y);
      true2[a] += off * off, said2[a] += said * said;
      within += std::abs(off) <= said ? 1 : 0, ++count;
    }
  }
  fmt::print(
      "    true errors of the shifts over standard errors: {:.2f} along, {:.2f} across the axis; "
      "{:.0f} % within 1 sigma\n",
      std::sqrt(true2[0] / said2[0]), std::sqrt(true2[1] / said2[1]),
      100.0 * within / std::max(1, count));
}

void measure(const std::string& method, const std::string& kind, int seed,
             const std::string& cache) {
  auto series = bench::cached_series(kind, seed, cache);
  tilt::AlignOptions options;
  options.method = method;
  testing::bin_stack(series.stack, tilt::working_binning(series.stack.full_pixel_A));
  const double t0 = bench::wall_seconds();
  Alignment found;
  try {
    found = tilt::align(series.stack, options, nullptr);
  } catch (const Error& error) {
    fmt::print("{} {} {}: {}\n", method, kind, seed, error.what());
    return;
  }
  const double t1 = bench::wall_seconds();
  const auto& o = series.plan.options;
  const SlabGrid grid{0.9 * o.nx, 0.9 * o.ny, o.specimen.ice_thickness_A / o.pixel_A};
  const auto truth = sim::truth_of(series.plan);
  const auto error = reprojection_error(truth, found, grid, Placing::each_point),
             rigid = reprojection_error(truth, found, grid, Placing::rigid_motion);
  Alignment without = found;
  without.deformation = {};
  const auto plain = reprojection_error(truth, without, grid, Placing::each_point);
  std::vector<double> shift_A;
  const auto shifts = shift_errors_px(truth, found);
  for (std::size_t t = 0; t < shifts.size(); ++t)
    if (found.tilts[t].state == TiltState::used) shift_A.push_back(length(shifts[t]) * o.pixel_A);
  std::sort(shift_A.begin(), shift_A.end());
  const double mean_shift_A =
      std::accumulate(shift_A.begin(), shift_A.end(), 0.0) / static_cast<double>(shift_A.size());
  int used = 0;
  for (const auto& tilt : found.tilts) used += tilt.state == TiltState::used ? 1 : 0;
  fmt::print(
      "{} {} {}: {:.1f} s; {} tracks, {} of {} tilts; error {:.3f} px = {:.2f} A, max {:.2f} px; "
      "without deformation {:.2f} A, rigid {:.2f} A; shifts mean {:.2f} median {:.2f} A; axis "
      "{:.2f} ({:.2f}), thickness {:.0f} "
      "({:.0f}) "
      "A; score {:.3f}, {}\n",
      found.method, kind, seed, t1 - t0, found.tracks.size(), used, found.tilts.size(),
      error.mean_px, error.mean_px * o.pixel_A, error.max_px, plain.mean_px * o.pixel_A,
      rigid.mean_px * o.pixel_A, mean_shift_A, shift_A[shift_A.size() / 2],
      found.tilts.front().projection.z_rot_deg, series.truth.tilts.front().projection.z_rot_deg,
      found.thickness_A, o.specimen.ice_thickness_A, found.score, word(found.verdict));
  print_calibration(found, rigid.tilt_offset_px);
  if (std::getenv("NOTES") != nullptr) {
    for (const auto& note : found.notes) fmt::print("    {}\n", note);
    for (const auto& tilt : found.tilts)
      if (!tilt.reason.empty()) fmt::print("    {:.0f}: {}\n", tilt.nominal_tilt_deg, tilt.reason);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    fmt::print(stderr,
               "usage: align_methods METHOD KIND FIRST_SEED LAST_SEED [CACHE_FOLDER] [THREADS]\n"
               "kinds: {}\n",
               fmt::join(bench::series_kinds(), " "));
    return 2;
  }
  const std::string cache = argc > 5 ? argv[5] : "";
  Arena(argc > 6 ? std::atoi(argv[6]) : 2).run([&] {
    for (int seed = std::atoi(argv[3]); seed <= std::atoi(argv[4]); ++seed)
      measure(argv[1], argv[2], seed, cache);
  });
  return 0;
}
