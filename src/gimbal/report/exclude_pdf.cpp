// SPDX-License-Identifier: GPL-3.0-or-later
// logfile.pdf of a job that selects tilts: what was excluded and why, then the contact sheets.
#include "gimbal/report/exclude_report_files.h"
#include "gimbal/report/exclude_sheet.h"
#include "gimbal/report/motion_plots.h"
#include "gimbal/report/pdf_pages.h"
#include "gimbal/report/report_pictures.h"

#include <fmt/format.h>

namespace gimbal {
namespace {

constexpr double margin = PdfLayout::margin, width = PdfLayout::width;
constexpr std::size_t picture_budget = 40'000'000;  // bytes, all pictures together
constexpr int columns = 5;

void put_summary(PdfPages& pages, const ExcludeJobReport& report) {
  pages.heading("Selection of tilts", 18.0);
  pages.paragraph(job_sentence(report), PdfLayout::body());
  pages.skip(6.0);
  for (const auto& text : report.warnings) pages.remark("Warning", rgb(0x8a5a00), text, "");
  for (const auto i : worst_first(report)) {
    const auto& series = report.series[i];
    if (series.status != SeriesStatus::done)
      pages.remark(series.status == SeriesStatus::failed ? "Failed" : "Skipped", role(Ink::alarm),
                   series.reason, series.name);
    for (const auto& text : series.problems)
      pages.remark("Warning", rgb(0x8a5a00), text, series.name);
    for (const auto k : by_angle(series))
      if (const auto& tilt = series.tilts[k]; tilt.excluded)
        pages.remark("Excluded", role(Ink::alarm),
                     fmt::format("{}: {}", angle_text(tilt.nominal_tilt_deg), tilt.reason),
                     fmt::format("{}, no. {}: {}", series.name, tilt.number, tilt.key));
  }
  pages.finish();
}

void put_sheet(PdfPages& pages, const SeriesExclusion& series,
               const std::vector<std::string>& pictures, std::size_t first) {
  pages.heading(fmt::format("{}: {} of {} excluded", series.name, excluded_tilts(series),
                            series.tilts.size()),
                14.0);
  const double tile = width / columns, row = sheet_row_height(tile, picture_shape(series));
  const auto order = by_angle(series);
  double y = 0.0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    if (k % columns == 0) y = pages.place(row);
    draw_tilt(pages.canvas(), {margin + static_cast<double>(k % columns) * tile, y, tile, row},
              series.tilts[order[k]], pictures[first + order[k]]);
  }
  pages.finish();
}

}  // namespace

int write_exclude_pdf(const std::filesystem::path& path, const ExcludeJobReport& report) {
  std::vector<std::string> pictures;
  for (const auto& series : report.series)
    for (const auto& tilt : series.tilts) pictures.push_back(tilt.jpeg);
  pictures = fitted_pictures(std::move(pictures), picture_budget);
  int n_pages = 0;
  write_pdf(path, PdfLayout::page, "Selection of tilts: " + job_sentence(report),
            [&](CairoCanvas& canvas) {
              PdfPages pages(canvas, "gimbal " + report.version + ", selection of tilts");
              put_summary(pages, report);
              std::size_t first = 0;
              for (const auto& series : report.series) {
                if (!series.tilts.empty()) put_sheet(pages, series, pictures, first);
                first += series.tilts.size();
              }
              n_pages = pages.count();
            });
  return n_pages;
}

}  // namespace gimbal
