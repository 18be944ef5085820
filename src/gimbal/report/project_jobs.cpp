// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/project_jobs.h"

#include "gimbal/core/error.h"
#include "gimbal/data/excluded_tilts.h"
#include "gimbal/data/labels.h"
#include "gimbal/data/tilt_series.h"
#include "gimbal/io/file.h"
#include "gimbal/io/pattern.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

namespace gimbal {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct StageFile {
  const char* star;
  const char* settings;  // of a job of gimbal; empty: there is none
};
constexpr StageFile stage_files[n_stages] = {{"tilt_series.star", "import.json"},
                                             {"corrected_tilt_series.star", "gimbal-motion.json"},
                                             {"tilt_series_ctf.star", ""},
                                             {"selected_tilt_series.star", "gimbal-exclude.json"},
                                             {"aligned_tilt_series.star", "gimbal-align.json"},
                                             {"tomograms.star", "gimbal-reconstruct.json"}};

const StageFile& file_of(Stage stage) {
  return stage_files[static_cast<std::size_t>(stage)];
}

std::vector<fs::path> subfolders(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code code;
  for (fs::directory_iterator it(folder, fs::directory_options::skip_permission_denied, code), end;
       !code && it != end; it.increment(code))
    if (it->is_directory(code) && !it->is_symlink(code) &&
        !it->path().filename().string().starts_with('.'))
      found.push_back(folder == "." ? it->path().filename() : it->path());
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.string(), b.string());
  });
  return found;
}

// An empty object when the file is missing or damaged.
Json json_of(const fs::path& path) {
  if (!fs::exists(path)) return Json::object();
  auto json = Json::parse(read_text(path), nullptr, false);
  return json.is_object() ? json : Json::object();
}

std::string text_of(const Json& json, const char* name) {
  return json.is_object() && json.contains(name) && json[name].is_string()
             ? json[name].get<std::string>()
             : std::string();
}

std::string outcome_of(const fs::path& folder) {
  for (const auto& [mark, outcome] :
       {std::pair{"SUCCESS", "done"}, {"FAILURE", "failed"}, {"ABORTED", "stopped"}})
    if (fs::exists(folder / (std::string("RELION_JOB_EXIT_") + mark))) return outcome;
  return fs::exists(folder / "RELION_JOB_ABORTED") ? "stopped" : "";
}

ProjectSeries& series_named(ProjectReport& report, const std::string& name) {
  for (auto& series : report.series)
    if (series.name == name) return series;
  ProjectSeries& series = report.series.emplace_back();
  series.name = series.tilts.name = name;
  return series;
}

