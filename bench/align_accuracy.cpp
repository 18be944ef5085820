// SPDX-License-Identifier: GPL-3.0-or-later
// Beads found, their localisation error beside its Cramer-Rao bound, and the error of the alignment
// that comes of them, on simulated tilt series.
//   align_accuracy KIND FIRST_SEED LAST_SEED [CACHE_FOLDER] [THREADS]
#include "align_series.h"
#include "support/bead_score.h"
#include "timing.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/sim/reference.h"
#include "gimbal/tilt/align.h"
#include "gimbal/tilt/align_methods.h"
#include "gimbal/tilt/bead_track.h"
#include "gimbal/tilt/solve.h"

#include <fmt/ranges.h>

#include <cmath>
#include <cstdlib>
#include <ctime>

namespace {

using namespace gimbal;

void print_alignment(const testing::TrueSeries& series, const tilt::BeadTracks& found) {
  const double t0 = bench::wall_seconds();
  const Alignment solved = tilt::solve(testing::with_tracks(series.stack, found),
                                       {.axis_known = series.stack.axis_known});
  const double t1 = bench::wall_seconds();
  const auto& o = series.plan.options;
  const SlabGrid grid{0.9 * o.nx, 0.9 * o.ny, o.specimen.ice_thickness_A / o.pixel_A};
  const auto error =
      reprojection_error(sim::truth_of(series.plan), solved, grid, Placing::each_point);
  int used = 0;
  for (const auto& tilt : solved.tilts) used += tilt.state == TiltState::used ? 1 : 0;
  fmt::print(
      "    solved in {:.2f} s with {} of {} tilts: reprojection error mean {:.3f} rms {:.3f} "
      "max {:.2f} px = mean {:.2f} A; residual {:.3f}, leave-out {:.3f} px\n",
      t1 - t0, used, solved.tilts.size(), error.mean_px, error.rms_px, error.max_px,
      error.mean_px * o.pixel_A, solved.residual_px, solved.leave_out_px);
}

void measure(const std::string& kind, int seed, const std::string& cache) {
  auto series = bench::cached_series(kind, seed, cache);
  testing::bin_stack(series.stack, tilt::working_binning(series.stack.full_pixel_A));
  const double t0 = bench::wall_seconds();
  const std::clock_t c0 = std::clock();
  const auto found = tilt::track_beads(series.stack, tilt::nominal_alignment(series.stack), {});
  const double t1 = bench::wall_seconds();
  const double cpu = static_cast<double>(std::clock() - c0) / CLOCKS_PER_SEC;
  const auto score = testing::score_beads(series, found);
  fmt::print(
      "{} {}: {:.2f} s ({:.2f} s of the processor); beads {} of {} visible, false tracks {}, "
      "rejected {}; images {} of {}, "
      "wrong {}; error rms {:.4f} px per axis, expected {:.4f}, bound {:.4f}, ratio {:.2f}; "
      "crowded {:.4f}, expected {:.4f}\n",
      kind, seed, t1 - t0, cpu, score.found, score.visible, score.false_tracks, found.n_rejected,
      score.images, score.visible_images, score.wrong_images, score.rms_px, score.expected_px,
      score.bound_px, score.rms_px / score.bound_px, score.crowded_rms_px,
      score.crowded_expected_px);
  std::vector<std::string> lost;
  for (std::size_t t = 0; t < found.placed.size(); ++t)
    if (!found.placed[t])
      lost.push_back(fmt::format("{:.0f}", series.stack.tilts[t].nominal_tilt_deg));
  if (!lost.empty()) fmt::print("    not placed: {}\n", fmt::join(lost, " "));
  try {
    print_alignment(series, found);
  } catch (const Error& error) {
    fmt::print("    not solved: {}\n", error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr,
               "usage: align_accuracy KIND FIRST_SEED LAST_SEED [CACHE_FOLDER] [THREADS]\nkinds: "
               "{}\n",
               fmt::join(bench::series_kinds(), " "));
    return 2;
  }
  Arena arena(argc > 5 ? std::atoi(argv[5]) : 2);
  arena.run([&] {
    for (int seed = std::atoi(argv[2]); seed <= std::atoi(argv[3]); ++seed)
      measure(argv[1], seed, argc > 4 ? argv[4] : "");
  });
  return 0;
}
