// SPDX-License-Identifier: GPL-3.0-or-later
#include "align_series.h"

#include "gimbal/core/error.h"
#include "gimbal/core/units.h"
#include "gimbal/io/mrc.h"

#include <cmath>
#include <string_view>

namespace gimbal::bench {
namespace {

// 1024 x 1024 at 5.4 A, 41 tilts, per-tilt jitter of 0.03 degree (the simulator's 0.05 for the
// axis) and 0.05 %, 3 px of doming: the sets of spec S2 and S4.
sim::SeriesOptions standard(int n_beads, double dose_e_A2) {
  sim::SeriesOptions o;
  o.dose_per_tilt_e_A2 = dose_e_A2;
  o.magnification_error = 0.0005;
  o.angle_error_deg = 0.03;
  o.doming_A = 16.0;
  o.specimen.n_beads = n_beads;
  o.specimen.n_particles = 0;
  o.specimen.n_vesicles = 0;
  o.specimen.n_proteins = 600;
  return o;
}

// 1152 x 1024 at 2.7 A, 150 nm of ice with vesicles and particles.
sim::SeriesOptions careful(int n_beads) {
  sim::SeriesOptions o;
  o.nx = 1152;
  o.pixel_A = 2.7;
  o.specimen.ice_thickness_A = 1500.0;
  o.specimen.n_beads = n_beads;
  o.specimen.n_particles = 20;
  o.specimen.n_proteins = 500;
  o.specimen.n_vesicles = 2;
  return o;
}

sim::SeriesOptions of_kind(const std::string& kind) {
  constexpr std::string_view jump = "+jump";  // 1 % larger from the 21st tilt on
  if (kind.ends_with(jump)) {
    auto o = of_kind(kind.substr(0, kind.size() - jump.size()));
    o.magnification_jump = 0.01;
    o.magnification_jump_at = 21;
    return o;
  }
  if (kind == "shrec") return sim::preset_options("shrec21");
  if (kind == "beads") return standard(25, 3.0);
  if (kind == "low") return standard(20, 1.5);
  if (kind == "none") {
    auto o = careful(0);
    o.specimen.n_particles = 60;
    return o;
  }
  if (kind == "lamella") {  // no gold, 7 degrees off about the tilt axis and 3 about x
    auto o = careful(0);
    o.specimen.n_particles = 60;
    o.angle_offset_deg = 7.0;
    o.x_tilt_deg = 3.0;
    return o;
  }
  if (kind == "cytosol" || kind == "cut") {  // crowded cell without gold; the same, 6 degrees off
    auto o = careful(0);
    o.specimen.n_particles = 120;
    o.specimen.n_proteins = 4000;
    o.specimen.n_vesicles = 6;
    if (kind == "cut") o.angle_offset_deg = -6.0, o.x_tilt_deg = -2.5;
    return o;
  }
  if (kind == "thick") {  // 300 nm without gold
    auto o = careful(0);
    o.specimen.ice_thickness_A = 3000.0;
    o.specimen.n_particles = 120;
    return o;
  }
  if (kind == "surface") {  // 300 nm, beads on one surface only, 50 nm off the tilt axis in z
    auto o = careful(15);
    o.specimen.ice_thickness_A = 3000.0;
    o.specimen.n_particles = 60;
    return o;
  }
  if (kind == "texture") {  // no gold
    auto o = standard(0, 3.0);
    o.specimen.n_particles = 100;
    o.specimen.n_proteins = 4000;
    o.specimen.n_vesicles = 4;
    return o;
  }
  if (kind == "layers") {  // nothing but gold on the two surfaces
    auto o = standard(25, 3.0);
    o.specimen.n_proteins = 0;
    return o;
  }
  if (kind == "small") {
    auto o = standard(12, 3.0);
    o.nx = o.ny = 512;
    o.tilt_step_deg = 6.0;
    return o;
  }
  if (kind == "touching") {
    auto o = standard(24, 3.0);
    o.specimen.n_touching_beads = 8;
    return o;
  }
  if (kind == "dirty") {
    auto o = standard(20, 2.0);
    o.specimen.n_contaminants = 10;
    o.specimen.n_particles = 30;
    o.specimen.n_vesicles = 3;
    return o;
  }
  if (kind == "hundred") return standard(110, 2.0);
  if (kind == "careful") return careful(30);
  if (kind == "shifts") {
    auto o = careful(15);
    o.stage_shift_A = 250.0;
    return o;
  }
  if (kind == "far") {
    auto o = standard(25, 2.0);
    o.stage_shift_A = 900.0;
    return o;
  }
  if (kind == "onesided") {
    auto o = careful(8);
    o.tilt_min_deg = -60.0;
    o.tilt_max_deg = 12.0;
    return o;
  }
  if (kind == "bad") {
    auto o = careful(12);
    o.dark_tilts = {"7,30"};
    o.blocked_tilts = {"12,35"};
    return o;
  }
  if (kind == "axis") {
    auto o = careful(10);
    o.axis_error_deg = 5.0;
    return o;
  }
  if (kind == "four") {
    auto o = careful(4);
    o.dose_per_tilt_e_A2 = 1.3;
    o.specimen.carbon_thickness_A = 200.0;
    o.specimen.n_contaminants = 6;
    return o;
  }
  if (kind == "cell") {
    auto o = careful(8);
    o.dose_per_tilt_e_A2 = 2.0;
    o.specimen.n_particles = 120;
    o.specimen.n_proteins = 4000;
    o.specimen.n_vesicles = 6;
    o.doming_A = 20.0;
    o.magnification_error = 0.001;
    o.angle_error_deg = 0.2;
    return o;
  }
  fail("there is no kind of series '{}'", kind);
}

// What options cannot say.
void arrange(const std::string& kind, testing::TrueSeries& series) {
  if (kind != "surface") return;
  sim::Specimen& specimen = series.plan.specimen;
  for (auto& bead : specimen.gold) bead.centre_A.z = 0.5 * specimen.ice_thickness_A;
  const double off_px = 500.0 / series.plan.options.pixel_A;
  for (std::size_t t = 0; t < series.truth.tilts.size(); ++t) {
    Projection& p = series.truth.tilts[t].projection;
    const double turn = rad_from_deg(p.z_rot_deg),
                 across_px = off_px * std::sin(rad_from_deg(p.y_tilt_deg));
    p.shift_px = p.shift_px + across_px * Vec2{std::cos(turn), std::sin(turn)};
    series.plan.tilts[t].shift_px = p.shift_px;
  }
}

}  // namespace

std::vector<std::string> series_kinds() {
  return {"beads",   "low",      "small",  "touching", "dirty", "hundred", "careful", "shifts",
          "far",     "onesided", "bad",    "axis",     "four",  "cell",    "none",    "shrec",
          "lamella", "texture",  "layers", "cytosol",  "cut",   "thick",   "surface"};
}

sim::SeriesOptions series_options(const std::string& kind, int seed) {
  sim::SeriesOptions o = of_kind(kind);
  o.seed = seed;
  return o;
}

testing::TrueSeries cached_series(const std::string& kind, int seed,
                                  const std::filesystem::path& cache) {
  const auto path = cache / (kind + "_" + std::to_string(seed) + ".mrc");
  auto series = testing::plan_true_series(series_options(kind, seed));
  arrange(kind, series);
  tilt::Stack& stack = series.stack;
  if (!cache.empty() && std::filesystem::exists(path)) {
    std::vector<tilt::ImageSource> sources;
    for (std::size_t i = 0; i < stack.tilts.size(); ++i)
      sources.push_back({path, static_cast<int>(i)});
    tilt::load_images(stack, sources, 1);
    return series;
  }
  testing::render(series);
  if (!cache.empty()) {
    MrcWriteOptions write;
    write.pixel_A = stack.full_pixel_A;
    MrcStackWriter writer(path, stack.size.nx, stack.size.ny, static_cast<int>(stack.tilts.size()),
                          write);
    for (const auto& tilt : stack.tilts) {
      Image<float> counts = tilt.image.clone();
      for (int y = 0; y < counts.ny(); ++y)
        for (float& value : counts.view().row_span(y)) value += static_cast<float>(tilt.mean);
      writer.append(counts);
    }
    writer.finish();
  }
  return series;
}

}  // namespace gimbal::bench
