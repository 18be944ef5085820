// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/import.h"

#include "gimbal/data/import_checks.h"
#include "gimbal/data/import_dose.h"
#include "gimbal/data/import_match.h"
#include "gimbal/data/labels.h"
#include "gimbal/io/frame_reader.h"
#include "gimbal/io/pattern.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace gimbal {
namespace {

namespace fs = std::filesystem;

// One tilt on its way from the record to a row; no path: its movie is not among the files.
struct Pairing {
  AcquiredTilt tilt;
  fs::path movie;
};

void warn(Findings& findings, std::string text) {
  findings.push_back({Severity::warning, Defect::inconsistent, std::move(text)});
}

std::vector<fs::path> files_for(const std::string& option,
                                const std::vector<std::string>& patterns) {
  auto files = expand_patterns(patterns);
  if (files.empty())
    throw UsageError(fmt::format("--{} {}: no file matches, in the working directory {}", option,
                                 fmt::join(patterns, " "), fs::current_path().string()));
  return files;
}

Acquisition acquisition_of(const ImportOptions& options, const std::vector<fs::path>& movies) {
  const int n_sources = !options.mdoc.empty() + !options.table.empty() + options.angles_from_names;
  if (n_sources != 1)
    throw UsageError(
        "give one of --mdoc, --table and --angles_from_names: it says which tilts "
        "belong together and at which angles they were taken");
  if (!options.table.empty()) return acquisition_from_tables(files_for("table", options.table));
  if (options.angles_from_names) return acquisition_from_names(movies);
  return acquisition_from_mdocs(files_for("mdoc", options.mdoc));
}

class SeriesImport {
 public:
  SeriesImport(const ImportOptions& options, const MovieProbe& probe, AcquiredSeries series)
      : options_(options), probe_(probe), acquired_(std::move(series)) {
    report_.name = acquired_.name;
    report_.source = acquired_.source;
    report_.n_recorded = acquired_.tilts.size();
    report_.findings = acquired_.findings;
  }

  // Adds the series and its report to the result; an Error when it cannot be imported.
  void run(const MovieIndex& index, std::map<fs::path, std::string>& claimed,
           ImportResult& result) {
    const auto append = [&](Findings findings) {
      for (auto& finding : findings) report_.findings.push_back(std::move(finding));
    };
    append(check_axis(acquired_, options_.tilt_axis));
    append(check_acquisition(acquired_, options_));
    report_.order = sort_by_acquisition(acquired_.tilts, report_.findings);
    pair_movies(index, claimed);
    probe_movies();
    auto tilts = acquired_.tilts;
    for (std::size_t i = 0; i < tilts.size(); ++i) tilts[i].n_frames = pairings_[i].tilt.n_frames;
    const auto doses = pre_exposures(tilts, options_, report_.findings);
    report_.dose = doses.source;
    result.set.series.push_back(series_of(doses.e_A2));
    result.series.push_back(std::move(report_));
  }

 private:
  void pair_movies(const MovieIndex& index, std::map<fs::path, std::string>& claimed) {
    std::map<fs::path, std::string> mine;
    for (const auto& tilt : acquired_.tilts) {
      const auto movie = index.find(tilt.movie);
      if (movie.empty()) {
        report_.without_movie.push_back(tilt.movie.empty() ? tilt.where + " names no movie"
                                                           : tilt.movie);
      } else {
        for (const auto* taken : {&claimed, &mine})
          if (const auto other = taken->find(movie); other != taken->end())
            fail("{} is claimed by both {} and {}; remove one of the two", movie.string(),
                 other->second, tilt.where);
        mine[movie] = tilt.where;
      }
      pairings_.push_back({tilt, movie});
    }
    if (mine.empty())
      fail("none of its {} movies is among the files that match --movies; the first one is {}",
           acquired_.tilts.size(), acquired_.tilts.front().movie);
    claimed.insert(mine.begin(), mine.end());
  }

  void probe_movies() {
    std::map<std::pair<int, int>, std::string> sizes;
    std::size_t n_disagree = 0;
    std::string example;
    for (auto& [tilt, movie] : pairings_) {
      if (movie.empty()) continue;
      try {
        const auto facts = probe_(movie);
        sizes.emplace(std::pair(facts.nx, facts.ny), movie.string());
        if (options_.images_are_motion_corrected) continue;
        // Tomography 5 records 1 for a whole EER movie.
        if (tilt.n_frames > 1 && tilt.n_frames != facts.n_frames && n_disagree++ == 0)
          example = fmt::format("{} has {} frames, its record says {}", movie.string(),
                                facts.n_frames, tilt.n_frames);
        tilt.n_frames = facts.n_frames;
      } catch (const Error& error) {
        report_.unreadable.push_back(movie.string());
        warn(report_.findings, fmt::format("{} cannot be read: {}", movie.string(), error.what()));
      }
    }
    if (n_disagree > 0)
      warn(report_.findings,
           fmt::format("the number of frames differs from the record in {} movies, and was taken "
                       "from the movies ({}): were the movies copied completely?",
                       n_disagree, example));
    if (sizes.size() > 1)
      warn(report_.findings,
           fmt::format("the movies differ in size: {} is {}x{}, {} is {}x{}", sizes.begin()->second,
                       sizes.begin()->first.first, sizes.begin()->first.second,
                       sizes.rbegin()->second, sizes.rbegin()->first.first,
                       sizes.rbegin()->first.second));
  }

