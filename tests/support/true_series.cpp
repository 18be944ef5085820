// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/true_series.h"

#include "gimbal/core/parallel.h"

#include <cmath>

namespace gimbal::testing {
namespace {

double mean_of(View<const float> image) {
  double sum = 0.0;
  for (int y = 0; y < image.ny(); ++y)
    for (const float value : image.row_span(y)) sum += double{value};
  return sum / static_cast<double>(image.count());
}

tilt::StackTilt empty_tilt(const sim::SeriesPlan& plan, const sim::TiltPlan& from) {
  tilt::StackTilt tilt;
  tilt.key = from.movie_name;
  tilt.nominal_tilt_deg = from.nominal_tilt_deg;
  tilt.pre_exposure_e_A2 = from.pre_exposure_e_A2;
  tilt.dose_e_A2 = plan.options.dose_per_tilt_e_A2;
  return tilt;
}

AlignedTilt true_tilt(const sim::TiltPlan& from) {
  AlignedTilt tilt;
  tilt.key = from.movie_name;
  tilt.nominal_tilt_deg = from.nominal_tilt_deg;
  tilt.pre_exposure_e_A2 = from.pre_exposure_e_A2;
  tilt.projection = {from.x_tilt_deg, from.y_tilt_deg, from.z_rot_deg, from.shift_px,
                     from.magnification};
  return tilt;
}

}  // namespace

TrueSeries plan_true_series(sim::SeriesOptions options, int index) {
  options.n_frames = 1;
  options.drift_kind = "none";
  options.local_motion_A = 0.0;
  TrueSeries series;
  series.plan = sim::plan_series(options, index);
  const sim::SeriesOptions& o = series.plan.options;
  tilt::Stack& stack = series.stack;
  stack.full_size = stack.size = {o.nx, o.ny};
  stack.full_pixel_A = o.pixel_A;
  stack.nominal_axis_deg = o.tilt_axis_deg;
  stack.voltage_kV = o.voltage_kV;
  stack.cs_mm = o.cs_mm;
  stack.amplitude_contrast = o.amplitude_contrast;
  series.truth.method = "truth";
  series.truth.size = stack.full_size;
  series.truth.pixel_A = o.pixel_A;
  for (const sim::TiltPlan& tilt : series.plan.tilts) {
    stack.tilts.push_back(empty_tilt(series.plan, tilt));
    series.truth.tilts.push_back(true_tilt(tilt));
    const sim::Look look = sim::look_at(series.plan, tilt);
    auto& beads = series.beads_px.emplace_back();
    for (const sim::Ball& bead : series.plan.specimen.gold)
      beads.push_back(look.pose.image_px(look.deformation.at(bead.centre_A, look.dose_before_e_A2),
                                         stack.full_size));
  }
  return series;
}

void render(TrueSeries& series) {
  const sim::Sensor sensor = sim::series_sensor(series.plan.options);
  parallel_for(static_cast<int>(series.plan.tilts.size()), [&](int i) {
    const auto index = static_cast<std::size_t>(i);
    const sim::TiltPlan& tilt = series.plan.tilts[index];
    sim::expose(sim::tilt_field(series.plan, tilt), sim::exposure_of(series.plan, tilt), sensor,
                [&](int, View<const float> frame) {
                  tilt::StackTilt& out = series.stack.tilts[index];
                  out.mean = mean_of(frame);
                  out.image = Image<float>(frame.nx(), frame.ny());
                  double squares = 0.0;
                  for (int y = 0; y < frame.ny(); ++y)
                    for (int x = 0; x < frame.nx(); ++x) {
                      const double value = static_cast<double>(frame(x, y)) - out.mean;
                      out.image(x, y) = static_cast<float>(value);
                      squares += value * value;
                    }
                  out.deviation = std::sqrt(squares / static_cast<double>(frame.count()));
                });
  });
}

void bin_stack(tilt::Stack& stack, int binning) {
  if (binning == 1) return;
  parallel_for(static_cast<int>(stack.tilts.size()), [&](int i) {
    auto& image = stack.tilts[static_cast<std::size_t>(i)].image;
    if (!image.empty()) image = tilt::fourier_binned(image, binning);
  });
  const auto up = [&](int n) { return (n + binning - 1) / binning; };
  stack.binning = binning;
  stack.size = {up(stack.full_size.nx), up(stack.full_size.ny)};
}

TrueSeries make_true_series(sim::SeriesOptions options, int index) {
  TrueSeries series = plan_true_series(std::move(options), index);
  render(series);
  return series;
}

double bead_bound_px(const sim::SeriesPlan& plan, double tilt_deg) {
  const sim::SeriesOptions& o = plan.options;
  const Size2 size{192, 192};
  sim::Specimen specimen;
  specimen.profiles.push_back(
      sim::solid_ball(0.5 * o.specimen.bead_diameter_A, 1.0, std::max(2.0, 0.35 * o.pixel_A)));
  specimen.gold.push_back({{}, 0});
  sim::Optics optics;
  optics.voltage_kV = o.voltage_kV;
  optics.cs_mm = o.cs_mm;
  optics.amplitude_contrast = o.amplitude_contrast;
  optics.defocus_A = o.defocus_um * 1e4;
  const double path = o.specimen.ice_thickness_A / std::cos(rad_from_deg(tilt_deg));
  const double transmitted = std::exp(-path / optics.mean_free_path_A);
  sim::Exposure exposure;
  exposure.n_frames = 1;
  exposure.pixel_A = o.pixel_A;
  exposure.dose_per_frame_e_A2 = o.dose_per_tilt_e_A2 * transmitted;
  const sim::Sensor sensor = sim::make_sensor(size, {.mtf_at_nyquist = o.sensor.mtf_at_nyquist}, 1);
  const auto expected = [&](double shift_px) {
    sim::Field field = sim::make_field(size, 8);
    sim::Look look;
    look.pose.pixel_A = o.pixel_A;
    look.pose.shift_px = {shift_px, 0.0};
    sim::form_image(field, specimen, look, optics);
    sim::Plane spectrum = field.image.clone();
    spectrum.to_fourier();
    return sim::expected_frame(field, std::move(spectrum), exposure, sensor, 0);
  };
  const double step = 0.1;
  const Image<float> low = expected(-step), high = expected(step);
  double information = 0.0;
  for (int y = 0; y < size.ny; ++y)
    for (int x = 0; x < size.nx; ++x) {
      const double a = static_cast<double>(low(x, y)), b = static_cast<double>(high(x, y));
      information += std::pow((b - a) / (2.0 * step), 2) / (0.5 * (a + b));
    }
  return 1.0 / std::sqrt(information);
}

}  // namespace gimbal::testing