double median(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return ProjectSeries::unknown;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// A number if there is one: a table made by another program must not stop the report.
double number_of(const Record& record, std::string_view label) {
  try {
    return record.optional_number(label).value_or(ProjectSeries::unknown);
  } catch (const Error&) {
    return ProjectSeries::unknown;
  }
}

std::string word_of(const Record& record, std::string_view label) {
  const auto* text = record.find(label);
  return text == nullptr || *text == "None" ? "" : *text;
}

double median_of(const TiltSeries& series, std::string_view label) {
  std::vector<double> values;
  for (const auto& tilt : series.tilts) values.push_back(number_of(tilt, label));
  return median(std::move(values));
}

TiltChoice& tilt_named(SeriesExclusion& tilts, const std::string& key) {
  for (auto& tilt : tilts.tilts)
    if (tilt.key == key) return tilt;
  TiltChoice& tilt = tilts.tilts.emplace_back();
  tilt.key = key;
  tilt.number = static_cast<int>(tilts.tilts.size());
  return tilt;
}

// Columns that say something about the tilts themselves.
void take_tilts(ProjectSeries& series, const TiltSeries& rows) {
  series.shown_image.clear();
  series.shown_deg = ProjectSeries::unknown;
  const auto take = [](double& figure, double value) {
    if (std::isfinite(value)) figure = value;
  };
  for (const auto& row : rows.tilts) {
    TiltChoice& tilt = tilt_named(series.tilts, row.key());
    take(tilt.nominal_tilt_deg, number_of(row, label::nominal_angle));
    take(tilt.motion_A, number_of(row, label::motion_total));
    take(tilt.score, number_of(row, label::alignment_score));
    tilt.excluded = word_of(row, label::tilt_state) == "excluded";
    tilt.reason = tilt.excluded ? word_of(row, label::tilt_reason) : "";
    const auto image = word_of(row, label::micrograph_name);
    const bool is_nearer = !(std::abs(tilt.nominal_tilt_deg) >= std::abs(series.shown_deg));
    if (!image.empty() && !tilt.excluded && is_nearer)
      series.shown_image = image, series.shown_deg = tilt.nominal_tilt_deg;
  }
}

void take_alignment(ProjectSeries& series, const Record& global) {
  series.alignment.method = word_of(global, label::alignment_method);
  series.alignment.verdict = word_of(global, label::alignment_verdict);
  series.alignment.leave_out_A = number_of(global, label::leave_out_error);
  series.alignment.residual_A = number_of(global, label::alignment_residual);
  series.alignment.score = number_of(global, label::alignment_score);
  if (const double nm = number_of(global, "rlnIMODResidualErrorMean"); std::isfinite(nm)) {
    series.alignment.method = "IMOD";
    series.alignment.residual_A = 10.0 * nm;
    series.alignment.leave_out_A = 10.0 * number_of(global, "rlnIMODLeaveOutError");
  }
}

void take_tomogram(ProjectSeries& series, const Record& global) {
  series.tomogram = word_of(global, "rlnTomoReconstructedTomogram");
  if (series.tomogram.empty())
    series.tomogram = word_of(global, "rlnTomoReconstructedTomogramHalf1");
  series.tomogram_A =
      number_of(global, label::tilt_series_pixel) * number_of(global, "rlnTomoTomogramBinning");
  const char* labels[] = {"rlnTomoSizeX", "rlnTomoSizeY", "rlnTomoSizeZ"};
  const double binning = number_of(global, "rlnTomoTomogramBinning");
  for (std::size_t i = 0; i < 3; ++i) {
    const double size = number_of(global, labels[i]) / binning;
    series.tomogram_px[i] = size > 0.0 && size < 1e6 ? static_cast<int>(std::lround(size)) : 0;
  }
}

void take_excluded(ProjectReport& report, const fs::path& folder) {
  for (const auto& excluded : read_excluded_tilts(folder / excluded_tilts_file)) {
    ProjectSeries& series = series_named(report, excluded.global.text(label::tomo_name));
    for (const auto& one : excluded.tilts) {
      TiltChoice& tilt = tilt_named(series.tilts, one.row.key());
      tilt.excluded = true;
      tilt.reason = one.reason;
    }
  }
}

StageResult& result_in(ProjectReport& report, const std::string& name, Stage stage) {
  auto& result = series_named(report, name).stages[static_cast<std::size_t>(stage)];
  const std::size_t job = report.jobs.size() - 1;
  if (!result || result->job != job) result = StageResult{job, 0, 0, false, {}};
  return *result;
}

using ReportOf = std::function<ProjectReport&(const std::string& series)>;

void take_series(ProjectReport& report, const TiltSeries& rows, Stage stage) {
  StageResult& result = result_in(report, rows.name(), stage);
  result.tilts = static_cast<int>(rows.tilts.size());
  ProjectSeries& series = series_named(report, rows.name());
  take_tilts(series, rows);
  if (stage == Stage::motion) series.median_motion_A = median_of(rows, label::motion_total);
  if (stage == Stage::ctf) series.ctf_A = median_of(rows, "rlnCtfMaxResolution");
  if (stage == Stage::align) take_alignment(series, rows.global);
  if (stage == Stage::reconstruct) take_tomogram(series, rows.global);
}

void add_texts(const Json& list, std::vector<std::string>& remarks) {
  if (!list.is_array()) return;
  for (const auto& text : list)
    if (text.is_string()) remarks.push_back(text.get<std::string>());
}

// What summary.json says of one series, whatever the job.
void take_summary(const Json& json, std::size_t number, StageResult& result) {
  result.in_report = number;
  const auto status = text_of(json, "status");
  if (status == "failed" || status == "skipped") {
    result.failed = status == "failed";
    result.remarks.push_back(text_of(json, "reason"));
  }
  for (const char* name : {"problems", "warnings"})
    if (json.contains(name)) add_texts(json[name], result.remarks);
  if (!json.contains("movies") || !json["movies"].is_array()) return;
  int failed = 0;
  std::string first;
  for (const auto& movie : json["movies"])
    if (text_of(movie, "status") == "failed" && failed++ == 0) first = text_of(movie, "reason");
  if (failed > 0)
    result.remarks.push_back(failed == 1 ? fmt::format("a movie failed: {}", first)
                                         : fmt::format("{} movies failed; one: {}", failed, first));
  result.failed = failed > 0 && failed == static_cast<int>(json["movies"].size());
}

// Tilts that the alignment left out are in no row of its tables.
void take_excluded_by_alignment(ProjectSeries& series, const Json& json) {
  if (!json.contains("tilts") || !json["tilts"].is_array()) return;
  for (const auto& one : json["tilts"]) {
    if (text_of(one, "state") != "excluded") continue;
    TiltChoice& tilt = tilt_named(series.tilts, text_of(one, "image"));
    tilt.excluded = true;
    tilt.reason = "the alignment: " + text_of(one, "reason");
  }
}

void take_summaries(const ReportOf& report_of, const fs::path& folder, Stage stage) {
  const auto summary = json_of(folder / "summary.json");
  if (!summary.contains("series") || !summary["series"].is_array()) return;
  std::size_t number = 0;
  for (const auto& one : summary["series"]) {
    ++number;
    const auto name = text_of(one, "name");
    if (name.empty()) continue;
    ProjectReport& report = report_of(name);
    take_summary(one, number, result_in(report, name, stage));
    ProjectSeries& series = series_named(report, name);
    if (stage != Stage::align) continue;
    const auto figure = [&](const char* member, double& value) {
      value = one.contains(member) && one[member].is_number() ? one[member].get<double>()
                                                              : ProjectSeries::unknown;
      if (value == 0.0) value = ProjectSeries::unknown;  // not measured
    };
    figure("score", series.alignment.score);
    figure("residual_A", series.alignment.residual_A);
    figure("leave_out_A", series.alignment.leave_out_A);
    take_excluded_by_alignment(series, one);
    if (const auto verdict = text_of(one, "verdict"); verdict != "pass")
      if (one.contains("notes")) add_texts(one["notes"], result_in(report, name, stage).remarks);
  }
}

}  // namespace