  TiltSeries series_of(const std::vector<double>& pre_exposure) const {
    TiltSeries series;
    series.global.where = acquired_.name;
    set_globals(series.global);
    const auto defocus = std::find_if(pairings_.begin(), pairings_.end(),
                                      [](const auto& p) { return p.tilt.defocus_um.has_value(); });
    for (std::size_t i = 0; i < pairings_.size(); ++i) {
      const auto& [tilt, movie] = pairings_[i];
      if (movie.empty()) continue;
      Tilt& row = series.tilts.emplace_back();
      row.where = tilt.where;
      if (!options_.images_are_motion_corrected)
        row.set(label::movie_name, movie).set(label::frame_count, tilt.n_frames);
      row.set(label::nominal_angle, tilt.angle_deg)
          .set(label::nominal_axis, options_.tilt_axis)
          .set(label::pre_exposure, pre_exposure[i]);
      if (defocus != pairings_.end())
        row.set(label::nominal_defocus, tilt.defocus_um.value_or(*defocus->tilt.defocus_um));
      if (options_.images_are_motion_corrected) row.set(label::micrograph_name, movie);
    }
    return series;
  }

  void set_globals(Record& global) const {
    global.set(label::tomo_name, acquired_.name)
        .set(label::tilt_series_file, "None")  // known when it is written
        .set(label::voltage, options_.kv)
        .set(label::spherical_aberration, options_.cs)
        .set(label::amplitude_contrast, options_.q0)
        .set(label::original_pixel, options_.angpix);
    if (options_.images_are_motion_corrected) global.set(label::tilt_series_pixel, options_.angpix);
    global.set(label::hand, options_.invert_defocus_handedness ? -1.0 : 1.0);
    if (!options_.mtf_file.empty()) global.set(label::mtf_file, options_.mtf_file);
    if (!options_.optics_group_name.empty())
      global.set(label::optics_group, options_.optics_group_name);
  }

  const ImportOptions& options_;
  const MovieProbe& probe_;
  AcquiredSeries acquired_;
  std::vector<Pairing> pairings_;  // in order of acquisition
  ImportResult::Series report_;
};

// Series names become file names and STAR blocks.
void tidy_names(std::vector<AcquiredSeries>& all, const std::string& prefix) {
  for (auto& series : all) {
    if (!prefix.empty()) series.name = prefix + "_" + series.name;
    const auto given = series.name;
    std::replace_if(
        series.name.begin(), series.name.end(),
        [](char c) { return c == ' ' || c == '\t' || c == '/' || c == '\\'; }, '_');
    if (series.name != given)
      series.findings.push_back({Severity::note, Defect::none,
                                 fmt::format("'{}' is called {} here", given, series.name)});
  }
}

// RELION's joint tables need the same columns in every series.
void drop_partial_defocus(ImportResult& result) {
  const auto lacks = [](const TiltSeries& series) {
    return !series.tilts.front().has(label::nominal_defocus);
  };
  auto& all = result.set.series;
  const auto n = std::count_if(all.begin(), all.end(), lacks);
  if (n == 0 || static_cast<std::size_t>(n) == all.size()) return;
  for (auto& series : all)
    for (auto& tilt : series.tilts) tilt.erase(label::nominal_defocus);
  warn(result.findings,
       fmt::format("{} of {} series have no TargetDefocus, so _{} was left out for all", n,
                   all.size(), label::nominal_defocus));
}

}  // namespace

MovieFacts probe_movie(const fs::path& path) {
  const auto frames = open_frames(path);
  const auto& info = frames->info();
  return {info.nx, info.ny, std::max(info.n_raw_frames, info.n_frames)};
}

ImportResult import_tilt_series(const ImportOptions& options, const MovieProbe& probe) {
  const MovieIndex index(files_for("movies", options.movies));
  auto acquisition = acquisition_of(options, index.movies());
  tidy_names(acquisition.series, options.prefix);
  ImportResult result;
  result.failed = std::move(acquisition.failed);
  if (!options.mtf_file.empty() && !fs::exists(options.mtf_file))
    warn(result.findings, fmt::format("--mtf_file {} does not exist", options.mtf_file));
  std::map<fs::path, std::string> claimed;
  std::set<std::string> names;
  for (auto& series : acquisition.series) {
    const auto name = series.name, source = series.source;
    try {
      if (!names.insert(name).second)
        fail("another file gives a series of the same name, {}; rename one", name);
      SeriesImport(options, probe, std::move(series)).run(index, claimed, result);
    } catch (const Error& error) {
      result.failed.push_back({fmt::format("{} ({})", name, source), error.what()});
    }
  }
  for (const auto& movie : index.movies())
    if (claimed.count(movie) == 0) result.unclaimed_movies.push_back(movie);
  drop_partial_defocus(result);
  return result;
}

}  // namespace gimbal
