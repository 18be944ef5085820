// SPDX-License-Identifier: GPL-3.0-or-later
// Options of simulated tilt series, each declared once, and the presets.
#pragma once

#include "gimbal/core/options.h"
#include "gimbal/sim/optics.h"
#include "gimbal/sim/sensor.h"
#include "gimbal/sim/specimen.h"

#include <string>
#include <vector>

namespace gimbal::sim {

struct SeriesOptions {
  std::string name = "TS_01";
  int n_series = 1;
  int seed = 1;
  bool noise_free = false;

  double tilt_min_deg = -60.0;
  double tilt_max_deg = 60.0;
  double tilt_step_deg = 3.0;
  std::string scheme = "dose_symmetric";
  double dose_per_tilt_e_A2 = 3.0;

  int nx = 1024;
  int ny = 1024;
  double pixel_A = 5.4;
  int n_frames = 8;
  std::string format = "mrc";
  std::string type = "int8";
  int eer_raw_frames = 32;
  int eer_upsampling = 1;

  double voltage_kV = 300.0;
  double cs_mm = 2.7;
  double amplitude_contrast = 0.1;
  double defocus_um = 4.0;

  double tilt_axis_deg = 85.0;
  double axis_error_deg = 0.6;
  double angle_offset_deg = 0.0;
  double angle_error_deg = 0.1;
  double x_tilt_deg = 0.0;
  double stage_shift_A = 60.0;
  double magnification_error = 0.0;
  double magnification_jump = 0.0;  // 0.01: 1 % larger from then on
  int magnification_jump_at = 2;    // tilt, counted from 1 in the order of acquisition

  std::string drift_kind = "mixed";
  double drift_A = 8.0;
  double local_motion_A = 1.5;
  double doming_A = 0.0;
  double shrinkage = 0.0;
  std::vector<std::string> dark_tilts;
  std::vector<std::string> blocked_tilts;

  SpecimenOptions specimen;

  SensorOptions sensor{.mtf_at_nyquist = 0.5};
  int gain_rot = 0;
  int gain_flip = 0;
};

void describe(SeriesOptions& options, OptionTable& table);

struct Preset {
  std::string name;
  std::string summary;
};
const std::vector<Preset>& presets();

// Throws UsageError, listing the names, when there is no such preset.
SeriesOptions preset_options(const std::string& name);

}  // namespace gimbal::sim
