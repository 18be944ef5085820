// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/series.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/core/random.h"
#include "gimbal/core/text.h"

#include <algorithm>
#include <cmath>

namespace gimbal::sim {
namespace {

std::string series_name(const SeriesOptions& options, int index) {
  if (options.n_series == 1) return options.name;
  const auto last = options.name.find_last_not_of("0123456789");
  const std::size_t stem = last == std::string::npos ? 0 : last + 1;
  const std::string digits = options.name.substr(stem);
  const long first = digits.empty() ? 1 : parse_int(digits).value_or(1);
  const std::string separator = digits.empty() ? "_" : "";
  return fmt::format("{}{}{:0{}}", options.name.substr(0, stem), separator, first + index,
                     std::max<std::size_t>(2, digits.size()));
}

std::vector<bool> chosen(const std::vector<std::string>& words, std::size_t n_tilts,
                         const char* option) {
  std::vector<bool> is_chosen(n_tilts, false);
  for (const std::string& word : words)
    for (std::string_view part : split(word, ',')) {
      const auto number = parse_int(part);
      if (!number || *number < 1 || *number > static_cast<long>(n_tilts))
        throw UsageError(
            fmt::format("--{}: '{}' is not a number from 1 to {}", option, part, n_tilts));
      is_chosen[static_cast<std::size_t>(*number - 1)] = true;
    }
  return is_chosen;
}

DriftKind drift_kind(const std::string& word) {
  if (word == "none") return DriftKind::none;
  if (word == "linear") return DriftKind::linear;
  if (word == "exponential") return DriftKind::exponential;
  if (word == "jitter") return DriftKind::jitter;
  return word == "jump" ? DriftKind::jump : DriftKind::mixed;
}

// Movies drift more at high tilt, mostly across the tilt axis, and now and then they jump.
TrueMotion plan_motion(const SeriesOptions& o, const TiltPlan& tilt, Random& random) {
  const double strength = 1.0 + std::abs(std::sin(rad_from_deg(tilt.y_tilt_deg)));
  const double size_px = o.drift_A / o.pixel_A * strength * (0.4 + 0.9 * random.uniform());
  const double sign = random.uniform() < 0.5 ? -1.0 : 1.0;
  const double angle = rad_from_deg(tilt.z_rot_deg) + 0.5 * random.normal();
  const bool jumps = random.uniform() < 0.05;
  DriftKind kind = drift_kind(o.drift_kind);
  if (kind == DriftKind::mixed && jumps) kind = DriftKind::jump;
  TrueMotion motion;
  motion.drift_px = make_drift(kind, o.n_frames,
                               sign * size_px * Vec2{std::cos(angle), std::sin(angle)}, tilt.seed);
  if (o.local_motion_A > 0.0 && o.n_frames > 1)
    motion.local = beam_induced_motion({o.nx, o.ny}, o.n_frames,
                                       o.local_motion_A / o.pixel_A * strength, tilt.seed);
  return motion;
}

TiltPlan plan_tilt(const SeriesPlan& plan, int acquisition, double nominal_deg, BeamState state,
                   std::uint64_t seed) {
  const SeriesOptions& o = plan.options;
  Random random(seed, 0x74696c74 + static_cast<std::uint64_t>(acquisition));
  TiltPlan tilt;
  tilt.acquisition = acquisition;
  tilt.movie_name =
      fmt::format("{}_{:03}_{:.1f}.{}", plan.name, acquisition, nominal_deg, o.format);
  tilt.nominal_tilt_deg = nominal_deg;
  tilt.x_tilt_deg = o.x_tilt_deg;
  tilt.y_tilt_deg = nominal_deg + o.angle_offset_deg + o.angle_error_deg * random.normal();
  tilt.z_rot_deg = o.tilt_axis_deg + o.axis_error_deg + 0.05 * random.normal();
  const double x = random.normal(), y = random.normal();
  tilt.shift_px = o.stage_shift_A / o.pixel_A * Vec2{x, y};
  tilt.magnification = 1.0 + o.magnification_error * random.normal();
  if (acquisition + 1 >= o.magnification_jump_at) tilt.magnification *= 1.0 + o.magnification_jump;
  tilt.pre_exposure_e_A2 = acquisition * o.dose_per_tilt_e_A2;
  tilt.state = state;
  tilt.seed = random.bits();
  tilt.motion = plan_motion(o, tilt, random);
  return tilt;
}

// A bar over more than a third of the field, parallel to the tilt axis.
void block(Field& field, const TiltPlan& tilt) {
  const double angle = rad_from_deg(tilt.z_rot_deg);
  const double nx = std::cos(angle), ny = std::sin(angle);
  const double from = 0.1 * std::min(field.camera.nx, field.camera.ny);
  parallel_for(field.image.ny(), [&](int y) {
    for (int x = 0; x < field.image.nx(); ++x) {
      const double distance = nx * (x - 0.5 * field.image.nx()) + ny * (y - 0.5 * field.image.ny());
      const double open = 0.5 * std::erfc((distance - from) / 4.0);
      field.image.real()(x, y) *= static_cast<float>(0.01 + 0.99 * open);
    }
  });
}

void dim(Field& field, float factor) {
  parallel_for(field.image.ny(), [&](int y) {
    for (float& value : field.image.real().row_span(y)) value *= factor;
  });
}

Specimen plan_specimen(const SeriesOptions& o, std::uint64_t seed) {
  // The specimen's x axis is across the tilt axis: with an axis near 90 degrees it is the image's
  // y.
  const double c = std::abs(std::cos(rad_from_deg(o.tilt_axis_deg)));
  const double s = std::abs(std::sin(rad_from_deg(o.tilt_axis_deg)));
  const double across = (c * o.nx + s * o.ny) / (c + s), along = (s * o.nx + c * o.ny) / (c + s);
  SpecimenOptions options = o.specimen;
  options.softness_A = std::max(2.0, 0.35 * o.pixel_A);
  return make_specimen(across * o.pixel_A, along * o.pixel_A, options, seed);
}

}  // namespace

std::vector<double> tilt_order(const SeriesOptions& o) {
  if (o.tilt_max_deg < o.tilt_min_deg)
    throw UsageError(
        fmt::format("--tilt_max {} is below --tilt_min {}", o.tilt_max_deg, o.tilt_min_deg));
  std::vector<double> angles;
  const int n =
      static_cast<int>(std::floor((o.tilt_max_deg - o.tilt_min_deg) / o.tilt_step_deg + 1e-6));
  for (int i = 0; i <= n; ++i) angles.push_back(o.tilt_min_deg + i * o.tilt_step_deg);
  const auto start = std::min_element(angles.begin(), angles.end(),
                                      [](double a, double b) { return std::abs(a) < std::abs(b); });
  if (o.scheme == "continuous") return angles;
  std::vector<double> up(start, angles.end()), down(angles.begin(), start), order;
  std::reverse(down.begin(), down.end());
  if (o.scheme == "bidirectional") {
    order = up;
    order.insert(order.end(), down.begin(), down.end());
    return order;
  }
  // Dose-symmetric in pairs: 0, +3, -3, -6, +6, +9, -9, ...
  order.push_back(up.front());
  for (std::size_t i = 0; i + 1 < up.size() || i < down.size(); ++i) {
    const bool up_first = i % 2 == 0;
    for (bool is_up : {up_first, !up_first}) {
      if (is_up && i + 1 < up.size()) order.push_back(up[i + 1]);
      if (!is_up && i < down.size()) order.push_back(down[i]);
    }
  }
  return order;
}

SeriesPlan plan_series(const SeriesOptions& options, int index) {
  SeriesPlan plan;
  plan.name = series_name(options, index);
  plan.options = options;
  const std::uint64_t seed =
      splitmix64(static_cast<std::uint64_t>(options.seed)) + static_cast<std::uint64_t>(index);
  plan.specimen = plan_specimen(options, seed);
  const auto angles = tilt_order(options);
  plan.deformation = {options.doming_A, 0.5 * options.pixel_A * std::max(options.nx, options.ny),
                      options.shrinkage,
                      options.dose_per_tilt_e_A2 * static_cast<double>(angles.size())};
  const auto dark = chosen(options.dark_tilts, angles.size(), "dark_tilts");
  const auto blocked = chosen(options.blocked_tilts, angles.size(), "blocked_tilts");
  for (std::size_t i = 0; i < angles.size(); ++i) {
    const BeamState state = dark[i]      ? BeamState::dark
                            : blocked[i] ? BeamState::blocked
                                         : BeamState::normal;
    plan.tilts.push_back(plan_tilt(plan, static_cast<int>(i), angles[i], state, seed));
  }
  return plan;
}

Sensor series_sensor(const SeriesOptions& options) {
  return make_sensor({options.nx, options.ny}, options.sensor,
                     splitmix64(static_cast<std::uint64_t>(options.seed) ^ 0x73656e736f72));
}

Look look_at(const SeriesPlan& plan, const TiltPlan& tilt) {
  Look look;
  look.pose.tilt_deg = tilt.y_tilt_deg;
  look.pose.rotation =
      rotation_z(tilt.z_rot_deg) * rotation_y(tilt.y_tilt_deg) * rotation_x(tilt.x_tilt_deg);
  look.pose.shift_px = tilt.shift_px;
  look.pose.magnification = tilt.magnification;
  look.pose.pixel_A = plan.options.pixel_A;
  look.deformation = plan.deformation;
  look.dose_before_e_A2 = tilt.pre_exposure_e_A2;
  look.dose_of_movie_e_A2 = plan.options.dose_per_tilt_e_A2;
  look.seed = tilt.seed;
  return look;
}

Exposure exposure_of(const SeriesPlan& plan, const TiltPlan& tilt) {
  const SeriesOptions& o = plan.options;
  return {.n_frames = o.n_frames,
          .pixel_A = o.pixel_A,
          .dose_per_frame_e_A2 = o.dose_per_tilt_e_A2 / o.n_frames,
          .voltage_kV = o.voltage_kV,
          .motion = tilt.motion,
          .noise = !o.noise_free,
          .seed = splitmix64(tilt.seed)};
}

Field tilt_field(const SeriesPlan& plan, const TiltPlan& tilt) {
  const SeriesOptions& o = plan.options;
  Field field = make_field({o.nx, o.ny}, margin_for(tilt.motion, {o.nx, o.ny}, o.n_frames));
  Optics optics;
  optics.voltage_kV = o.voltage_kV;
  optics.cs_mm = o.cs_mm;
  optics.amplitude_contrast = o.amplitude_contrast;
  optics.defocus_A = o.defocus_um * 1e4;
  form_image(field, plan.specimen, look_at(plan, tilt), optics);
  if (tilt.state == BeamState::blocked) block(field, tilt);
  if (tilt.state == BeamState::dark) dim(field, 0.02F);
  return field;
}

}  // namespace gimbal::sim
