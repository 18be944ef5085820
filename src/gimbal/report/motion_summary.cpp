// SPDX-License-Identifier: GPL-3.0-or-later
// summary.json: everything the report knows, but for the pictures. Its members only ever get more.
#include "gimbal/report/motion_report_files.h"
#include "gimbal/report/summary_values.h"
#include "gimbal/report/text.h"

#include <nlohmann/json.hpp>

namespace gimbal {
namespace {

using Json = nlohmann::ordered_json;
using summary::number;
using summary::texts;

Json numbers(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(number(value));
  return list;
}

const char* word(MovieStatus status) {
  return status == MovieStatus::done     ? "done"
         : status == MovieStatus::failed ? "failed"
                                         : "skipped";
}

const char* word(JobSummary::Outcome outcome) {
  switch (outcome) {
    case JobSummary::Outcome::good:
      return "good";
    case JobSummary::Outcome::doubtful:
      return "doubtful";
    case JobSummary::Outcome::incomplete:
      return "incomplete";
    case JobSummary::Outcome::some_failed:
      return "some_failed";
    case JobSummary::Outcome::failed:
      return "failed";
  }
  return "";
}

Json movie_json(const MovieReport& movie, const MovieDoubts& doubts) {
  Json json;
  json["movie"] = printable(movie.movie);
  json["status"] = word(movie.status);
  if (!movie.reason.empty()) json["reason"] = printable(movie.reason);
  json["order"] = movie.order;
  json["tilt_angle_deg"] = number(movie.tilt_angle_deg);
  json["pre_exposure_e_A2"] = number(movie.pre_exposure_e_A2);
  json["dose_e_A2"] = number(movie.dose_e_A2);
  json["pixel_A"] = number(movie.pixel_A);
  json["warnings"] = texts(doubts.texts);
  if (movie.status != MovieStatus::done) return json;
  json["shift_x_A"] = numbers(movie.shift_x_A);
  json["shift_y_A"] = numbers(movie.shift_y_A);
  json["shift_error_A"] = numbers(movie.shift_error_A);
  json["total_motion_A"] = number(movie.total_motion_A);
  json["early_motion_A"] = number(movie.early_motion_A);
  json["late_motion_A"] = number(movie.late_motion_A);
  json["local_rms_A"] = number(movie.local_rms_A);
  json["local_decision"] = printable(movie.local_decision);
  json["hot_pixels"] = movie.hot_pixels;
  json["dead_pixels"] = movie.dead_pixels;
  json["masked_pixels"] = movie.masked_pixels;
  json["mean_counts_per_px"] = number(movie.mean_counts_per_px);
  return json;
}

// Members that a job and a series have in common.
template <typename Summary>
void add_counts(Json& json, int movies, const Summary& summary) {
  json["movies"] = movies;
  json["done"] = summary.done;
  json["failed"] = summary.failed;
  json["skipped"] = summary.skipped;
  json["doubtful"] = summary.doubtful;
}

Json series_json(const SeriesReport& series, const SeriesSummary& summary) {
  Json json;
  json["name"] = printable(series.name);
  add_counts(json["counts"], static_cast<int>(series.movies.size()), summary);
  json["median_motion_A"] = number(summary.median_motion_A);
  json["max_motion_A"] = number(summary.max_motion_A);
  json["with_local_model"] = summary.with_local_model;
  json["median_local_A"] = number(summary.median_local_A);
  json["warnings"] = texts(series.warnings);
  json["movies"] = Json::array();
  for (std::size_t i = 0; i < series.movies.size(); ++i)
    json["movies"].push_back(movie_json(series.movies[i], summary.doubts[i]));
  return json;
}

}  // namespace

std::string motion_summary_json(const MotionJobReport& report) {
  const auto summary = summarise(report);
  Json json;
  json["program"] = "gimbal";
  json["version"] = printable(report.version);
  json["job"] = "motion";
  json["outcome"] = word(summary.outcome);
  json["verdict"] = printable(summary.verdict);
  add_counts(json["counts"], summary.movies, summary);
  json["options"] = Json::object();
  for (const auto& [name, value] : report.options)
    json["options"][printable(name)] = printable(value);
  json["warnings"] = texts(report.warnings);
  json["series"] = Json::array();
  for (std::size_t i = 0; i < report.series.size(); ++i)
    json["series"].push_back(series_json(report.series[i], summary.series[i]));
  return json.dump(1) + "\n";
}

}  // namespace gimbal
