// SPDX-License-Identifier: GPL-3.0-or-later
// What jobs that work on one tilt series after another have in common. A plan has `set`, whose
// series have become `items`; an item has its `series`, its name() and a `result` with name, status
// and reason.
#pragma once

#include "job_folder.h"

#include "gimbal/core/version.h"
#include "gimbal/data/tilt_series.h"
#include "gimbal/report/align_report.h"

#include <filesystem>
#include <string>
#include <utility>

namespace gimbal::app {

// Version and options, as the beginning of a fingerprint.
std::string fingerprint_of(const NamedTexts& options);
// Everything that its row of data_global says: columns that are only carried through matter, too.
std::string fingerprint_of(const Record& global);

// Rows are matched by their movies, so an Error when two of them have the same.
void check_keys(const TiltSeries& series);

// Items by make(series), which may throw an Error: such a series has failed.
template <typename Item, typename Make>
void make_items(TiltSeriesSet& set, std::vector<Item>& items, const Make& make) {
  for (TiltSeries& series : std::exchange(set.series, {})) {
    try {
      items.push_back(make(series));
    } catch (const Error& error) {
      set.unreadable.push_back({series.name(), error.what()});
    }
  }
}

template <typename Item>
void set_status(Item& item, SeriesStatus status, const std::string& reason) {
  item.result.status = status;
  item.result.reason = reason;
}

// Warnings and errors of reading the set, to stderr.
void print_problems(const TiltSeriesSet& set);

// The part of a job's report that is alike: version, options, warnings and the series' results.
template <typename Report, typename Plan, typename Settings>
Report series_report(const Plan& plan, const Settings& settings) {
  Report report;
  report.version = version;
  report.options = result_options(settings);
  for (const auto& finding : plan.set.findings) report.warnings.push_back(finding.text);
  for (const auto& item : plan.items) report.series.push_back(item.result);
  for (const auto& [name, reason] : plan.set.unreadable) {
    auto& series = report.series.emplace_back();
    series.name = name;
    series.status = SeriesStatus::failed;
    series.reason = reason;
  }
  return report;
}

// Writes the set and its series' own files; removes the file when there are none.
void write_or_remove(const std::filesystem::path& path, const TiltSeriesSet& set);
// Likewise a table.
void write_or_remove(const std::filesystem::path& path, const StarTable& table);

// Writes `path` and tilt_series/<name>.star beside it with make(item) of all items that are done,
// but for those of which it leaves no tilt. Returns how many there are.
template <typename Plan, typename Make>
std::size_t write_done_series(const std::filesystem::path& path, const Plan& plan,
                              const Make& make) {
  TiltSeriesSet set = plan.set;
  for (const auto& item : plan.items) {
    std::filesystem::remove(tilt_series_path(path.parent_path(), item.name()));
    if (item.result.status != SeriesStatus::done) continue;
    if (TiltSeries series = make(item); !series.tilts.empty())
      set.series.push_back(std::move(series));
  }
  write_or_remove(path, set);
  return set.series.size();
}

// failed_tilt_series.star: names and reasons.
StarTable new_failure_table();
template <typename Report>
void write_failed_series(const std::filesystem::path& folder, const Report& report) {
  StarTable table = new_failure_table();
  for (const auto& series : report.series)
    if (series.status == SeriesStatus::failed) table.add_row({series.name, series.reason});
  write_or_remove(folder / "failed_tilt_series.star", table);
}

// "TS_01: failed: there is no image", to stdout.
void print_not_done(const std::string& name, SeriesStatus status, const std::string& reason);

}  // namespace gimbal::app
