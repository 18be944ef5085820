// SPDX-License-Identifier: GPL-3.0-or-later
// Marker-free alignment of simulated tilt series: the error of the shifts' start, and of the slab
// model's solution.
//   align_slab KIND FIRST_SEED LAST_SEED [CACHE_FOLDER] [THREADS]
#include "align_series.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/sim/reprojection.h"
#include "gimbal/tilt/align.h"
#include "gimbal/tilt/slab.h"

#include <fmt/ranges.h>

#include <chrono>
#include <cstdlib>

namespace {

using namespace gimbal;

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void measure(const std::string& kind, int seed, const std::string& cache) {
  auto series = bench::cached_series(kind, seed, cache);
  testing::bin_stack(series.stack,
                     tilt::working_binning(series.stack.full_pixel_A, series.stack.full_size, {}));
  const Alignment start = testing::nominal_alignment(series.stack);
  const double t0 = seconds();
  tilt::SlabOptions options;
  options.axis_known = series.stack.axis_known;
  if (std::getenv("THK")) options.thickness_A = std::atof(std::getenv("THK"));
  if (std::getenv("FIN")) options.finest_A = std::atof(std::getenv("FIN"));
  const auto found = tilt::align_slab(series.stack, start, options);
  const double t1 = seconds();
  const auto& o = series.plan.options;
  const sim::SlabGrid grid{0.9 * o.nx, 0.9 * o.ny, o.specimen.ice_thickness_A / o.pixel_A};
  const auto score = [&](const std::vector<Projection>& projections,
                         const std::vector<bool>& used) {
    Alignment a = start;
    for (std::size_t i = 0; i < a.tilts.size(); ++i) {
      a.tilts[i].projection = projections[i];
      if (!used[i]) a.tilts[i].state = TiltState::excluded;
    }
    return sim::reprojection_error(sim::truth_of(series.plan), a, grid, sim::Placing::each_point);
  };
  std::vector<Projection> nominal;
  for (const auto& tilt : start.tilts) nominal.push_back(tilt.projection);
  const auto before = score(nominal, found.placed), after = score(found.projections, found.placed);
  int placed = 0;
  double sigma = 0;
  for (std::size_t i = 0; i < found.placed.size(); ++i) {
    if (!found.placed[i]) continue;
    ++placed;
    sigma += length(found.shift_error_px[i]);
  }
  fmt::print(
      "{} {}: {:.1f} s; {} of {} tilts; error mean {:.2f} px = {:.2f} A, max {:.2f} px (metadata "
      "{:.1f} A); expected {:.2f} px; axis {:.2f}, true {:.2f}; thickness {:.0f} A, true {:.0f}\n",
      kind, seed, t1 - t0, placed, found.placed.size(), after.mean_px, after.mean_px * o.pixel_A,
      after.max_px, before.mean_px * o.pixel_A, sigma / placed, found.axis_deg,
      series.truth.tilts.front().projection.z_rot_deg, found.thickness_A,
      o.specimen.ice_thickness_A);
  std::vector<Projection> rigid;  // the best without tilt angles and magnifications of their own
  for (std::size_t i = 0; i < series.truth.tilts.size(); ++i) {
    rigid.push_back(series.truth.tilts[i].projection);
    rigid.back().y_tilt_deg = nominal[i].y_tilt_deg;
    rigid.back().magnification = 1.0;
  }
  const auto floor = score(rigid, found.placed);
  fmt::print(
      "    with nominal tilt angles and magnifications, all else known: {:.2f} px = {:.2f} A\n",
      floor.mean_px, floor.mean_px * o.pixel_A);
  std::string agreement, errors;
  for (std::size_t i = 0; i < found.placed.size(); ++i)
    errors += fmt::format(" {:.0f}:{:.2f}", series.stack.tilts[i].nominal_tilt_deg,
                          after.tilt_mean_px[i]);
  fmt::print("    errors {}\n", errors);
  if (std::getenv("DBG")) for (std::size_t i = 0; i < found.placed.size(); ++i) {
    const auto &a = found.projections[i], &b = series.truth.tilts[i].projection;
    fmt::print("{:6.1f} dshift {:7.2f} {:7.2f} drot {:6.3f} dtilt {:6.3f} dmag {:7.4f}\n", series.stack.tilts[i].nominal_tilt_deg, a.shift_px.x - b.shift_px.x, a.shift_px.y - b.shift_px.y, a.z_rot_deg - b.z_rot_deg, a.y_tilt_deg - b.y_tilt_deg, a.magnification - b.magnification);
  }
  for (std::size_t i = 0; i < found.placed.size(); ++i)
    agreement += fmt::format(" {:.0f}:{:.2f}/{:.2f}", series.stack.tilts[i].nominal_tilt_deg,
                             found.agreement[i], found.expected_agreement[i]);
  fmt::print("   {}\n", agreement);
  for (const auto& note : found.notes) fmt::print("    {}\n", note);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr,
               "usage: align_slab KIND FIRST_SEED LAST_SEED [CACHE_FOLDER] [THREADS]\nkinds: {}\n",
               fmt::join(bench::series_kinds(), " "));
    return 2;
  }
  const std::string cache = argc > 4 ? argv[4] : "";
  Arena(argc > 5 ? std::atoi(argv[5]) : 2).run([&] {
    for (int seed = std::atoi(argv[2]); seed <= std::atoi(argv[3]); ++seed)
      measure(argv[1], seed, cache);
  });
  return 0;
}
