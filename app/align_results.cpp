// SPDX-License-Identifier: GPL-3.0-or-later
#include "align_results.h"

#include "align_external.h"
#include "series_job.h"

#include "gimbal/data/labels.h"
#include "gimbal/io/file.h"
#include "gimbal/report/align_report_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

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
  auto report = series_report<AlignJobReport>(plan, settings);
  // Not in the records of the series: what is missing may change without them.
  for (std::size_t i = 0; i < plan.items.size(); ++i)
    if (auto& notes = report.series[i].alignment.notes; !plan.items[i].missing.empty())
      notes.insert(notes.begin(), plan.items[i].missing);
  return report;
}

std::size_t write_aligned_series(const AlignPlan& plan, const AlignSettings& settings) {
  const auto excluded = settings.excluded == "keep" ? ExcludedTilts::keep : ExcludedTilts::drop;
  const auto aligned = [&](const AlignItem& item) {
    TiltSeries series = item.series;
    set_alignment(series, item.result.alignment, excluded);
    // The shifts belong to it; a value that is there keeps its digits.
    if (!series.global.has(label::tilt_series_pixel))
      series.global.set(label::tilt_series_pixel, series.global.text(label::original_pixel));
    if (settings.runs_program())
      for (const auto& [column, value] : external_columns(item, settings))
        series.global.set(column, value);
    return series;
  };
  return write_done_series(fs::path(settings.output) / "aligned_tilt_series.star", plan, aligned);
}

void write_reports(const AlignJobReport& report, const AlignSettings& settings) {
  const fs::path folder = settings.output;
  write_text_atomically(folder / "summary.json", align_summary_json(report));
  write_align_html(folder / "report.html", report);
  write_align_pdf(folder / "logfile.pdf", report);
  write_failed_series(folder, report);
}

void print_series(const AlignJobReport& report) {
  for (const auto& series : report.series) {
    if (series.status == SeriesStatus::done)
      std::cout << series.name << alignment_line(series.alignment) << '\n';
    else
      print_not_done(series.name, series.status, series.reason);
    for (const auto& note : series.alignment.notes) std::cout << "  " << note << '\n';
    for (const auto& tilt : series.alignment.tilts)
      if (tilt.state == TiltState::excluded)
        std::cout << fmt::format("  {} is excluded: {}\n", tilt.key, tilt.reason);
  }
}

}  // namespace gimbal::app