std::vector<JobFiles> find_jobs() {
  std::vector<JobFiles> jobs;
  const auto look = [&](const fs::path& folder) {
    for (std::size_t i = 0; i < n_stages; ++i)
      if (fs::exists(folder / stage_files[i].star) ||
          (*stage_files[i].settings != '\0' && fs::exists(folder / stage_files[i].settings)))
        jobs.push_back({static_cast<Stage>(i), folder});
  };
  for (const auto& folder : subfolders(".")) {
    look(folder);
    for (const auto& below : subfolders(folder)) look(below);
  }
  std::stable_sort(jobs.begin(), jobs.end(), [](const JobFiles& a, const JobFiles& b) {
    if (a.stage != b.stage) return a.stage < b.stage;
    return natural_less(a.folder.filename().string(), b.folder.filename().string());
  });
  return jobs;
}

TiltSeriesSet read_job(const JobFiles& files) {
  const auto star = files.folder / file_of(files.stage).star;
  return fs::exists(star) ? read_tilt_series(star) : TiltSeriesSet{};
}

void add_job(ProjectReport& report, ProjectReport& aside, const JobFiles& files,
             const TiltSeriesSet& set, const std::function<bool(const std::string&)>& is_aside) {
  const ReportOf report_of = [&](const std::string& name) -> ProjectReport& {
    return is_aside(name) ? aside : report;
  };
  ProjectJob& job = report.jobs.emplace_back();
  job.stage = files.stage;
  job.folder = files.folder.string();
  const auto settings = json_of(files.folder / file_of(files.stage).settings);
  const bool by_gimbal = text_of(settings, "program") == "gimbal";
  job.program = by_gimbal ? "gimbal " + text_of(settings, "version") : "RELION";
  job.outcome = outcome_of(files.folder);
  job.has_report = fs::exists(files.folder / "report.html");
  job.n_series = set.series.size();
  aside.jobs = report.jobs;
  for (const auto& series : set.series) take_series(report_of(series.name()), series, files.stage);
  for (const auto& [name, reason] : set.unreadable) {
    StageResult& result = result_in(report_of(name), name, files.stage);
    result.failed = true;
    result.remarks.push_back(reason);
  }
  if (files.stage == Stage::exclude) take_excluded(report, files.folder);
  if (by_gimbal) take_summaries(report_of, files.folder, files.stage);
}

}  // namespace gimbal
