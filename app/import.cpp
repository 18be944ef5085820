// SPDX-License-Identifier: GPL-3.0-or-later
// gimbal import: movies and the microscope's records -> tilt series, as RELION 5's Import job.
#include "gimbal/data/import.h"

#include "command.h"
#include "job_folder.h"
#include "relion_job.h"

#include "gimbal/data/labels.h"
#include "gimbal/io/file.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <thread>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Settings : JobSettings {
  ImportOptions import;
};

template <typename T>
Json texts_of(const std::vector<T>& items) {
  Json list = Json::array();
  for (const auto& item : items) list.push_back(fs::path(item).string());
  return list;
}

Json texts_of(const Findings& findings) {
  Json list = Json::array();
  for (const auto& finding : findings) list.push_back(finding.text);
  return list;
}

std::string json_of(const ImportResult& result) {
  Json root{{"program", "gimbal"}, {"job", "import"}};
  Json all = Json::array();
  for (std::size_t i = 0; i < result.series.size(); ++i) {
    const auto& report = result.series[i];
    all.push_back({{"name", report.name},
                   {"source", report.source},
                   {"tilts", result.set.series[i].tilts.size()},
                   {"recorded", report.n_recorded},
                   {"order_from", report.order},
                   {"dose_from", report.dose},
                   {"without_movie", texts_of(report.without_movie)},
                   {"unreadable", texts_of(report.unreadable)},
                   {"warnings", texts_of(report.findings)}});
  }
  Json failed = Json::array();
  for (const auto& [item, reason] : result.failed)
    failed.push_back({{"item", item}, {"reason", reason}});
  root["series"] = std::move(all);
  root["failed"] = std::move(failed);
  root["movies_without_record"] = texts_of(result.unclaimed_movies);
  root["warnings"] = texts_of(result.findings);
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string first_few(std::vector<std::string> names) {
  constexpr std::size_t shown = 3;
  const std::size_t rest = names.size() > shown + 1 ? names.size() - shown : 0;
  if (rest > 0) names.resize(shown);
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return rest > 0 ? fmt::format("{} and {} more", text, rest) : text;
}

// The same words for many series are said once.
void print_warnings(const ImportResult& result) {
  std::vector<std::string> texts;
  std::map<std::string, std::vector<std::string>> series_of;
  for (const auto& series : result.series)
    for (const auto& finding : series.findings) {
      if (series_of.count(finding.text) == 0) texts.push_back(finding.text);
      series_of[finding.text].push_back(series.name);
    }
  for (const auto& text : texts)
    std::cerr << "warning: " << first_few(series_of[text]) << ": " << text << '\n';
  for (const auto& finding : result.findings) std::cerr << "warning: " << finding.text << '\n';
  for (const auto& [item, reason] : result.failed)
    std::cerr << "error: " << item << " was not imported: " << reason << '\n';
}

void print_series(const ImportResult::Series& report, const TiltSeries& series) {
  std::vector<double> angles, doses;
  for (const auto& tilt : series.tilts) {
    angles.push_back(tilt.nominal_angle_deg());
    doses.push_back(tilt.pre_exposure_e_A2());
  }
  const auto [low, high] = std::minmax_element(angles.begin(), angles.end());
  std::cout << fmt::format(
      "{}: {} tilt{} from {:.1f} to {:.1f} degrees; pre-exposure {:.1f} to {:.1f} e/A^2 from {}; "
      "order from {}\n",
      report.name, series.tilts.size(), series.tilts.size() == 1 ? "" : "s", *low, *high,
      doses.front(), doses.back(), report.dose, report.order);
  if (!report.without_movie.empty())
    std::cout << fmt::format("  {} of {} recorded tilts have no movie: {}\n",
                             report.without_movie.size(), report.n_recorded,
                             first_few(report.without_movie));
}

void print_summary(const ImportResult& result, const fs::path& file) {
  std::size_t n_tilts = 0;
  for (std::size_t i = 0; i < result.series.size(); ++i) {
    print_series(result.series[i], result.set.series[i]);
    n_tilts += result.set.series[i].tilts.size();
  }
  if (!result.unclaimed_movies.empty()) {
    std::vector<std::string> names;
    for (const auto& movie : result.unclaimed_movies) names.push_back(movie.string());
    std::cout << fmt::format("{} of the files belong{} to no imported series: {}\n", names.size(),
                             names.size() == 1 ? "s" : "", first_few(names));
  }
  if (!result.failed.empty())
    std::cout << fmt::format("{} items were not imported (see above, and import.json)\n",
                             result.failed.size());
  if (!result.series.empty())
    std::cout << fmt::format("{}: {} tilt series, {} tilts\n", file.string(), result.series.size(),
                             n_tilts);
}

int run_import(const Settings& settings) {
  const fs::path folder = settings.output;
  const auto result = import_tilt_series(settings.import);
  const auto file = folder / "tilt_series.star";
  if (!result.series.empty()) write_tilt_series(file, result.set);
  write_text_atomically(folder / "import.json", json_of(result));
  print_warnings(result);
  print_summary(result, file);
  if (result.series.empty()) fail("no tilt series was imported");
  const bool unreadable = std::any_of(result.series.begin(), result.series.end(),
                                      [](const auto& s) { return !s.unreadable.empty(); });
  return result.failed.empty() && !unreadable ? exit_done : exit_some_failed;
}

RelionJobKind relion_kind(const Settings& settings) {
  const auto& import = settings.import;
  const bool per_frame = import.dose_per_movie_frame > 0.0;
  RelionJobKind kind{"Import", "relion.importtomo", {}, {}, {}, {}};
  kind.outputs = {{"tilt_series.star", "TomogramGroupMetadata.star.relion.tomo.import"}};
  kind.fields = {{"movie_files", "movies"},
                 {"mdoc_files", "mdoc"},
                 {"images_are_motion_corrected", "images_are_motion_corrected"},
                 {"prefix", "prefix"},
                 {"angpix", "angpix"},
                 {"kV", "kv"},
                 {"Cs", "cs"},
                 {"Q0", "q0"},
                 {"optics_group_name", "optics_group_name"},
                 {"mtf_file", "mtf_file"},
                 {"dose_rate", per_frame ? "dose_per_movie_frame" : "dose"},
                 {"dose_is_per_movie_frame", per_frame ? "=Yes" : "=No"},
                 {"tilt_axis_angle", "tilt_axis"},
                 {"flip_tiltseries_hand", "invert_defocus_handedness"}};
  return kind;
}

}  // namespace

