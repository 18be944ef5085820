// SPDX-License-Identifier: GPL-3.0-or-later
// A tilt series with known truth: what is planned for each tilt, and its movie.
#pragma once

#include "gimbal/sim/exposure.h"
#include "gimbal/sim/optics.h"
#include "gimbal/sim/sensor.h"
#include "gimbal/sim/series_options.h"
#include "gimbal/sim/specimen.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gimbal::sim {

enum class BeamState { normal, dark, blocked };

struct TiltPlan {
  int acquisition = 0;     // from 0
  std::string movie_name;  // <series>_<acquisition>_<angle>.<format>
  double nominal_tilt_deg = 0.0;
  double x_tilt_deg = 0.0;  // the truth, in RELION's convention
  double y_tilt_deg = 0.0;
  double z_rot_deg = 0.0;
  Vec2 shift_px;
  double magnification = 1.0;
  double pre_exposure_e_A2 = 0.0;
  BeamState state = BeamState::normal;
  TrueMotion motion;
  std::uint64_t seed = 0;
};

struct SeriesPlan {
  std::string name;
  SeriesOptions options;
  Specimen specimen;
  Deformation deformation;
  std::vector<TiltPlan> tilts;  // in the order of acquisition
};

// Nominal angles in the order in which they are taken.
std::vector<double> tilt_order(const SeriesOptions& options);

// `index` counts the series of a run from 0: each gets a specimen and errors of its own.
SeriesPlan plan_series(const SeriesOptions& options, int index);

// The camera is the same for all series of a run.
Sensor series_sensor(const SeriesOptions& options);

Look look_at(const SeriesPlan& plan, const TiltPlan& tilt);
Exposure exposure_of(const SeriesPlan& plan, const TiltPlan& tilt);

// The noise-free field of a tilt: specimen, lens, and whatever is in the beam's way.
Field tilt_field(const SeriesPlan& plan, const TiltPlan& tilt);

}  // namespace gimbal::sim
