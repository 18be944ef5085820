// SPDX-License-Identifier: GPL-3.0-or-later
// Error of motion correction on simulated movies, rms over a 9 x 9 grid of positions and all
// frames, per axis, each position's mean over time removed; beside it the best that one shift per
// frame could do ("floor") and the best that RELION's polynomial could describe.
//   motion_accuracy NX e_per_A2 LOCAL_RMS_PX ice|texture|waves SEEDS FRAMES BEADS [PROTEINS]
// PROTEINS: in 300 nm x 300 nm (1500). waves: ice whose local motion no polynomial can follow.
// Bounds on the shifts: motion_bounds.h
#include "motion_bounds.h"

#include "gimbal/motion/motion.h"
#include "gimbal/sim/movie.h"
#include "gimbal/sim/optics.h"

#include <Eigen/Dense>

#include <cmath>
#include <cstdlib>
#include <cstring>

namespace {

using namespace gimbal;

struct Case {
  Size2 size;
  int n_frames, beads;
  double proteins;  // in a field of 300 nm x 300 nm
  double dose_e_A2, local_rms_px;
  bool ice, waves;
};

// What is in front of the camera, and how it moves.
struct Scene {
  sim::Field field;
  sim::Exposure exposure;
  sim::Sensor sensor;
};

Scene make_scene(const Case& c, std::uint64_t seed) {
  constexpr double pixel_A = 1.35;
  sim::Exposure exposure;
  exposure.n_frames = c.n_frames;
  exposure.pixel_A = pixel_A;
  exposure.dose_per_frame_e_A2 = c.dose_e_A2 / c.n_frames;
  exposure.seed = seed;
  exposure.motion.drift_px = sim::make_drift(sim::DriftKind::mixed, c.n_frames, {4.0, 2.5}, seed);
  if (c.local_rms_px > 0)
    exposure.motion.local =
        c.waves ? sim::wavy_motion(c.size, c.n_frames, c.local_rms_px, seed)
                : sim::beam_induced_motion(c.size, c.n_frames, c.local_rms_px, seed);
  sim::Sensor sensor = sim::make_sensor(c.size, {}, seed);
  if (!c.ice) return {sim::make_texture_field(c.size, {}, exposure), exposure, std::move(sensor)};
  auto field = sim::make_field(c.size, sim::margin_for(exposure.motion, c.size, c.n_frames));
  const double field_A = c.size.nx * pixel_A * 1.1;
  sim::SpecimenOptions specimen;
  specimen.n_beads = c.beads;
  specimen.n_proteins = static_cast<int>(c.proteins * std::pow(field_A / 3000.0, 2));
  sim::Look look;
  look.pose.pixel_A = pixel_A;
  look.dose_of_movie_e_A2 = c.dose_e_A2;
  look.seed = seed;
  sim::form_image(field, sim::make_specimen(field_A, field_A, specimen, seed), look, {});
  return {std::move(field), exposure, std::move(sensor)};
}

// Shifts at the grid's positions: row 9 * 9 * frame + position, columns x and y.
template <typename ShiftAt>
Eigen::MatrixXd on_grid(const Case& c, const ShiftAt& shift_at) {
  Eigen::MatrixXd result(81 * c.n_frames, 2);
  for (int i = 0; i < c.n_frames; ++i)
    for (int p = 0; p < 81; ++p) {
      const Shift s = shift_at(c.size.nx * (p % 9 + 0.5) / 9, c.size.ny * (p / 9 + 0.5) / 9, i);
      result.row(81 * i + p) << s.x, s.y;
    }
  return result;
}

double rms(const Case& c, const Eigen::MatrixXd& shifts) {
  double squares = 0;
  for (int p = 0; p < 81; ++p) {
    Eigen::MatrixXd track(c.n_frames, 2);
    for (int i = 0; i < c.n_frames; ++i) track.row(i) = shifts.row(81 * i + p);
    squares += (track.rowwise() - track.colwise().mean()).squaredNorm();
  }
  return std::sqrt(squares / (2.0 * 81 * c.n_frames));
}

// What is left of the truth after the best shift per frame, or after the best polynomial as well.
Eigen::MatrixXd unexplained(const Case& c, const Eigen::MatrixXd& truth, bool polynomial) {
  Eigen::MatrixXd functions =
      Eigen::MatrixXd::Zero(truth.rows(), c.n_frames + (polynomial ? 18 : 0));
  for (int i = 0; i < c.n_frames; ++i)
    for (int p = 0; p < 81; ++p) {
      const double u = (p % 9 + 0.5) / 9 - 0.5, v = (p / 9 + 0.5) / 9 - 0.5, z = 0.1 * i;
      const double space[6] = {1, u, u * u, v, v * v, u * v};
      const Eigen::Index row = 81 * i + p;
      functions(row, i) = 1.0;
      for (int s = 0; polynomial && s < 6; ++s)
        for (int t = 0; t < 3; ++t)
          functions(row, c.n_frames + 3 * s + t) = space[s] * std::pow(z, t + 1);
    }
  return truth - functions * functions.completeOrthogonalDecomposition().solve(truth);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 8) {
    fmt::print(stderr,
               "usage: motion_accuracy NX e_per_A2 LOCAL_RMS_PX ice|texture|waves SEEDS FRAMES "
               "BEADS [PROTEINS]\n");
    return 2;
  }
  const int n = std::atoi(argv[1]);
  const Case c{{n, n},
               std::atoi(argv[6]),
               std::atoi(argv[7]),
               argc > 8 ? std::atof(argv[8]) : 1500.0,
               std::atof(argv[2]),
               std::atof(argv[3]),
               std::strcmp(argv[4], "texture") != 0,
               std::strcmp(argv[4], "waves") == 0};
  for (int seed = 1; seed <= std::atoi(argv[5]); ++seed) {
    Scene scene = make_scene(c, static_cast<std::uint64_t>(seed));
    const ShiftBounds bounds = shift_bounds(scene.field, scene.exposure, scene.sensor);
    const auto movie = sim::simulate_movie(scene.field, scene.exposure, std::move(scene.sensor),
                                           c.ice ? PixelType::uint8 : PixelType::int16);
    const auto result = correct_motion({}, *movie.frames, {}, {});
    const auto truth =
        on_grid(c, [&](double x, double y, int i) { return movie.truth.shift(x, y, i); });
    const auto found =
        on_grid(c, [&](double x, double y, int i) { return result.motion.at(x, y, i); });
    const auto global = on_grid(c, [&](double, double, int i) {
      return result.motion.global[static_cast<std::size_t>(i)];
    });
    fmt::print(
        "seed {}: error {:.4f} px, floor of one shift {:.4f}, of the polynomial {:.4f}, invented "
        "{:.4f}; expected error of a shift {:.4f}, bounds: image known {:.4f}, rings {:.4f}, "
        "patches "
        "{:.4f}; {}\n",
        seed, rms(c, found - truth), rms(c, unexplained(c, truth, false)),
        rms(c, unexplained(c, truth, true)), rms(c, found - global), result.shift_error_px[0],
        bounds.known, bounds.rings, bounds.patches, result.local_decision);
  }
  return 0;
}