Command make_import() {
  auto settings = std::make_shared<Settings>();
  settings->threads = 0;
  Command command;
  command.name = "import";
  command.uses_ranks = true;  // in so far as the others wait for the first
  command.summary = "Make tilt series from movies and the microscope's records";
  command.description =
      "Writes tilt_series.star and tilt_series/<name>.star as RELION 5's Import job does, from "
      "movies and mdoc files, or a table of angles, or names that hold the angles. Movies are "
      "found "
      "by name, never by position; rows are in order of acquisition. Paths are relative to the "
      "working directory, which should be the folder of the RELION project. Also takes the options "
      "of relion_python_tomo_import SerialEM.";
  command.examples = {
      "gimbal import --movies 'frames/*.mrc' --mdoc 'mdoc/*.mdoc' --angpix 1.35 --dose 3 "
      "--tilt_axis "
      "85 --o Import/job001/",
      "gimbal import --movies 'frames/*.tif' --table angles.csv --angpix 1.35 --o Import/job001/",
      "gimbal import --movies 'frames/*.eer' --angles_from_names --angpix 1.96 --dose 3 --o "
      "Import/job001/"};
  describe(settings->import, command.table);
  describe(static_cast<JobPlace&>(*settings), "Folder to write to, as in Import/job001/",
           command.table, {"output_directory"});
  command.table.add(
      "pipeline_control", settings->pipeline_control,
      {.help = "Folder of the exit markers RELION_JOB_EXIT_*; empty: as --o", .result = false});
  command.table.add(
      "j", settings->threads,
      {.help = "Threads; 0: one for each core", .min = 0, .max = 1024, .result = false});
  command.run = [settings](const Command& self) {
    if (settings->threads == 0)
      settings->threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    return run_relion_job(self, *settings, relion_kind(*settings), [&](const JobFolder& folder) {
      return folder.is_mine() ? run_import(*settings) : exit_done;
    });
  };
  return command;
}

}  // namespace gimbal::app
