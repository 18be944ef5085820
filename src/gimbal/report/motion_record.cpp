// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/motion_record.h"

#include "gimbal/report/record_structures.h"
#include "gimbal/report/text.h"

#include <nlohmann/json.hpp>

#include <array>

namespace gimbal {
namespace {

using Json = nlohmann::ordered_json;

constexpr int record_format = 1;

using record::from_json;
using record::to_json;

Json to_json(MovieStatus status) {
  return status == MovieStatus::done     ? "done"
         : status == MovieStatus::failed ? "failed"
                                         : "skipped";
}
void from_json(const Json& json, MovieStatus& status) {
  for (const auto known : {MovieStatus::done, MovieStatus::failed, MovieStatus::skipped})
    if (json == to_json(known)) {
      status = known;
      return;
    }
  fail("expected \"done\", \"failed\" or \"skipped\"");
}
// Every member of a record, once; pictures are base64 whatever their bytes.
template <typename Movie, typename Member, typename Picture>
void each_member(Movie& m, const Member& member, const Picture& picture) {
  member("movie", m.movie);
  member("status", m.status);
  member("reason", m.reason);
  member("tilt_angle_deg", m.tilt_angle_deg);
  member("pre_exposure_e_A2", m.pre_exposure_e_A2);
  member("dose_e_A2", m.dose_e_A2);
  member("pixel_A", m.pixel_A);
  member("nx", m.nx);
  member("ny", m.ny);
  member("shift_x_A", m.shift_x_A);
  member("shift_y_A", m.shift_y_A);
  member("shift_error_A", m.shift_error_A);
  member("total_motion_A", m.total_motion_A);
  member("early_motion_A", m.early_motion_A);
  member("late_motion_A", m.late_motion_A);
  member("local_rms_A", m.local_rms_A);
  member("local_decision", m.local_decision);
  member("hot_pixels", m.hot_pixels);
  member("dead_pixels", m.dead_pixels);
  member("masked_pixels", m.masked_pixels);
  member("mean_counts_per_px", m.mean_counts_per_px);
  picture("sum_jpeg", m.sum_jpeg);
  picture("spectrum_jpeg", m.spectrum_jpeg);
  member("spectrum_edge_A", m.spectrum_edge_A);
  member("warnings", m.warnings);
}

}  // namespace

std::string movie_record_to_json(const MovieReport& movie) {
  Json json{{"record_format", record_format}};
  each_member(
      movie, [&](const char* name, const auto& value) { json[name] = to_json(value); },
      [&](const char* name, const std::string& bytes) { json[name] = to_base64(bytes); });
  return json.dump(1) + "\n";
}

MovieReport movie_record_from_json(const std::string& text) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) fail("the record of a movie is not a JSON object ({} bytes)", text.size());
  const auto found = [&](const char* name) -> const Json& {
    if (!json.contains(name)) fail("the record of a movie has no member '{}'", name);
    return json[name];
  };
  const auto read = [&](const char* name, auto& value) {
    in_context(fmt::format("reading the member '{}' of a movie's record", name),
               [&] { from_json(found(name), value); });
  };
  int format = 0;
  read("record_format", format);
  if (format != record_format)
    fail("the record of a movie has format {}, but this version of gimbal reads format {}", format,
         record_format);
  MovieReport movie;
  each_member(movie, read, [&](const char* name, std::string& bytes) {
    std::string letters;
    read(name, letters);
    bytes = in_context(fmt::format("reading the member '{}' of a movie's record", name),
                       [&] { return from_base64(letters); });
  });
  return movie;
}

}  // namespace gimbal
