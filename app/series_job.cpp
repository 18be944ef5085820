// SPDX-License-Identifier: GPL-3.0-or-later
#include "series_job.h"

#include "gimbal/data/labels.h"

#include <fmt/format.h>

#include <iostream>
#include <set>

namespace gimbal::app {

namespace fs = std::filesystem;

std::string fingerprint_of(const NamedTexts& options) {
  std::string text = fmt::format("gimbal {}; ", version);
  for (const auto& [name, value] : options) text += fmt::format("{} {}; ", name, value);
  return text;
}

std::string fingerprint_of(const Record& global) {
  std::string text;
  for (const auto& field : global.fields())
    if (field.label != label::tilt_series_file) text += field.label + ' ' + field.value + "; ";
  return text;
}

void check_keys(const TiltSeries& series) {
  std::set<std::string> keys;
  for (const Tilt& tilt : series.tilts)
    if (!keys.insert(tilt.key()).second)
      fail("{} stands in two rows of {}", tilt.key(), series.name());
}

void print_problems(const TiltSeriesSet& set) {
  for (const auto& finding : set.findings) std::cerr << "warning: " << finding.text << '\n';
  for (const auto& [name, reason] : set.unreadable)
    std::cerr << fmt::format("error: {}: {}\n", name, reason);
}

void write_or_remove(const fs::path& path, const TiltSeriesSet& set) {
  if (set.series.empty())
    fs::remove(path);
  else
    write_tilt_series(path, set);
}

void write_or_remove(const fs::path& path, const StarTable& table) {
  if (table.n_rows() == 0)
    fs::remove(path);
  else
    write_star(path, {path.string(), {table}});
}

StarTable new_failure_table() {
  return {StarTable::Shape::loop,
          "failed_tilt_series",
          {std::string(label::tomo_name), "gimbalFailureReason"}};
}

void print_not_done(const std::string& name, SeriesStatus status, const std::string& reason) {
  std::cout << fmt::format("{}: {}: {}\n", name,
                           status == SeriesStatus::failed ? "failed" : "skipped", reason);
}

}  // namespace gimbal::app
