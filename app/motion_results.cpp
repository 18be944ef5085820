// SPDX-License-Identifier: GPL-3.0-or-later
#include "motion_results.h"

#include "series_job.h"

#include "gimbal/data/failed_movies.h"
#include "gimbal/data/labels.h"
#include "gimbal/io/file.h"
#include "gimbal/report/motion_report_files.h"

#include <nlohmann/json.hpp>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

void set_or_erase(Tilt& tilt, std::string_view label, const fs::path& file) {
  if (file.empty())
    tilt.erase(label);
  else
    tilt.set(label, file);
}

// Columns in RELION's order, and only for files that exist.
Tilt corrected(Tilt tilt, const MotionItem& item) {
  const MotionFiles& files = item.files;
  set_or_erase(tilt, label::micrograph_no_dw, files.plain_sum);
  set_or_erase(tilt, label::power_spectrum, files.power_spectrum);
  set_or_erase(tilt, label::micrograph_even, files.even);
  set_or_erase(tilt, label::micrograph_odd, files.odd);
  tilt.set(label::micrograph_name, files.sum);
  tilt.set(label::metadata, files.star);
  tilt.set(label::motion_total, item.report.total_motion_A);
  tilt.set(label::motion_early, item.report.early_motion_A);
  tilt.set(label::motion_late, item.report.late_motion_A);
  return tilt;
}

std::vector<FailedMovie> failures(const MotionPlan& plan) {
  std::vector<FailedMovie> failed;
  for (std::size_t s = 0; s < plan.item_of.size(); ++s)
    for (const std::size_t index : plan.item_of[s])
      if (const auto& report = plan.items[index].report; report.status == MovieStatus::failed)
        failed.push_back({plan.set.series[s].name(), report.movie, report.reason});
  for (const auto& [name, reason] : plan.set.unreadable) failed.push_back({name, "None", reason});
  return failed;
}

}  // namespace

MotionJobReport job_report(const MotionPlan& plan, const MotionSettings& settings,
                           const std::vector<std::string>& warnings) {
  MotionJobReport report;
  report.version = version;
  report.options = result_options(settings);
  report.warnings = warnings;
  for (const auto& finding : plan.set.findings) report.warnings.push_back(finding.text);
  for (const auto& [name, reason] : plan.set.unreadable)
    report.warnings.push_back(fmt::format("the tilt series {} was left out: {}", name, reason));
  for (std::size_t s = 0; s < plan.item_of.size(); ++s) {
    SeriesReport series{plan.set.series[s].name(), {}, {}};
    for (const std::size_t tilt : plan.set.series[s].acquisition_order())
      series.movies.push_back(plan.items[plan.item_of[s][tilt]].report);
    report.series.push_back(std::move(series));
  }
  return report;
}

std::size_t write_corrected_series(const MotionPlan& plan, const MotionSettings& settings) {
  const fs::path folder = settings.output;
  TiltSeriesSet set;
  set.comments = plan.set.comments;
  set.other_blocks = plan.set.other_blocks;
  for (std::size_t s = 0; s < plan.item_of.size(); ++s) {
    TiltSeries series = plan.set.series[s];
    std::vector<Tilt> tilts;
    for (std::size_t t = 0; t < series.tilts.size(); ++t)
      if (const auto& item = plan.items[plan.item_of[s][t]];
          item.report.status == MovieStatus::done)
        tilts.push_back(corrected(std::move(series.tilts[t]), item));
    fs::remove(tilt_series_path(folder, series.name()));
    if (tilts.empty()) continue;
    series.tilts = std::move(tilts);
    series.global.set(label::tilt_series_pixel,
                      series.original_pixel_A() * settings.motion.bin_factor);
    series.global.erase("rlnMicrographPixelSize");
    set.series.push_back(std::move(series));
  }
  write_or_remove(folder / "corrected_tilt_series.star", set);
  write_failed_movies(folder / failed_movies_file, failures(plan));
  return set.series.size();
}

void write_reports(const MotionJobReport& report, const MotionSettings& settings) {
  const fs::path folder = settings.output;
  write_text_atomically(folder / "summary.json", motion_summary_json(report));
  write_motion_html(folder / "report.html", report);
  if (settings.skip_logfile)
    fs::remove(folder / "logfile.pdf");
  else
    write_motion_pdf(folder / "logfile.pdf", report);
}

}  // namespace gimbal::app
