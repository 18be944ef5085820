// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/tilt_series.h"

#include "gimbal/data/labels.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace gimbal {
namespace {

namespace fs = std::filesystem;

// Names become file names and blocks.
void check_name(const std::string& name) {
  if (name.empty() || name == "." || name == ".." ||
      name.find_first_of("/\\ \t\r\n") != std::string::npos)
    fail(
        "'{}' cannot be the name of a tilt series: it becomes part of file names, so it must not "
        "be empty or hold slashes or blanks",
        name);
}

fs::path existing_file(const Record& global, const fs::path& set_path, Findings& findings) {
  const auto& name = global.text(label::tomo_name);
  const fs::path given = global.text(label::tilt_series_file);
  if (fs::exists(given)) return given;
  const fs::path folder = set_path.parent_path();
  for (const auto& beside :
       {folder / given, folder / given.filename(), folder / "tilt_series" / given.filename()}) {
    if (!fs::exists(beside)) continue;
    findings.push_back({Severity::warning, Defect::inconsistent,
                        fmt::format("{}: {} is not there (names are relative to the working "
                                    "directory, the project's folder); {} was read instead",
                                    name, given.string(), beside.string())});
    return beside;
  }
  fail(
      "the file {} of the tilt series {} does not exist, neither relative to the working "
      "directory {} nor beside {}; run gimbal in the project's folder",
      given.string(), name, fs::current_path().string(), set_path.string());
}

const StarTable& tilt_table(const StarDocument& document, const std::string& name,
                            Findings& findings) {
  if (const auto* table = document.find(name)) return *table;
  if (document.tables.size() != 1) return document.at(name);
  findings.push_back(
      {Severity::warning, Defect::inconsistent,
       fmt::format("{}: the tilts of {} are in the block data_{}; RELION expects data_{}",
                   document.source, name, document.tables.front().name, name)});
  return document.tables.front();
}

void report_repeated_movies(const TiltSeries& series, const std::string& source,
                            Findings& findings) {
  std::set<std::string> seen;
  for (const auto& tilt : series.tilts)
    if (tilt.has(label::movie_name) && !seen.insert(tilt.movie_name()).second)
      findings.push_back(
          {Severity::warning, Defect::inconsistent,
           fmt::format("{}: the movie {} stands in more than one row", source, tilt.movie_name())});
}

TiltSeries read_one(Record global, const fs::path& set_path, Findings& findings) {
  TiltSeries series;
  series.global = std::move(global);
  check_name(series.name());
  const auto path = existing_file(series.global, set_path, findings);
  auto document = read_star(path);
  const auto& table = tilt_table(document, series.name(), findings);
  for (auto& record : records_of(table, path.string()))
    static_cast<Record&>(series.tilts.emplace_back()) = std::move(record);
  if (series.tilts.empty()) fail("{} holds no tilts", path.string());
  series.comments = table.comments;
  const auto own = static_cast<std::size_t>(&table - document.tables.data());
  for (std::size_t i = 0; i < document.tables.size(); ++i)
    if (i != own) series.other_blocks.push_back(std::move(document.tables[i]));
  report_repeated_movies(series, path.string(), findings);
  return series;
}

bool is_version(const std::string& comment) {
  return comment.find("version ") != std::string::npos;
}

// Files are written in RELION 5's layout, whatever wrote the one that was read.
std::vector<std::string> current_comments(const std::vector<std::string>& comments) {
  std::vector<std::string> result{"# version 50001"};
  std::copy_if(comments.begin(), comments.end(), std::back_inserter(result),
               [](const auto& line) { return !is_version(line); });
  return result;
}

void write_one(const fs::path& path, const TiltSeries& series) {
  StarDocument document{path.string(), {}};
  document.tables.push_back(
      table_of(series.name(), std::vector<Record>(series.tilts.begin(), series.tilts.end())));
  document.tables.back().comments = current_comments(series.comments);
  for (const auto& block : series.other_blocks) document.tables.push_back(block);
  write_star(path, document);
}

}  // namespace

