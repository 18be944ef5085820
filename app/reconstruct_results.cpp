// SPDX-License-Identifier: GPL-3.0-or-later
#include "reconstruct_results.h"

#include "reconstruct_series.h"
#include "series_job.h"

#include "gimbal/data/alignment_star.h"
#include "gimbal/data/labels.h"
#include "gimbal/io/file.h"
#include "gimbal/report/recon_report_files.h"

#include <fmt/format.h>

#include <cmath>
#include <iostream>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

TiltSeries with_tomogram(const ReconstructItem& item, const ReconstructSettings& settings) {
  TiltSeries series = item.series;
  const double pixel_A = image_pixel_A(series);
  const Alignment alignment = alignment_of(series, image_size(item), pixel_A);
  const TomogramSize size = tomogram_size(series, alignment, settings);
  Record& global = series.global;
  if (!global.has(label::tilt_series_pixel))
    global.set(label::tilt_series_pixel, global.text(label::original_pixel));
  global.set(label::tomogram_binning, settings.binned_angpix / pixel_A);
  global.set(label::tomogram_size_x, size.w);
  global.set(label::tomogram_size_y, size.h);
  global.set(label::tomogram_size_z, size.d);
  const std::string_view labels[] = {label::tomogram, label::tomogram_half1, label::tomogram_half2};
  for (const auto name : labels) global.erase(name);
  for (const Part part : item.parts)
    global.set(labels[static_cast<int>(part)], item.volume(part).string());
  for (std::size_t i = 0; i < series.tilts.size(); ++i)
    series.tilts[i].set(label::ctf_scale,
                        std::cos(rad_from_deg(alignment.tilts[i].projection.y_tilt_deg)));
  return series;
}

}  // namespace

ReconJobReport job_report(const ReconstructPlan& plan, const ReconstructSettings& settings) {
  return series_report<ReconJobReport>(plan, settings);
}

std::size_t write_tomograms(const ReconstructPlan& plan, const ReconstructSettings& settings) {
  return write_done_series(
      fs::path(settings.output) / "tomograms.star", plan,
      [&](const ReconstructItem& item) { return with_tomogram(item, settings); });
}

void write_reports(const ReconJobReport& report, const ReconstructSettings& settings) {
  const fs::path folder = settings.output;
  write_text_atomically(folder / "summary.json", recon_summary_json(report));
  write_recon_html(folder / "report.html", report);
  write_recon_pdf(folder / "logfile.pdf", report);
  write_failed_series(folder, report);
}

void print_series(const ReconJobReport& report) {
  for (const auto& series : report.series) {
    const TomogramFacts& f = series.facts;
    if (series.status == SeriesStatus::done)
      std::cout << fmt::format("{}: {} x {} x {} voxels of {:g} A from {} tilts\n", series.name,
                               f.nx, f.ny, f.nz, f.voxel_A, f.n_tilts);
    else
      print_not_done(series.name, series.status, series.reason);
    for (const auto& note : series.notes) std::cout << "  " << note << '\n';
  }
}

}  // namespace gimbal::app
