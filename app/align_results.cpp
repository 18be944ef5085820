// SPDX-License-Identifier: GPL-3.0-or-later
#include "align_results.h"

#include "align_external.h"

#include "gimbal/core/version.h"
#include "gimbal/data/labels.h"
#include "gimbal/io/file.h"
#include "gimbal/report/align_report_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

void write_failures(const AlignPlan& plan, const fs::path& path) {
  StarTable table(StarTable::Shape::loop, "failed_tilt_series",
                  {std::string(label::tomo_name), "gimbalFailureReason"});
  for (const auto& item : plan.items)
    if (item.result.status == SeriesStatus::failed)
      table.add_row({item.name(), item.result.reason});
  for (const auto& [name, reason] : plan.set.unreadable) table.add_row({name, reason});
  if (table.n_rows() == 0)
    fs::remove(path);
  else
    write_star(path, {path.string(), {table}});
}

std::string alignment_line(const Alignment& a) {
  const auto used = std::count_if(a.tilts.begin(), a.tilts.end(), [](const AlignedTilt& tilt) {
    return tilt.state == TiltState::used;
  });
  std::string line =
      fmt::format(": {} by {}, {} of {} tilts", text_of(a.verdict), a.method, used, a.tilts.size());
  if (!a.tracks.empty())
    line +=
        fmt::format(", {} tracks, residual {:.2f} A", a.tracks.size(), a.residual_px * a.pixel_A);
  if (a.leave_out_px > 0.0)
    line += fmt::format(", leave-out error {:.2f} A", a.leave_out_px * a.pixel_A);
  return line;
}

}  // namespace

AlignJobReport job_report(const AlignPlan& plan, const AlignSettings& settings) {
  AlignJobReport report;
  report.version = version;
  report.options = settings.result_options();
  for (const auto& finding : plan.set.findings) report.warnings.push_back(finding.text);
  for (const auto& item : plan.items) report.series.push_back(item.result);
  for (const auto& [name, reason] : plan.set.unreadable)
    report.series.push_back({name, SeriesStatus::failed, reason, {}, {}, {}});
  return report;
}

std::size_t write_aligned_series(const AlignPlan& plan, const AlignSettings& settings) {
  const fs::path folder = settings.output;
  const auto excluded = settings.excluded == "keep" ? ExcludedTilts::keep : ExcludedTilts::drop;
  TiltSeriesSet set;
  set.comments = plan.set.comments;
  set.other_blocks = plan.set.other_blocks;
  for (const auto& item : plan.items) {
    fs::remove(tilt_series_path(folder, item.name()));
    if (item.result.status != SeriesStatus::done) continue;
    TiltSeries series = item.series;
    set_alignment(series, item.result.alignment, excluded);
    // The shifts belong to it; a value that is there keeps its digits.
    if (!series.global.has(label::tilt_series_pixel))
      series.global.set(label::tilt_series_pixel, series.global.text(label::original_pixel));
    if (settings.runs_program())
      for (const auto& [column, value] : external_columns(item, settings))
        series.global.set(column, value);
    set.series.push_back(std::move(series));
  }
  const auto path = folder / "aligned_tilt_series.star";
  if (set.series.empty())
    fs::remove(path);
  else
    write_tilt_series(path, set);
  write_failures(plan, folder / "failed_tilt_series.star");
  return set.series.size();
}

void write_reports(const AlignJobReport& report, const AlignSettings& settings) {
  const fs::path folder = settings.output;
  write_text_atomically(folder / "summary.json", align_summary_json(report));
  write_align_html(folder / "report.html", report);
  write_align_pdf(folder / "logfile.pdf", report);
}

void print_series(const AlignJobReport& report) {
  for (const auto& series : report.series) {
    if (series.status == SeriesStatus::done)
      std::cout << series.name << alignment_line(series.alignment) << '\n';
    else
      std::cout << fmt::format("{}: {}: {}\n", series.name,
                               series.status == SeriesStatus::failed ? "failed" : "skipped",
                               series.reason);
    for (const auto& note : series.alignment.notes) std::cout << "  " << note << '\n';
    for (const auto& tilt : series.alignment.tilts)
      if (tilt.state == TiltState::excluded)
        std::cout << fmt::format("  {} is excluded: {}\n", tilt.key, tilt.reason);
  }
}

}  // namespace gimbal::app