const std::string& Tilt::movie_name() const {
  return text(label::movie_name);
}
const std::string& Tilt::key() const {
  return has(label::movie_name) ? text(label::movie_name) : text(label::micrograph_name);
}
double Tilt::nominal_angle_deg() const {
  return number(label::nominal_angle);
}
double Tilt::nominal_axis_deg() const {
  return number(label::nominal_axis);
}
double Tilt::pre_exposure_e_A2() const {
  return number(label::pre_exposure);
}

const std::string& TiltSeries::name() const {
  return global.text(label::tomo_name);
}
double TiltSeries::voltage_kV() const {
  return global.number(label::voltage);
}
double TiltSeries::spherical_aberration_mm() const {
  return global.number(label::spherical_aberration);
}
double TiltSeries::amplitude_contrast() const {
  return global.number(label::amplitude_contrast);
}
double TiltSeries::original_pixel_A() const {
  return global.number(label::original_pixel);
}

const Tilt* TiltSeries::find(std::string_view key) const {
  const auto found =
      std::find_if(tilts.begin(), tilts.end(), [&](const Tilt& tilt) { return tilt.key() == key; });
  return found == tilts.end() ? nullptr : &*found;
}

Tilt* TiltSeries::find(std::string_view key) {
  return const_cast<Tilt*>(std::as_const(*this).find(key));
}

std::vector<std::size_t> TiltSeries::acquisition_order() const {
  std::vector<double> dose;
  for (const auto& tilt : tilts)
    dose.push_back(tilt.optional_number(label::pre_exposure).value_or(0.0));
  std::vector<std::size_t> order(tilts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return dose[a] < dose[b]; });
  return order;
}

std::vector<double> TiltSeries::tilt_doses_e_A2() const {
  const auto order = acquisition_order();
  std::vector<double> doses(tilts.size(), 0.0), steps;
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    doses[order[i]] = tilts[order[i + 1]].pre_exposure_e_A2() - tilts[order[i]].pre_exposure_e_A2();
    steps.push_back(doses[order[i]]);
  }
  if (steps.empty()) return doses;
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::nth_element(steps.begin(), middle, steps.end());
  doses[order.back()] = *middle;
  return doses;
}

Movie TiltSeries::movie(const Tilt& tilt) const {
  return {.path = tilt.movie_name(),
          .pixel_A = original_pixel_A(),
          .voltage_kV = voltage_kV(),
          .pre_exposure_e_A2 = tilt.pre_exposure_e_A2()};
}

TiltSeriesSet read_tilt_series(const fs::path& path) {
  auto document = read_star(path);
  const auto& global = document.at("global");
  TiltSeriesSet set;
  set.comments = global.comments;
  std::set<std::string> names;
  for (auto& record : records_of(global, path.string())) {
    const std::string name = record.text(label::tomo_name);
    if (!names.insert(name).second) fail("{} has the tilt series {} twice", path.string(), name);
    try {
      set.series.push_back(read_one(std::move(record), path, set.findings));
    } catch (const Error& error) {
      set.unreadable.push_back({name, error.what()});
    }
  }
  if (names.empty()) fail("{} holds no tilt series: data_global has no rows", path.string());
  if (set.series.empty())
    fail("no tilt series of {} can be read; the first one: {}", path.string(),
         set.unreadable.front().reason);
  for (auto& table : document.tables)
    if (&table != &global) set.other_blocks.push_back(std::move(table));
  return set;
}

fs::path tilt_series_path(const fs::path& folder, const std::string& name) {
  check_name(name);
  return folder / "tilt_series" / (name + ".star");
}

void write_tilt_series(const fs::path& path, const TiltSeriesSet& set) {
  std::vector<Record> rows;
  for (const auto& series : set.series) {
    const auto file = tilt_series_path(path.parent_path(), series.name());
    write_one(file, series);
    rows.push_back(series.global);
    rows.back().set(label::tilt_series_file, file);
  }
  StarDocument document{path.string(), {}};
  document.tables.push_back(table_of("global", rows));
  document.tables.back().comments = current_comments(set.comments);
  for (const auto& block : set.other_blocks) document.tables.push_back(block);
  write_star(path, document);
}

}  // namespace gimbal
