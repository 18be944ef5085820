// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/error.h"
#include "gimbal/report/align_report.h"
#include "gimbal/report/record_values.h"
#include "gimbal/report/slice_pictures_members.h"

#include <nlohmann/json.hpp>

namespace gimbal {
namespace {

using Json = nlohmann::ordered_json;

constexpr int record_format = 2;

using record::from_json;
using record::to_json;

template <typename T>
requires std::is_enum_v<T> Json to_json(T value) {
  return static_cast<int>(value);
}
Json to_json(Vec2 v) {
  return Json::array({to_json(v.x), to_json(v.y)});
}
Json to_json(Vec3 v) {
  return Json::array({to_json(v.x), to_json(v.y), to_json(v.z)});
}
Json to_json(const std::optional<double>& value) {
  return value ? to_json(*value) : Json(nullptr);
}

// The last word of each enumeration.
constexpr int last_of(TiltState) {
  return static_cast<int>(TiltState::excluded);
}
constexpr int last_of(Verdict) {
  return static_cast<int>(Verdict::fail);
}
template <typename T>
requires std::is_enum_v<T>
void from_json(const Json& json, T& value) {
  int number = -1;
  from_json(json, number);
  if (number < 0 || number > last_of(value)) fail("expected a number from 0 to {}", last_of(value));
  value = static_cast<T>(number);
}
void from_json(const Json& json, Vec2& v) {
  if (!json.is_array() || json.size() != 2) fail("expected two numbers");
  from_json(json[0], v.x);
  from_json(json[1], v.y);
}
void from_json(const Json& json, Vec3& v) {
  if (!json.is_array() || json.size() != 3) fail("expected three numbers");
  from_json(json[0], v.x);
  from_json(json[1], v.y);
  from_json(json[2], v.z);
}
void from_json(const Json& json, std::optional<double>& value) {
  value.reset();
  if (!json.is_null()) from_json(json, value.emplace());
}

// Every member of each structure, once, for both directions.
template <typename T, typename Member>
void each_member(T& p,
                 const Member& member) requires std::is_same_v<std::remove_const_t<T>, Projection> {
  member("x_tilt_deg", p.x_tilt_deg);
  member("y_tilt_deg", p.y_tilt_deg);
  member("z_rot_deg", p.z_rot_deg);
  member("shift_px", p.shift_px);
  member("magnification", p.magnification);
}
template <typename T, typename Member>
void each_member(
    T& tilt, const Member& member) requires std::is_same_v<std::remove_const_t<T>, AlignedTilt> {
  member("key", tilt.key);
  member("nominal_tilt_deg", tilt.nominal_tilt_deg);
  member("pre_exposure_e_A2", tilt.pre_exposure_e_A2);
  member("state", tilt.state);
  member("reason", tilt.reason);
  member("projection", tilt.projection);
  member("standard_error", tilt.standard_error);
  member("score", tilt.score);
  member("residual_px", tilt.residual_px);
}
template <typename T, typename Member>
void each_member(
    T& seen, const Member& member) requires std::is_same_v<std::remove_const_t<T>, Observation> {
  member("tilt", seen.tilt);
  member("position_px", seen.position_px);
  member("sigma_px", seen.sigma_px);
  member("weight", seen.weight);
  member("residual_px", seen.residual_px);
}
template <typename T, typename Member>
void each_member(T& track,
                 const Member& member) requires std::is_same_v<std::remove_const_t<T>, Track> {
  member("point_px", track.point_px);
  member("standard_error_px", track.standard_error_px);
  member("observations", track.observations);
}
template <typename T, typename Member>
void each_member(T& model, const Member& member) requires
    std::is_same_v<std::remove_const_t<T>, DeformationModel> {
  member("dose_scale_e_A2", model.dose_scale_e_A2);
  member("reference_dose_e_A2", model.reference_dose_e_A2);
  member("x", model.x);
  member("y", model.y);
  member("z", model.z);
}
template <typename T, typename Member>
void each_member(T& a,
                 const Member& member) requires std::is_same_v<std::remove_const_t<T>, Alignment> {
  member("method", a.method);
  member("nx", a.size.nx);
  member("ny", a.size.ny);
  member("pixel_A", a.pixel_A);
  member("residual_px", a.residual_px);
  member("leave_out_px", a.leave_out_px);
  member("score", a.score);
  member("thickness_A", a.thickness_A);
  member("y_offset_deg", a.y_offset_deg);
  member("x_offset_deg", a.x_offset_deg);
  member("verdict", a.verdict);
  member("notes", a.notes);
  member("deformation", a.deformation);
  member("tilts", a.tilts);
  member("tracks", a.tracks);
}

template <typename T, typename Member>
void each_member(
    T& picture, const Member& member) requires std::is_same_v<std::remove_const_t<T>, TiltPicture> {
  member("tilt", picture.tilt);
  member("jpeg", picture.jpeg);
}
template <typename T, typename Member>
void each_member(
    T& p, const Member& member) requires std::is_same_v<std::remove_const_t<T>, AlignPictures> {
  member("tilts", p.tilts);
  member("nx", p.covered_px.nx);
  member("ny", p.covered_px.ny);
  member("before", p.before);
  member("after", p.after);
  member("slices_at_px", p.slices_at_px);
}

template <typename T>
concept Structure = requires(T& value) {
  each_member(value, [](const char*, const auto&) {});
};

template <typename T>
Json to_json(const std::vector<T>& values);
template <Structure T>
Json to_json(const T& value) {
  Json json = Json::object();
  each_member(value, [&](const char* name, const auto& member) { json[name] = to_json(member); });
  return json;
}
template <typename T>
Json to_json(const std::vector<T>& values) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(to_json(value));
  return list;
}

template <typename T>
void from_json(const Json& json, std::vector<T>& values);
template <Structure T>
void from_json(const Json& json, T& value) {
  if (!json.is_object()) fail("expected an object");
  each_member(value, [&](const char* name, auto& member) {
    if (!json.contains(name)) fail("there is no member '{}'", name);
    in_context(fmt::format("reading the member '{}'", name),
               [&] { from_json(json[name], member); });
  });
}
template <typename T>
void from_json(const Json& json, std::vector<T>& values) {
  if (!json.is_array()) fail("expected a list");
  values.assign(json.size(), T{});
  for (std::size_t i = 0; i < values.size(); ++i) from_json(json[i], values[i]);
}

void check(const Alignment& alignment, const AlignPictures& pictures) {
  const auto n_tilts = static_cast<int>(alignment.tilts.size());
  for (const Track& track : alignment.tracks)
    for (const Observation& seen : track.observations)
      if (seen.tilt < 0 || seen.tilt >= n_tilts)
        fail("an observation is of tilt {}, but there are {}", seen.tilt, n_tilts);
  for (const TiltPicture& picture : pictures.tilts)
    if (picture.tilt < 0 || picture.tilt >= n_tilts)
      fail("a picture is of tilt {}, but there are {}", picture.tilt, n_tilts);
}

}  // namespace

std::string align_record_to_json(const SeriesAlignment& series) {
  const Json json{{"record_format", record_format},
                  {"name", to_json(series.name)},
                  {"problems", to_json(series.problems)},
                  {"alignment", to_json(series.alignment)},
                  {"pictures", to_json(series.pictures)}};
  return json.dump() + "\n";
}

SeriesAlignment align_record_from_json(const std::string& text) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("record_format", 0) != record_format)
    fail("the record of an alignment is not one of format {}", record_format);
  for (const char* name : {"name", "problems", "alignment", "pictures"})
    if (!json.contains(name)) fail("the record of an alignment has no member '{}'", name);
  SeriesAlignment series;
  from_json(json["name"], series.name);
  from_json(json["problems"], series.problems);
  from_json(json["alignment"], series.alignment);
  from_json(json["pictures"], series.pictures);
  check(series.alignment, series.pictures);
  return series;
}

}  // namespace gimbal
