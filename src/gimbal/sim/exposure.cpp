// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/exposure.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/sim/warp.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace gimbal::sim {
namespace {

// The drift from the middle of the frame before to the middle of the frame after, halved: what the
// specimen moves while frame i is taken.
Vec2 smear_px(const std::vector<Vec2>& drift, int i) {
  const int last = static_cast<int>(drift.size()) - 1;
  if (last < 1) return {};
  const int before = std::max(0, i - 1), after = std::min(last, i + 1);
  return (1.0 / (after - before)) *
         (drift[static_cast<std::size_t>(after)] - drift[static_cast<std::size_t>(before)]);
}

double sinc(double turns) {
  const double a = std::numbers::pi * turns, a2 = a * a;
  if (a2 < 0.25) return 1.0 - a2 / 6.0 * (1.0 - a2 / 20.0 * (1.0 - a2 / 42.0));
  return std::sin(a) / a;
}

cfloat ramp(double turns) {
  const double angle = -2.0 * std::numbers::pi * turns;
  return {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
}

// Everything that is linear and the same everywhere: fading, MTF, drift and its blur.
void filter_frame(Plane& plane, const Exposure& exposure, const Sensor& sensor, int i) {
  const auto& drift = exposure.motion.drift_px;
  const Vec2 moved = drift.empty() ? Vec2{} : drift[static_cast<std::size_t>(i)];
  const Vec2 smear = exposure.motion_blur ? smear_px(drift, i) : Vec2{};
  const double dose = exposure.fading ? (i + 0.5) * exposure.dose_per_frame_e_A2 : 0.0;
  const RadialTable radial([&](double k) {
    return sensor.mtf(k) * fading(k / exposure.pixel_A, dose, exposure.voltage_kV);
  });
  const auto half = plane.half();
  std::vector<cfloat> ramp_x;
  for (int x = 0; x < half.nx(); ++x) ramp_x.push_back(ramp(moved.x * x / plane.nx()));
  parallel_for(plane.ny(), [&](int y) {
    const double ky = frequency(y, plane.ny());
    const cfloat ramp_y = ramp(moved.y * ky);
    auto* row = half.row(y);
    for (int x = 0; x < half.nx(); ++x) {
      const double kx = static_cast<double>(x) / plane.nx();
      row[x] *= radial.at(kx, ky) * static_cast<float>(sinc(kx * smear.x + ky * smear.y)) *
                (ramp_x[static_cast<std::size_t>(x)] * ramp_y);
    }
  });
}

void crop(View<const float> image, int x0, int y0, View<float> out) {
  parallel_for(out.ny(), [&](int y) { std::copy_n(image.row(y + y0) + x0, out.nx(), out.row(y)); });
}

}  // namespace

Field make_field(Size2 camera, int margin_px) {
  Field field;
  field.camera = camera;
  field.border = 48;
  const int around = 2 * (margin_px + field.border);
  field.image = Plane(good_size(camera.nx + around), good_size(camera.ny + around));
  field.x0 = (field.image.nx() - camera.nx) / 2;
  field.y0 = (field.image.ny() - camera.ny) / 2;
  return field;
}

int margin_for(const TrueMotion& motion, Size2 camera, int n_frames) {
  double reach = 0.0;
  for (int i = 0; i < n_frames; ++i)
    for (double y : {0.0, 0.5 * camera.ny, 1.0 * camera.ny})
      for (double x : {0.0, 0.5 * camera.nx, 1.0 * camera.nx})
        reach = std::max(reach, length(motion.displacement(x, y, i)));
  return 24 + static_cast<int>(1.3 * reach);
}

double critical_dose_e_A2(double cycles_per_A, double voltage_kV) {
  const double voltage_factor = voltage_kV > 250.0 ? 1.0 : voltage_kV > 150.0 ? 0.8 : 0.64;
  return voltage_factor * (0.245 * std::pow(cycles_per_A, -1.665) + 2.81);
}

double fading(double cycles_per_A, double dose_e_A2, double voltage_kV) {
  if (!(cycles_per_A > 0.0) || !(dose_e_A2 > 0.0)) return 1.0;
  return std::exp(-0.5 * dose_e_A2 / critical_dose_e_A2(cycles_per_A, voltage_kV));
}

Image<float> expected_frame(const Field& field, Plane spectrum, const Exposure& exposure,
                            const Sensor& sensor, int frame) {
  filter_frame(spectrum, exposure, sensor, frame);
  spectrum.to_real();
  Image<float> out(field.camera.nx, field.camera.ny, Image<float>::Uninitialized{});
  const TrueMotion& motion = exposure.motion;
  if (motion.local && frame > 0) {
    // The drift is already in: a point that was at X is now at X + drift + local(X).
    const Vec2 drift = motion.displacement(0, 0, frame) - motion.local(0, 0, frame);
    warp(
        spectrum.real(), field.x0, field.y0,
        [&](double x, double y) { return motion.local(x - drift.x, y - drift.y, frame); }, out);
  } else {
    crop(spectrum.real(), field.x0, field.y0, out);
  }
  const auto electrons = static_cast<float>(exposure.electrons_per_px());
  parallel_for(out.ny(), [&](int y) {
    for (float& value : out.view().row_span(y)) value *= electrons;
  });
  return out;
}

void expose(const Field& field, const Exposure& exposure, const Sensor& sensor,
            const std::function<void(int, View<const float>)>& take) {
  if (sensor.size != field.camera)
    fail("the sensor has {} x {} pixels, the field was made for {} x {}", sensor.size.nx,
         sensor.size.ny, field.camera.nx, field.camera.ny);
  const auto n_drift = exposure.motion.drift_px.size();
  if (n_drift != 0 && n_drift != static_cast<std::size_t>(exposure.n_frames))
    fail("the drift has {} positions for {} frames", n_drift, exposure.n_frames);
  Plane spectrum = field.image.clone();
  spectrum.to_fourier();
  for (int i = 0; i < exposure.n_frames; ++i) {
    Image<float> frame = expected_frame(field, spectrum.clone(), exposure, sensor, i);
    count_electrons(sensor, frame, exposure.electrons_per_px(), exposure.noise, i, exposure.seed);
    take(i, frame);
  }
}

}  // namespace gimbal::sim
