// SPDX-License-Identifier: GPL-3.0-or-later
// logfile.pdf of a job of reconstruction: a summary, then the slices of each tomogram.
#include "gimbal/report/pdf_pages.h"
#include "gimbal/report/recon_report_files.h"
#include "gimbal/report/report_pictures.h"

#include <fmt/format.h>

#include <algorithm>

namespace gimbal {
namespace {

constexpr double margin = PdfLayout::margin, width = PdfLayout::width;
constexpr std::size_t picture_budget = 40'000'000;  // bytes, all pictures together

void put_facts(PdfPages& pages, const TomogramFacts& of_tomogram) {
  constexpr int n_columns = 4;
  constexpr double cell = width / n_columns;
  const auto facts = facts_of(of_tomogram);
  double y = 0.0;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (i % n_columns == 0) y = pages.place(26.0);
    const double x = margin + cell * static_cast<double>(i % n_columns);
    const TextStyle name = PdfLayout::small(), value{9.5, Anchor::start, role(Ink::text), true};
    pages.canvas().text({x, y + 9.0}, pages.fitted(facts[i].first, name, cell - 6.0), name);
    pages.canvas().text({x, y + 20.0}, pages.fitted(facts[i].second, value, cell - 6.0), value);
  }
  pages.skip(6.0);
}

void put_series(PdfPages& pages, const SeriesTomogram& series, const SlicePictures& pictures) {
  pages.heading(series.name, 14.0);
  if (!series.reason.empty())
    pages.remark(series.status == SeriesStatus::failed ? "Failed" : "Skipped", role(Ink::alarm),
                 series.reason, "");
  if (series.status == SeriesStatus::done) {
    put_facts(pages, series.facts);
    if (!pictures.xy.empty()) {
      const double height = width * slices_aspect(pictures);
      const double shown = std::min(1.0, 600.0 / height);
      const double y = pages.place(shown * height + 6.0);
      draw_slices(pages.canvas(), {margin, y, shown * width, shown * height}, pictures);
    }
    for (const auto& note : series.notes) pages.remark("Note", role(Ink::muted), note, "");
  }
  if (!pages.at_top()) pages.finish();
}

void put_summary(PdfPages& pages, const ReconJobReport& report) {
  pages.paragraph(job_sentence(report), {16.0, Anchor::start, role(Ink::text), true});
  pages.paragraph("Reconstruction by gimbal " + report.version, PdfLayout::small());
  pages.skip(12.0);
  for (const auto& text : report.warnings) pages.remark("Warning", role(Ink::alarm), text, "");
  for (const auto& series : report.series) {
    const std::string state = series.status == SeriesStatus::done     ? "done"
                              : series.status == SeriesStatus::failed ? "failed: " + series.reason
                                                                      : "not done yet";
    pages.paragraph(series.name + ": " + state, PdfLayout::body());
  }
  pages.finish();
}

}  // namespace

int write_recon_pdf(const std::filesystem::path& path, const ReconJobReport& report) {
  const auto pictures = fitted_pictures(report, picture_budget);
  int n_pages = 0;
  write_pdf(path, PdfLayout::page, "Reconstruction: " + job_sentence(report),
            [&](CairoCanvas& canvas) {
              PdfPages pages(canvas, "gimbal " + report.version + ", reconstruction");
              put_summary(pages, report);
              for (std::size_t i = 0; i < report.series.size(); ++i)
                put_series(pages, report.series[i], pictures[i]);
              n_pages = pages.count();
            });
  return n_pages;
}

}  // namespace gimbal
