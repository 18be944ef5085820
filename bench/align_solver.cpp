// SPDX-License-Identifier: GPL-3.0-or-later
// How near the solver comes to the truth from tracks with known noise, whether its standard errors
// are right, and how long it takes: align_solver [first seed] [number of seeds] [case]
#include "gimbal/sim/pulls.h"
#include "gimbal/sim/reference.h"
#include "gimbal/sim/tracks.h"
#include "gimbal/tilt/solve.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <ctime>
#include <functional>

namespace {

using namespace gimbal;

struct Case {
  std::string name;
  sim::SeriesOptions series;
  sim::TrackOptions tracks;
  tilt::SolveOptions options;
};

std::vector<Case> cases() {
  std::vector<Case> list;
  Case base;
  base.series.specimen = {.n_beads = 1, .n_particles = 0, .n_proteins = 0, .n_vesicles = 0};
  base.series.angle_error_deg = 0.03;
  base.series.magnification_error = 0.0005;
  const auto add = [&](const std::string& name, const std::function<void(Case&)>& change) {
    Case c = base;
    c.name = name;
    change(c);
    list.push_back(c);
  };
  add("exact", [](Case& c) { c.tracks.noise_px = 0.0; });
  add("jitter", [](Case&) {});
  add("steady", [](Case& c) {
    c.series.angle_error_deg = 0.0;
    c.series.magnification_error = 0.0;
  });
  add("doming 3 px", [](Case& c) { c.series.doming_A = 16.2; });
  add("doming 3 px, model off", [](Case& c) {
    c.series.doming_A = 16.2;
    c.options.deformation = tilt::Freedom::off;
  });
  add("doming, shrinkage, surfaces", [](Case& c) {
    c.series.doming_A = 16.2;
    c.series.shrinkage = 0.05;
    c.tracks.on_surfaces = true;
  });
  add("outliers 10 %", [](Case& c) {
    c.series.doming_A = 16.2;
    c.tracks.outliers = 0.1;
  });
  add("outliers 25 %", [](Case& c) { c.tracks.outliers = 0.25; });
  add("axis unknown", [](Case& c) {
    c.options.axis_known = false;
    c.tracks.start_axis_error_deg = 77.0;
  });
  add("axis 8 degrees off", [](Case& c) { c.tracks.start_axis_error_deg = 8.0; });
  add("4 beads", [](Case& c) { c.tracks.n_tracks = 4; });
  add("4 beads, 30 % missing", [](Case& c) {
    c.tracks.n_tracks = 4;
    c.tracks.missing = 0.3;
  });
  add("1 bead", [](Case& c) { c.tracks.n_tracks = 1; });
  add("2 beads", [](Case& c) { c.tracks.n_tracks = 2; });
  add("+20..+60, 10 tilts", [](Case& c) {
    c.series.tilt_min_deg = 20.0;
    c.series.tilt_max_deg = 60.0;
    c.series.tilt_step_deg = 4.4;
    c.series.scheme = "continuous";
  });
  add("patches 100 x 61, 1 px", [](Case& c) {
    c.series.tilt_step_deg = 2.0;
    c.series.doming_A = 16.2;
    c.tracks.n_tracks = 100;
    c.tracks.noise_px = 1.0;
    c.tracks.sigma_px = 1.0;
  });
  add("sigma 3 times too small", [](Case& c) { c.tracks.sigma_px = 0.067; });
  return list;
}

struct Sums {
  double mean = 0.0, rms = 0.0, rigid = 0.0, worst = 0.0, residual = 0.0, left_out = 0.0,
         seconds = 0.0;
  int n = 0, failed = 0;
  sim::Pulls pulls;
};

void run(const Case& one, std::uint64_t seed, Sums& sums, bool is_loud) {
  sim::SeriesOptions series = one.series;
  series.seed = static_cast<int>(seed);
  sim::TrackOptions tracks = one.tracks;
  tracks.seed = seed;
  const auto made = sim::simulate_tracks(sim::plan_series(series, 0), tracks);
  const std::clock_t begin = std::clock();
  const Alignment result = tilt::solve(made.start, one.options);
  sums.seconds += static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  const SlabGrid grid{.width_px = 0.8 * series.nx,
                      .height_px = 0.8 * series.ny,
                      .thickness_px = tracks.thickness_A / series.pixel_A};
  const auto error = reprojection_error(made.truth, result, grid, Placing::each_point);
  const auto rigid = reprojection_error(made.truth, result, grid, Placing::similarity);
  sums.mean += error.mean_px;
  sums.rms += error.rms_px;
  sums.rigid += rigid.mean_px;
  sums.worst = std::max(sums.worst, error.mean_px);
  sums.residual += result.residual_px;
  sums.left_out += result.leave_out_px;
  ++sums.n;
  const bool deforms = series.doming_A != 0.0 || series.shrinkage != 0.0;
  const auto pulls = sim::pulls_of(made.truth, result, deforms ? std::vector<Vec3>{} : made.beads);
  const auto append = [](std::vector<double>& all, const std::vector<double>& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  append(sums.pulls.shift, pulls.shift);
  append(sums.pulls.rotation, pulls.rotation);
  append(sums.pulls.tilt_angle, pulls.tilt_angle);
  append(sums.pulls.magnification, pulls.magnification);
  append(sums.pulls.point, pulls.point);
  if (!is_loud) return;
  for (const std::string& note : result.notes) fmt::print("    {}\n", note);
  for (const AlignedTilt& tilt : result.tilts)
    if (!tilt.reason.empty()) fmt::print("    {:.1f}: {}\n", tilt.nominal_tilt_deg, tilt.reason);
}

}  // namespace

int main(int argc, char** argv) {
  const int first = argc > 1 ? std::atoi(argv[1]) : 1, n = argc > 2 ? std::atoi(argv[2]) : 5;
  const std::string only = argc > 3 ? argv[3] : "";
  fmt::print(
      "{:27} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>6} | within 1 sigma: {:>5} {:>5} {:>5} {:>5} "
      "{:>5}\n",
      "case", "mean px", "rms px", "rigid", "worst", "resid.", "left o.", "CPU s", "shift", "rot",
      "tilt", "mag", "point");
  for (const Case& one : cases()) {
    if (!only.empty() && one.name.find(only) == std::string::npos) continue;
    Sums sums;
    for (int seed = first; seed < first + n; ++seed) {
      try {
        run(one, static_cast<std::uint64_t>(seed), sums, !only.empty());
      } catch (const std::exception& e) {
        ++sums.failed;
        fmt::print("    {}\n", e.what());
      }
    }
    const double k = std::max(1, sums.n);
    fmt::print(
        "{:27} {:7.4f} {:7.4f} {:7.4f} {:7.4f} {:7.4f} {:7.4f} {:6.3f} | {:21.2f} {:5.2f} {:5.2f} "
        "{:5.2f} {:5.2f}\n",
        one.name, sums.mean / k, sums.rms / k, sums.rigid / k, sums.worst, sums.residual / k,
        sums.left_out / k, sums.seconds / k, sim::part_within_one(sums.pulls.shift),
        sim::part_within_one(sums.pulls.rotation), sim::part_within_one(sums.pulls.tilt_angle),
        sim::part_within_one(sums.pulls.magnification), sim::part_within_one(sums.pulls.point));
  }
}
