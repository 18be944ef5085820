// SPDX-License-Identifier: GPL-3.0-or-later
#include "exclude_results.h"

#include "completion.h"
#include "series_job.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/text.h"
#include "gimbal/data/excluded_tilts.h"
#include "gimbal/data/labels.h"
#include "gimbal/io/file.h"
#include "gimbal/io/process.h"
#include "gimbal/report/exclude_report_files.h"

#include <fmt/ranges.h>

#include <iostream>
#include <set>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

// With the options that were changed and can change a result, but --tilts and --keep.
std::string command_of(const ExcludeSettings& settings) {
  std::string text = fmt::format("gimbal exclude --i {} --o {}", shell_line({settings.input}),
                                 shell_line({settings.output}));
  ExcludeSettings given = settings, untouched;
  OptionTable is, was;
  describe(given, is);
  describe(untouched, was);
  for (std::size_t i = 0; i < is.options().size(); ++i) {
    const Option& option = is.options()[i];
    const auto value = option_text(option);
    if (!option.spec.result || option.name == "tilts" || option.name == "keep" ||
        value == option_text(was.options()[i]))
      continue;
    const bool flag = std::holds_alternative<bool*>(option.value);
    text += " --" + option.name + (flag ? "" : " " + shell_line({value}));
  }
  return text;
}

ExcludedFromSeries excluded_from(const ExcludeItem& item) {
  ExcludedFromSeries excluded;
  excluded.global = item.series.global;
  for (const TiltChoice& tilt : item.result.tilts)
    if (tilt.excluded)
      excluded.tilts.push_back({static_cast<std::size_t>(tilt.number),
                                item.series.tilts[static_cast<std::size_t>(tilt.number) - 1],
                                tilt.reason});
  excluded.is_whole = excluded.tilts.size() == item.series.tilts.size();
  return excluded;
}

// What the contact sheet shows.
std::string sheet_fingerprint(const ExcludeItem& item) {
  std::string text = item.fingerprint;
  for (const TiltChoice& tilt : item.result.tilts)
    text += fmt::format("{} {} {} {} {}; ", tilt.number, tilt.excluded, tilt.reason, tilt.problem,
                        figures_text(tilt));
  return text;
}

// Compressing pictures takes longer than all else, so sheets that would come out the same stay.
void write_sheet(const fs::path& folder, const ExcludeItem& item) {
  const auto picture = folder / (item.name() + ".png"), record = folder / ("." + item.name());
  const auto fingerprint = sheet_fingerprint(item);
  if (finished_result(record, fingerprint, {picture})) return;
  write_contact_sheet(picture, item.result);
  write_completion(record,
                   {fingerprint, {{picture.filename().string(), fs::file_size(picture)}}, "{}"});
}

// Sheets of series that the job no longer has.
void remove_other_sheets(const fs::path& folder, const ExcludeJobReport& report) {
  if (!fs::exists(folder)) return;
  std::set<fs::path> ours;
  for (const auto& series : report.series)
    if (!series.tilts.empty()) ours.insert(series.name + ".png"), ours.insert("." + series.name);
  std::vector<fs::path> others;
  for (const auto& entry : fs::directory_iterator(folder))
    if (!ours.contains(entry.path().filename())) others.push_back(entry.path());
  for (const auto& path : others) fs::remove_all(path);
}

}  // namespace

ExcludeJobReport job_report(const ExcludePlan& plan, const ExcludeSettings& settings) {
  auto report = series_report<ExcludeJobReport>(plan, settings);
  report.command = command_of(settings);
  report.tilts = fmt::format("{}", fmt::join(settings.tilts, "; "));
  report.keep = fmt::format("{}", fmt::join(settings.keep, "; "));
  return report;
}

std::size_t write_selected_series(const ExcludePlan& plan, const ExcludeSettings& settings) {
  const fs::path folder = settings.output;
  std::vector<ExcludedFromSeries> excluded;
  for (const auto& item : plan.items)
    if (item.result.status == SeriesStatus::done) excluded.push_back(excluded_from(item));
  write_excluded_tilts(folder / excluded_tilts_file, excluded);
  const auto selected = [](const ExcludeItem& item) {
    TiltSeries series = item.series;
    series.tilts.clear();
    for (const TiltChoice& tilt : item.result.tilts)
      if (!tilt.excluded)
        series.tilts.push_back(item.series.tilts[static_cast<std::size_t>(tilt.number) - 1]);
    return series;
  };
  return write_done_series(folder / "selected_tilt_series.star", plan, selected);
}

void write_reports(const ExcludeJobReport& report, const ExcludePlan& plan,
                   const ExcludeSettings& settings) {
  const fs::path folder = settings.output, sheets = folder / "contact_sheets";
  write_text_atomically(folder / "summary.json", exclude_summary_json(report));
  write_exclude_html(folder / "report.html", report);
  write_exclude_pdf(folder / "logfile.pdf", report);
  remove_other_sheets(sheets, report);
  fs::create_directories(sheets);
  parallel_for(static_cast<int>(plan.items.size()), [&](int i) {
    const auto& item = plan.items[static_cast<std::size_t>(i)];
    if (!item.result.tilts.empty()) write_sheet(sheets, item);
  });
}

void print_series(const ExcludeJobReport& report) {
  for (const auto& series : report.series) {
    const int n = static_cast<int>(series.tilts.size()), out = excluded_tilts(series);
    if (series.status != SeriesStatus::done)
      print_not_done(series.name, series.status, series.reason);
    else if (out == n)
      std::cout << fmt::format("{}: none of {} tilts is kept: the series is left out\n",
                               series.name, n);
    else
      std::cout << fmt::format("{}: {} of {} tilts are kept\n", series.name, n - out, n);
    for (const auto& tilt : series.tilts)
      if (tilt.excluded)
        std::cout << fmt::format("  no. {}, {:.2f} degrees, {}: {}\n", tilt.number,
                                 tilt.nominal_tilt_deg, tilt.key, tilt.reason);
  }
}

}  // namespace gimbal::app
