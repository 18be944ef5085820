// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/series_files.h"

#include "gimbal/core/error.h"
#include "gimbal/core/random.h"
#include "gimbal/data/orientation.h"
#include "gimbal/io/file.h"
#include "gimbal/io/mrc.h"
#include "gimbal/sim/movie_writer.h"

namespace gimbal::sim {
namespace {

namespace fs = std::filesystem;

PixelType pixel_type(const std::string& word) {
  if (word == "uint8") return PixelType::uint8;
  if (word == "int16") return PixelType::int16;
  if (word == "uint16") return PixelType::uint16;
  return word == "float32" ? PixelType::float32 : PixelType::int8;
}

// One tilt a minute from a fixed moment on, as SerialEM writes it.
std::string date_time(int acquisition) {
  const int minutes = 12 * 60 + acquisition;
  return fmt::format("{:02}-Jan-24  {:02}:{:02}:00", 1 + minutes / 1440, minutes / 60 % 24,
                     minutes % 60);
}

// The movie's gain turned back, so that reading it with --gain_rot and --gain_flip turns it right.
Image<float> as_stored(View<const float> gain, const SeriesOptions& o) {
  const Image<float> unflipped = oriented(gain, {0, o.gain_flip});
  return oriented(unflipped, {(4 - o.gain_rot) % 4, 0});
}

void write_gain(const fs::path& path, const Sensor& sensor, const SeriesOptions& o) {
  const Image<float> stored = as_stored(sensor.gain, o);
  if (o.format == "eer")
    write_eer_gain(path, stored);
  else
    write_mrc(path, stored, {.pixel_A = o.pixel_A, .labels = {"gimbal simulate: gain"}});
}

void write_movie(const SeriesPlan& plan, const TiltPlan& tilt, const Sensor& sensor,
                 const fs::path& folder) {
  const SeriesOptions& o = plan.options;
  const Exposure exposure = exposure_of(plan, tilt);
  const auto writer = open_movie_writer({.path = folder / tilt.movie_name,
                                         .format = o.format,
                                         .type = pixel_type(o.type),
                                         .size = {o.nx, o.ny},
                                         .n_frames = o.n_frames,
                                         .pixel_A = o.pixel_A,
                                         .exposure_e_A2 = o.dose_per_tilt_e_A2,
                                         .eer_raw_frames = o.eer_raw_frames,
                                         .eer_upsampling = o.eer_upsampling,
                                         .seed = splitmix64(exposure.seed)});
  expose(tilt_field(plan, tilt), exposure, sensor,
         [&](int, View<const float> frame) { writer->append(frame); });
  writer->finish();
}

void check(const SeriesOptions& o) {
  if (o.noise_free && (o.type != "float32" || o.format == "eer"))
    throw UsageError("--noise_free needs --type float32 and a format other than eer");
}

}  // namespace

std::string gain_name(const SeriesOptions& o) {
  if (o.sensor.gain_sigma <= 0.0 && o.sensor.gain_tiles <= 0.0) return "";
  return o.format == "eer" ? "gain.gain" : "gain.mrc";
}

std::string mdoc_text(const SeriesPlan& plan) {
  const SeriesOptions& o = plan.options;
  std::string text = fmt::format(
      "PixelSpacing = {}\nVoltage = {:g}\nImageFile = {}.mrc\nImageSize = {} {}\nDataMode = 1\n\n"
      "[T = SerialEM: simulated by gimbal]\n\n"
      "[T =     Tilt axis angle = {:.1f}, binning = 1  spot = 8  camera = 0]\n",
      o.pixel_A, o.voltage_kV, plan.name, o.nx, o.ny, o.tilt_axis_deg);
  for (const TiltPlan& tilt : plan.tilts) {
    const int n_frames = o.format == "eer" ? o.n_frames * o.eer_raw_frames : o.n_frames;
    text += fmt::format(
        "\n[ZValue = {}]\nTiltAngle = {:.4f}\nStagePosition = 0 0\nStageZ = 0\n"
        "ExposureDose = {}\nPixelSpacing = {}\nDefocus = {}\nRotationAngle = {:.1f}\n"
        "ExposureTime = 1\nBinning = 1\nTargetDefocus = {}\nPriorRecordDose = {}\n"
        "SubFramePath = D:\\frames\\{}\nNumSubFrames = {}\nDateTime = {}\n",
        tilt.acquisition, tilt.nominal_tilt_deg, o.dose_per_tilt_e_A2, o.pixel_A, -o.defocus_um,
        o.tilt_axis_deg + 90.0, -o.defocus_um, tilt.pre_exposure_e_A2, tilt.movie_name, n_frames,
        date_time(tilt.acquisition));
  }
  return text;
}

std::string defect_text(const Sensor& sensor) {
  std::string text;
  for (int x : sensor.dead_columns) text += fmt::format("{} 0 1 {}\n", x, sensor.size.ny);
  for (SensorPixel p : sensor.dead) text += fmt::format("{} {} 1 1\n", p.x, p.y);
  return text;
}

void write_series(const std::vector<SeriesPlan>& plans, const fs::path& folder,
                  const std::function<void(const std::string&)>& written) {
  const SeriesOptions& o = plans.at(0).options;
  check(o);
  const Sensor sensor = series_sensor(o);
  fs::create_directories(folder / "frames");
  fs::create_directories(folder / "mdoc");
  if (!sensor.gain.empty()) write_gain(folder / gain_name(o), sensor, o);
  const std::string defects = defect_text(sensor);
  if (!defects.empty()) write_text_atomically(folder / "defects.txt", defects);
  write_text_atomically(folder / "truth.json", truth_text(plans, sensor));
  for (const SeriesPlan& plan : plans) {
    write_text_atomically(folder / "mdoc" / (plan.name + ".mrc.mdoc"), mdoc_text(plan));
    for (const TiltPlan& tilt : plan.tilts) {
      write_movie(plan, tilt, sensor, folder / "frames");
      written(tilt.movie_name);
    }
  }
}

}  // namespace gimbal::sim
