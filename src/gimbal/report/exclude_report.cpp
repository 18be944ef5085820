// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/exclude_report.h"

#include "gimbal/report/summary_values.h"
#include "gimbal/report/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace gimbal {
namespace {

using Json = nlohmann::ordered_json;
using summary::number;
using summary::texts;
using summary::word;

Json tilt_json(const TiltChoice& tilt) {
  Json json{{"image", printable(tilt.key)},
            {"number", tilt.number},
            {"state", tilt.excluded ? "excluded" : "used"}};
  if (!tilt.reason.empty()) json["reason"] = printable(tilt.reason);
  if (!tilt.problem.empty()) json["problem"] = printable(tilt.problem);
  json["nominal_tilt_deg"] = number(tilt.nominal_tilt_deg);
  json["pre_exposure_e_A2"] = number(tilt.pre_exposure_e_A2);
  json["motion_A"] = number(tilt.motion_A);
  json["brightness"] = number(tilt.brightness);
  json["shadow"] = number(tilt.shadow);
  json["score"] = number(tilt.score);
  return json;
}

Json series_json(const SeriesExclusion& series) {
  Json json{{"name", printable(series.name)}, {"status", word(series.status)}};
  if (!series.reason.empty()) json["reason"] = printable(series.reason);
  json["problems"] = texts(series.problems);
  json["excluded"] = excluded_tilts(series);
  json["tilts"] = Json::array();
  for (const auto& tilt : series.tilts) json["tilts"].push_back(tilt_json(tilt));
  return json;
}

double share(const SeriesExclusion& series) {
  return series.tilts.empty() ? 0.0
                              : static_cast<double>(excluded_tilts(series)) /
                                    static_cast<double>(series.tilts.size());
}

}  // namespace

int excluded_tilts(const SeriesExclusion& series) {
  return static_cast<int>(std::count_if(series.tilts.begin(), series.tilts.end(),
                                        [](const TiltChoice& tilt) { return tilt.excluded; }));
}

std::vector<std::size_t> by_angle(const SeriesExclusion& series) {
  std::vector<std::size_t> order(series.tilts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto angle = [&](std::size_t i) {
    const double a = series.tilts[i].nominal_tilt_deg;
    return std::isfinite(a) ? a : HUGE_VAL;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return angle(a) < angle(b); });
  return order;
}

std::vector<std::size_t> worst_first(const ExcludeJobReport& report) {
  std::vector<std::size_t> order(report.series.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto badness = [&](std::size_t i) {
    const auto& series = report.series[i];
    const double rank = series.status == SeriesStatus::failed    ? 3.0
                        : series.status == SeriesStatus::skipped ? 2.0
                        : series.problems.empty()                ? 0.0
                                                                 : 1.0;
    return rank + 0.5 * share(series);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return badness(a) > badness(b); });
  return order;
}

std::string job_sentence(const ExcludeJobReport& report) {
  int tilts = 0, excluded = 0, touched = 0, failed = 0;
  for (const auto& series : report.series) {
    tilts += static_cast<int>(series.tilts.size());
    excluded += excluded_tilts(series);
    touched += excluded_tilts(series) > 0 ? 1 : 0;
    failed += series.status == SeriesStatus::failed ? 1 : 0;
  }
  const auto all = grouped(static_cast<int>(report.series.size())) + " tilt series";
  std::string text;
  if (excluded == 0)
    text = fmt::format("All {} of {} are kept.", counted(tilts, "tilt"), all);
  else
    text = fmt::format("{} of {} {} excluded, from {} of {}.", grouped(excluded),
                       counted(tilts, "tilt"), excluded == 1 ? "is" : "are", grouped(touched), all);
  if (failed > 0) text += fmt::format(" {} tilt series could not be read.", grouped(failed));
  return text;
}

std::string figures_text(const TiltChoice& tilt) {
  std::string text;
  const auto add = [&](const char* name, double value, int digits, const char* unit) {
    if (std::isfinite(value))
      text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", name, fixed(value, digits), unit);
  };
  if (std::isfinite(tilt.brightness) && std::abs(tilt.brightness - 1.0) >= 0.15)
    add("brightness", 100.0 * tilt.brightness, 0, " %");
  if (tilt.shadow >= 0.1) add("shadow", 100.0 * tilt.shadow, 0, " %");
  add("moved", tilt.motion_A, 1, " Å");
  add("score", tilt.score, 2, "");
  return text;
}

std::string exclude_summary_json(const ExcludeJobReport& report) {
  int tilts = 0, excluded = 0;
  for (const auto& series : report.series) {
    tilts += static_cast<int>(series.tilts.size());
    excluded += excluded_tilts(series);
  }
  Json json{{"program", "gimbal"},
            {"version", report.version},
            {"job", "exclude"},
            {"verdict", job_sentence(report)},
            {"tilts", tilts},
            {"excluded", excluded},
            {"warnings", texts(report.warnings)},
            {"options", summary::options(report.options)}};
  json["series"] = Json::array();
  for (const auto& series : report.series) json["series"].push_back(series_json(series));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace gimbal
