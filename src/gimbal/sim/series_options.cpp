// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/series_options.h"

#include "gimbal/core/error.h"

#include <fmt/ranges.h>

namespace gimbal::sim {
namespace {

void describe_run(SeriesOptions& o, OptionTable& t) {
  const OptionGroup group(t, "Series");
  group.add("name", o.name, {.help = "Name of the series"});
  group.add("n_series", o.n_series,
            {.help = "Number of series; the number at the end of the name is counted up",
             .min = 1,
             .max = 10000});
  group.add("seed", o.seed,
            {.help = "The same seed gives the same files, byte for byte", .min = 0});
  group.add("tilt_min", o.tilt_min_deg,
            {.help = "Lowest tilt angle", .unit = "deg", .min = -80, .max = 80});
  group.add("tilt_max", o.tilt_max_deg,
            {.help = "Highest tilt angle", .unit = "deg", .min = -80, .max = 80});
  group.add("tilt_step", o.tilt_step_deg,
            {.help = "Step of the tilt angle", .unit = "deg", .min = 0.1, .max = 90});
  group.add("scheme", o.scheme,
            {.help = "Order of acquisition",
             .choices = {"dose_symmetric", "bidirectional", "continuous"}});
  group.add("dose", o.dose_per_tilt_e_A2,
            {.help = "Dose of each tilt", .unit = "e/A^2", .min = 0, .max = 1000});
}

void describe_files(SeriesOptions& o, OptionTable& t) {
  const OptionGroup group(t, "Movies");
  group.add("nx", o.nx, {.help = "Width", .unit = "px", .min = 16, .max = 32768});
  group.add("ny", o.ny, {.help = "Height", .unit = "px", .min = 16, .max = 32768});
  group.add("angpix", o.pixel_A, {.help = "Pixel size", .unit = "A", .min = 0.1, .max = 100});
  group.add("frames", o.n_frames,
            {.help = "Frames of a movie (EER: steps of the motion)", .min = 1, .max = 10000});
  group.add("format", o.format, {.help = "Format of the movies", .choices = {"mrc", "tif", "eer"}});
  group.add("type", o.type,
            {.help = "Numbers in MRC and TIFF movies (TIFF: uint8, uint16 or float32)",
             .choices = {"int8", "uint8", "int16", "uint16", "float32"}});
  group.add("eer_raw_frames", o.eer_raw_frames,
            {.help = "EER: raw frames for each of the frames", .min = 1, .max = 4000});
  group.add("eer_upsampling", o.eer_upsampling,
            {.help = "EER: 1: width and height are the detector's, 2: twice the detector's",
             .min = 1,
             .max = 2});
  group.add("noise_free", o.noise_free,
            {.help = "Expected values instead of counted electrons (with --type float32)"});
}

void describe_microscope(SeriesOptions& o, OptionTable& t) {
  const OptionGroup group(t, "Microscope");
  group.add("kv", o.voltage_kV, {.help = "Voltage", .unit = "kV", .min = 60, .max = 400});
  group.add("cs", o.cs_mm, {.help = "Spherical aberration", .unit = "mm", .min = 0, .max = 20});
  group.add("q0", o.amplitude_contrast, {.help = "Amplitude contrast", .min = 0, .max = 0.5});
  group.add("defocus", o.defocus_um, {.help = "Underfocus", .unit = "um", .min = -20, .max = 20});
}

void describe_geometry(SeriesOptions& o, OptionTable& t) {
  const OptionGroup group(t, "Geometry and its errors");
  group.add("tilt_axis", o.tilt_axis_deg,
            {.help = "Nominal tilt axis, from +y, counter-clockwise",
             .unit = "deg",
             .min = -360,
             .max = 360});
  group.add("axis_error", o.axis_error_deg,
            {.help = "How far the true axis is from the nominal one",
             .unit = "deg",
             .min = -180,
             .max = 180});
  group.add("angle_offset", o.angle_offset_deg,
            {.help = "True minus nominal tilt angle, the same for all (a tilted film)",
             .unit = "deg",
             .min = -30,
             .max = 30});
  group.add("angle_error", o.angle_error_deg,
            {.help = "rms error of each tilt angle", .unit = "deg", .min = 0, .max = 10});
  group.add("x_tilt", o.x_tilt_deg,
            {.help = "Tilt of the film around x", .unit = "deg", .min = -30, .max = 30});
  group.add("stage_shift", o.stage_shift_A,
            {.help = "rms shift of each tilt, per axis", .unit = "A", .min = 0, .max = 20000});
  group.add("magnification_error", o.magnification_error,
            {.help = "rms error of each tilt's magnification", .min = 0, .max = 0.1});
  group.add(
      "magnification_jump", o.magnification_jump,
      {.help = "Relative change of the magnification from one tilt on", .min = -0.2, .max = 0.2});
  group.add(
      "magnification_jump_at", o.magnification_jump_at,
      {.help = "That tilt, counted from 1 in the order of acquisition", .min = 1, .max = 1e6});
}

void describe_motion(SeriesOptions& o, OptionTable& t) {
  const OptionGroup group(t, "Motion and damage");
  group.add("drift_kind", o.drift_kind,
            {.help = "Course of the drift",
             .choices = {"none", "linear", "exponential", "jitter", "jump", "mixed"}});
  group.add("drift", o.drift_A,
            {.help = "Typical drift within a movie", .unit = "A", .min = 0, .max = 1000});
  group.add("local_motion", o.local_motion_A,
            {.help = "rms of the local motion over the field at the end of a movie",
             .unit = "A",
             .min = 0,
             .max = 500});
  group.add("doming", o.doming_A,
            {.help = "Rise of the specimen's centre over the whole series",
             .unit = "A",
             .min = -2000,
             .max = 2000});
  group.add("shrinkage", o.shrinkage,
            {.help = "Part of the thickness lost over the whole series", .min = 0, .max = 0.5});
  group.add("dark_tilts", o.dark_tilts,
            {.help = "Tilts, counted from 1 in the order of acquisition, that got nearly no beam"});
  group.add("blocked_tilts", o.blocked_tilts,
            {.help = "Tilts with a grid bar over part of the field"});
}

void describe_specimen(SeriesOptions& o, OptionTable& t) {
  const OptionGroup group(t, "Specimen");
  SpecimenOptions& s = o.specimen;
  const auto number = [&](const std::string& name, int& value, const std::string& help) {
    group.add(name, value, {.help = help, .min = 0, .max = 1e6});
  };
  group.add("ice", s.ice_thickness_A,
            {.help = "Thickness of the ice", .unit = "A", .min = 0, .max = 20000});
  number("beads", s.n_beads, "Gold beads in the field");
  group.add("bead_diameter", s.bead_diameter_A,
            {.help = "Diameter of the beads", .unit = "A", .min = 10, .max = 2000});
  number("touching_beads", s.n_touching_beads, "Of the beads: how many touch another one");
  number("particles", s.n_particles, "Ribosome-like particles (250 A) in the field");
  number("proteins", s.n_proteins, "Small proteins (50 A) in the field");
  number("vesicles", s.n_vesicles, "Vesicles in the field");
  number("contaminants", s.n_contaminants, "Lumps of ice on the surface");
  group.add("carbon", s.carbon_thickness_A,
            {.help = "Thickness of the carbon film whose hole's edge crosses the field; 0: none",
             .unit = "A",
             .min = 0,
             .max = 2000});
}

void describe_camera(SeriesOptions& o, OptionTable& t) {
  const OptionGroup group(t, "Camera");
  SensorOptions& s = o.sensor;
  group.add(
      "gain_variation", s.gain_sigma,
      {.help = "rms variation of the pixels' sensitivity; 0: no gain file", .min = 0, .max = 0.5});
  group.add(
      "gain_tiles", s.gain_tiles,
      {.help = "rms difference of sensitivity between tiles of 256 pixels", .min = 0, .max = 0.5});
  group.add("gain_rot", o.gain_rot,
            {.help = "Store the gain so that it needs this --gain_rot", .min = 0, .max = 3});
  group.add("gain_flip", o.gain_flip,
            {.help = "Store the gain so that it needs this --gain_flip", .min = 0, .max = 2});
  group.add("mtf", s.mtf_at_nyquist,
            {.help = "Contrast that the camera keeps at Nyquist", .min = 0.01, .max = 1});
  group.add("hot_pixels", s.n_hot, {.help = "Hot pixels", .min = 0, .max = 1e6});
  group.add("dead_pixels", s.n_dead, {.help = "Dead pixels", .min = 0, .max = 1e6});
  group.add("dead_columns", s.n_dead_columns,
            {.help = "Dead columns; they are in the defect file", .min = 0, .max = 1000});
}

void set_camera(SeriesOptions& o, int nx, int ny, double pixel_A) {
  o.nx = nx;
  o.ny = ny;
  o.pixel_A = pixel_A;
}

void set_defects(SeriesOptions& o) {
  o.sensor.gain_sigma = 0.04;
  o.sensor.gain_tiles = 0.02;
  o.sensor.n_hot = 40;
  o.sensor.n_dead = 20;
  o.sensor.n_dead_columns = 2;
}

SeriesOptions make_preset(const std::string& name) {
  SeriesOptions o;
  if (name == "tiny") {
    o.type = "int16";
    set_camera(o, 512, 480, 10.8);
    o.tilt_min_deg = -24.0;
    o.tilt_max_deg = 24.0;
    o.tilt_step_deg = 12.0;
    o.n_frames = 4;
    o.specimen.n_proteins = 300;
  } else if (name == "demo") {
    set_camera(o, 1024, 960, 5.4);
    set_defects(o);
    o.tilt_step_deg = 4.0;
    o.n_frames = 6;
  } else if (name == "4k") {
    set_camera(o, 4096, 4096, 1.35);
  } else if (name == "k3") {
    set_camera(o, 5760, 4092, 1.1);
    set_defects(o);
    o.n_frames = 10;
    o.format = "tif";
    o.type = "uint8";
    o.gain_rot = 1;
    o.gain_flip = 2;
  } else if (name == "superres") {
    set_camera(o, 7420, 7676, 0.675);
    set_defects(o);
  } else if (name == "empiar_10164") {
    set_camera(o, 7420, 7676, 0.675);
    o.tilt_axis_deg = 85.3;
    o.specimen.n_vesicles = 8;
    o.specimen.n_particles = 0;
    o.specimen.n_proteins = 800;
    o.specimen.ice_thickness_A = 1400.0;
  } else if (name == "shrec21") {  // SHREC'21: crowded proteins and membranes in 180 nm, 100 e/A2
    set_camera(o, 512, 512, 10.0);
    o.tilt_step_deg = 2.0;
    o.dose_per_tilt_e_A2 = 1.6;
    o.n_frames = 4;
    o.defocus_um = 3.0;
    o.axis_error_deg = 0.0;
    o.angle_error_deg = 0.0;
    o.specimen.ice_thickness_A = 1800.0;
    o.specimen.n_beads = 0;
    o.specimen.n_particles = 250;
    o.specimen.n_proteins = 2500;
    o.specimen.n_vesicles = 8;
  } else if (name == "eer") {
    set_camera(o, 4096, 4096, 1.5);
    set_defects(o);
    o.format = "eer";
    o.n_frames = 10;
  }
  return o;
}

}  // namespace

void describe(SeriesOptions& options, OptionTable& table) {
  describe_run(options, table);
  describe_files(options, table);
  describe_microscope(options, table);
  describe_geometry(options, table);
  describe_motion(options, table);
  describe_specimen(options, table);
  describe_camera(options, table);
}

const std::vector<Preset>& presets() {
  static const std::vector<Preset> list{
      {"tiny", "512x480, 5 tilts of 4 frames: seconds"},
      {"small", "1024x1024 at 5.4 A, 41 tilts of 8 frames"},
      {"demo", "1024x960 at 5.4 A, 31 tilts of 6 frames, with gain and defects"},
      {"4k", "4096x4096 at 1.35 A, 41 tilts of 8 frames"},
      {"k3", "5760x4092 at 1.1 A, 41 tilts of 10 frames, TIFF, gain turned and flipped, defects"},
      {"superres", "7420x7676 at 0.675 A, 41 tilts of 8 frames, gain and defects"},
      {"empiar_10164", "as EMPIAR-10164: 7420x7676 at 0.675 A, 8 frames, +-60 deg, 10 nm gold"},
      {"shrec21",
       "as SHREC'21: 512x512 at 10 A, 61 tilts, crowded proteins and membranes, no gold"},
      {"eer", "4096x4096 at 1.5 A, EER of 320 raw frames, gain and defects"}};
  return list;
}

SeriesOptions preset_options(const std::string& name) {
  std::vector<std::string> names;
  for (const Preset& preset : presets()) {
    if (preset.name == name) return make_preset(name);
    names.push_back(preset.name);
  }
  throw UsageError(
      fmt::format("there is no preset '{}'; there are: {}", name, fmt::join(names, ", ")));
}

}  // namespace gimbal::sim
