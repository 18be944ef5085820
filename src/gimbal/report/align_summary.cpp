// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/alignment_star.h"
#include "gimbal/report/align_report.h"
#include "gimbal/report/summary_values.h"
#include "gimbal/report/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace gimbal {
namespace {

using Json = nlohmann::ordered_json;
using summary::number;
using summary::texts;
using summary::word;

Json projection_json(const Projection& p, double pixel_A) {
  return {{"x_shift_A", number(p.shift_px.x * pixel_A)},
          {"y_shift_A", number(p.shift_px.y * pixel_A)},
          {"z_rot_deg", number(p.z_rot_deg)},
          {"x_tilt_deg", number(p.x_tilt_deg)},
          {"y_tilt_deg", number(p.y_tilt_deg)},
          {"magnification", number(p.magnification)}};
}

Json tilt_json(const AlignedTilt& tilt, double pixel_A) {
  Json json;
  json["image"] = printable(tilt.key);
  json["state"] = tilt.state == TiltState::used ? "used" : "excluded";
  if (!tilt.reason.empty()) json["reason"] = printable(tilt.reason);
  json["nominal_tilt_deg"] = number(tilt.nominal_tilt_deg);
  json["projection"] = projection_json(tilt.projection, pixel_A);
  json["standard_error"] = projection_json(tilt.standard_error, pixel_A);
  json["score"] = number(tilt.score);
  json["residual_A"] = number(tilt.residual_px * pixel_A);
  return json;
}

void add_alignment(Json& json, const Alignment& a) {
  json["method"] = a.method;
  json["verdict"] = text_of(a.verdict);
  json["notes"] = texts(a.notes);
  json["pixel_A"] = number(a.pixel_A);
  json["size_px"] = {a.size.nx, a.size.ny};
  json["residual_A"] = number(a.residual_px * a.pixel_A);
  json["leave_out_A"] = number(a.leave_out_px * a.pixel_A);
  json["score"] = number(a.score);
  json["thickness_A"] = a.thickness_A > 0.0 ? number(a.thickness_A) : Json(nullptr);
  json["y_offset_deg"] = a.y_offset_deg ? number(*a.y_offset_deg) : Json(nullptr);
  json["x_offset_deg"] = a.x_offset_deg ? number(*a.x_offset_deg) : Json(nullptr);
  json["deformation"] = !a.deformation.empty();
  json["tracks"] = a.tracks.size();
  json["tilts"] = Json::array();
  for (const auto& tilt : a.tilts) json["tilts"].push_back(tilt_json(tilt, a.pixel_A));
}

Json series_json(const SeriesAlignment& series) {
  Json json;
  json["name"] = printable(series.name);
  json["status"] = word(series.status);
  if (!series.reason.empty()) json["reason"] = printable(series.reason);
  json["problems"] = texts(series.problems);
  if (series.status == SeriesStatus::done) add_alignment(json, series.alignment);
  return json;
}

}  // namespace

std::string align_summary_json(const AlignJobReport& report) {
  const auto count = [&](SeriesStatus status) {
    return std::count_if(report.series.begin(), report.series.end(),
                         [&](const auto& series) { return series.status == status; });
  };
  Json json{{"program", "gimbal"},
            {"version", report.version},
            {"job", "align"},
            {"done", count(SeriesStatus::done)},
            {"failed", count(SeriesStatus::failed)},
            {"skipped", count(SeriesStatus::skipped)},
            {"warnings", texts(report.warnings)},
            {"options", summary::options(report.options)}};
  json["series"] = Json::array();
  for (const auto& series : report.series) json["series"].push_back(series_json(series));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace gimbal
