// SPDX-License-Identifier: GPL-3.0-or-later
// The truth of a run, as JSON.
#include "gimbal/sim/series_files.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace gimbal::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr int grid = 9;  // positions of local motion, as those at which motion is judged

double rounded(double value) {
  return std::round(value * 1e5) / 1e5;
}
Json json(Vec2 v) {
  return Json::array({rounded(v.x), rounded(v.y)});
}
Json json(Vec3 v) {
  return Json::array({rounded(v.x), rounded(v.y), rounded(v.z)});
}

// Centres of a 9 x 9 grid of tiles.
double grid_position(int i, int n) {
  return (i + 0.5) * n / grid;
}

Json local_motion(const TiltPlan& tilt, const SeriesOptions& o) {
  if (!tilt.motion.local) return nullptr;
  Json frames = Json::array();
  for (int frame = 0; frame < o.n_frames; ++frame) {
    Json values = Json::array();
    for (int j = 0; j < grid; ++j)
      for (int i = 0; i < grid; ++i)
        values.push_back(
            json(tilt.motion.local(grid_position(i, o.nx), grid_position(j, o.ny), frame)));
    frames.push_back(std::move(values));
  }
  Json x = Json::array(), y = Json::array();
  for (int i = 0; i < grid; ++i) {
    x.push_back(rounded(grid_position(i, o.nx)));
    y.push_back(rounded(grid_position(i, o.ny)));
  }
  return {{"grid_x_px", x}, {"grid_y_px", y}, {"displacement_px", frames}};
}

Json tilt_json(const SeriesPlan& plan, const TiltPlan& tilt) {
  const SeriesOptions& o = plan.options;
  const char* states[] = {"normal", "dark", "blocked"};
  Json drift = Json::array(), beads = Json::array();
  for (Vec2 d : tilt.motion.drift_px) drift.push_back(json(d));
  const Look look = look_at(plan, tilt);
  for (const Ball& bead : plan.specimen.gold)
    beads.push_back(json(look.pose.image_px(
        look.deformation.at(bead.centre_A, look.dose_before_e_A2), {o.nx, o.ny})));
  return {{"movie", "frames/" + tilt.movie_name},
          {"acquisition", tilt.acquisition},
          {"state", states[static_cast<int>(tilt.state)]},
          {"nominal_tilt_deg", tilt.nominal_tilt_deg},
          {"x_tilt_deg", rounded(tilt.x_tilt_deg)},
          {"y_tilt_deg", rounded(tilt.y_tilt_deg)},
          {"z_rot_deg", rounded(tilt.z_rot_deg)},
          {"shift_px", json(tilt.shift_px)},
          {"shift_A", json(o.pixel_A * tilt.shift_px)},
          {"magnification", rounded(tilt.magnification)},
          {"pre_exposure_e_A2", rounded(tilt.pre_exposure_e_A2)},
          {"dose_e_A2", o.dose_per_tilt_e_A2},
          {"dose_per_frame_e_A2", rounded(o.dose_per_tilt_e_A2 / o.n_frames)},
          {"defocus_um", o.defocus_um},
          {"drift_px", drift},
          {"local_motion", local_motion(tilt, o)},
          {"beads_px", beads}};
}

Json series_json(const SeriesPlan& plan) {
  Json beads = Json::array(), tilts = Json::array();
  for (const Ball& bead : plan.specimen.gold) {
    const Profile& profile = plan.specimen.profiles[static_cast<std::size_t>(bead.profile)];
    beads.push_back(
        {{"position_A", json(bead.centre_A)}, {"diameter_A", rounded(2.0 * profile.radius_A)}});
  }
  for (const TiltPlan& tilt : plan.tilts) tilts.push_back(tilt_json(plan, tilt));
  const Deformation& d = plan.deformation;
  return {{"name", plan.name},
          {"beads", beads},
          {"deformation",
           {{"doming_A", d.doming_A},
            {"doming_radius_A", d.doming_radius_A},
            {"shrinkage", d.shrinkage},
            {"full_dose_e_A2", d.full_dose_e_A2}}},
          {"tilts", tilts}};
}

Json sensor_json(const Sensor& sensor) {
  Json hot = Json::array(), dead = Json::array();
  for (SensorPixel p : sensor.hot) hot.push_back({p.x, p.y});
  for (SensorPixel p : sensor.dead) dead.push_back({p.x, p.y});
  return {{"hot_pixels", hot}, {"dead_pixels", dead}, {"dead_columns", sensor.dead_columns}};
}

Json options_json(SeriesOptions options) {
  OptionTable table;
  describe(options, table);
  Json json;
  for (const Option& option : table.options()) json[option.name] = option_text(option);
  return json;
}

}  // namespace

std::string truth_text(const std::vector<SeriesPlan>& plans, const Sensor& sensor) {
  Json series = Json::array();
  for (const SeriesPlan& plan : plans) series.push_back(series_json(plan));
  const SeriesOptions& o = plans.front().options;
  const Json root{
      {"program", "gimbal simulate"},
      {"conventions",
       {{"projection",
         "p = c + s + magnification * [Rz(z_rot) Ry(y_tilt) Rx(x_tilt) P].xy / pixel, c = "
         "floor(n / 2), right-handed active rotations; P after deformation"},
        {"motion",
         "displacement of the specimen since frame 1, in px: drift plus local motion at the "
         "position in frame 1; motion correction reports its negative"},
        {"beads_px", "in frame 1, first stored pixel = (0, 0)"},
        {"hand", -1}}},
      {"options", options_json(o)},
      {"size_px", {o.nx, o.ny}},
      {"pixel_A", o.pixel_A},
      {"sensor", sensor_json(sensor)},
      {"series", series}};
  return root.dump(1) + "\n";
}

}  // namespace gimbal::sim
