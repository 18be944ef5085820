// SPDX-License-Identifier: GPL-3.0-or-later
// logfile.pdf of a job of alignment: a summary, then each series with pictures, figures and plots.
#include "gimbal/report/align_digest.h"
#include "gimbal/report/align_plots.h"
#include "gimbal/report/align_report_files.h"
#include "gimbal/report/motion_plots.h"
#include "gimbal/report/pdf_pages.h"
#include "gimbal/report/report_pictures.h"
#include "gimbal/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

constexpr double margin = PdfLayout::margin, width = PdfLayout::width;
constexpr std::size_t picture_budget = 40'000'000;  // bytes, all pictures together
constexpr Colour warning_colour = rgb(0x8a5a00);

Colour colour_of(Standing standing) {
  switch (standing) {
    case Standing::pass:
      return rgb(0x1b7a43);
    case Standing::warn:
    case Standing::skipped:
      return warning_colour;
    case Standing::fail:
    case Standing::not_aligned:
      break;
  }
  return rgb(0xb3261e);
}

constexpr double columns[] = {0.48, 0.58, 0.71, 0.82, 0.9, 1.0};  // right ends

void put_row(PdfPages& pages, const std::string& name, const std::vector<std::string>& cells,
             bool bold, const Colour& first_cell) {
  const double y = pages.place(14.0);
  TextStyle style{8.5, Anchor::start, role(Ink::text), bold};
  pages.canvas().text({margin, y + 9.5}, pages.fitted(name, style, (columns[0] - 0.09) * width),
                      style);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const TextStyle cell{8.5, Anchor::end, i == 0 ? first_cell : role(Ink::text), bold || i == 0};
    pages.canvas().text({margin + columns[i] * width, y + 9.5}, cells[i], cell);
  }
  pages.canvas().line({{margin, y + 13.0}, {margin + width, y + 13.0}},
                      {role(bold ? Ink::axis : Ink::grid), 0.6});
}

void put_series_table(PdfPages& pages, const AlignJobReport& report,
                      const std::vector<std::size_t>& order) {
  pages.heading("Tilt series", 12.0);
  put_row(pages, "Name", {"Verdict", "Score", "Leave-out (Å)", "Residual (Å)", "Tilts", "Method"},
          true, role(Ink::text));
  for (const auto i : order) {
    const auto& series = report.series[i];
    const auto standing = standing_of(series);
    std::vector<std::string> cells{word_of(standing)};
    if (series.status == SeriesStatus::done) {
      const auto f = figures_of(series.alignment);
      cells.insert(cells.end(), {fixed(f.score, 2), fixed(f.leave_out_A, 2), fixed(f.residual_A, 2),
                                 fmt::format("{}/{}", f.used, f.used + f.excluded),
                                 printable(series.alignment.method)});
    }
    put_row(pages, series.name, cells, false, colour_of(standing));
  }
}

void put_summary(PdfPages& pages, const AlignJobReport& report,
                 const std::vector<std::size_t>& order) {
  const double top = pages.place(0.0);
  const Colour colour = colour_of(worst_of(report));
  pages.skip(4.0);
  pages.paragraph(job_sentence(report), {16.0, Anchor::start, colour, true}, 12.0);
  pages.paragraph("Tilt-series alignment by gimbal " + report.version, PdfLayout::small(), 12.0);
  pages.canvas().box({margin, top, 4.0, pages.y() - top + 2.0}, colour);
  pages.skip(16.0);
  for (const auto& text : report.warnings) pages.remark("Warning", warning_colour, text, "");
  if (!report.warnings.empty()) pages.skip(10.0);
  put_series_table(pages, report, order);
  pages.finish();
}

void put_facts(PdfPages& pages, const Alignment& alignment) {
  constexpr int n_columns = 4;
  constexpr double cell = width / n_columns;
  const auto facts = facts_of(alignment);
  double y = 0.0;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (i % n_columns == 0) y = pages.place(26.0);
    const double x = margin + cell * static_cast<double>(i % n_columns);
    const TextStyle name = PdfLayout::small(), value{9.5, Anchor::start, role(Ink::text), true};
    pages.canvas().text({x, y + 9.0}, pages.fitted(facts[i].name, name, cell - 6.0), name);
    pages.canvas().text({x, y + 20.0}, pages.fitted(facts[i].value, value, cell - 6.0), value);
  }
  pages.skip(6.0);
}

void put_remarks(PdfPages& pages, const SeriesAlignment& series) {
  if (!series.reason.empty())
    pages.remark(series.status == SeriesStatus::failed ? "Failed" : "Skipped", role(Ink::alarm),
                 series.reason, "");
  for (const auto& text : series.alignment.notes)
    pages.remark("Note", role(Ink::muted), typeset(text), "");
  for (const auto& text : series.problems) pages.remark("Warning", warning_colour, text, "");
  for (const auto i : by_angle(series.alignment)) {
    const auto& tilt = series.alignment.tilts[i];
    if (tilt.state == TiltState::excluded)
      pages.remark("Excluded", warning_colour, tilt_label(tilt), "");
    else if (!tilt.reason.empty())
      pages.remark("Doubted", warning_colour, tilt_label(tilt), "");
  }
  pages.skip(6.0);
}

void put_slices(PdfPages& pages, const AlignPictures& pictures) {
  if (pictures.after.xy.empty()) return;
  constexpr double gap = 14.0, side = 0.5 * (width - gap);
  const double height = std::min(500.0, side * slices_aspect(pictures.after));
  const double y = pages.place(height + 20.0);
  const char* titles[] = {"Slices by the metadata alone", "The same slices, aligned"};
  const SlicePictures* slices[] = {&pictures.before, &pictures.after};
  for (int i = 0; i < 2; ++i) {
    const Rect area{margin + i * (side + gap), y + 14.0, side, height};
    pages.canvas().text({area.x, y + 9.0}, titles[i], {9.0, Anchor::start, role(Ink::text), true});
    draw_slices(pages.canvas(), area, *slices[i]);
  }
  pages.skip(8.0);
}

void put_tilts(PdfPages& pages, const Alignment& a, const AlignPictures& pictures) {
  if (pictures.tilts.empty() || pictures.covered_px.nx < 1) return;
  constexpr double gap = 6.0, side = (width - 4.0 * gap) / 5.0;
  const double height =
      std::min(3.0 * side, side * pictures.covered_px.ny / pictures.covered_px.nx);
  const double y = pages.place(height + 16.0);
  double x = margin;
  for (const auto& picture : pictures.tilts) {
    const double angle = a.tilts[static_cast<std::size_t>(picture.tilt)].nominal_tilt_deg;
    pages.canvas().text({x, y + 9.0}, angle_text(angle),
                        {8.5, Anchor::start, role(Ink::text), true});
    const Rect area{x, y + 12.0, side, height};
    pages.canvas().clip_begin(area);
    draw_tilt_picture(pages.canvas(), area, a, pictures, picture);
    pages.canvas().clip_end();
    x += side + gap;
  }
  pages.skip(10.0);
}

void put_plots(PdfPages& pages, const Alignment& alignment) {
  constexpr double gap = 14.0, half = 0.5 * (width - gap), height = 170.0;
  const auto plots = align_plots(alignment);
  double y = 0.0;
  std::size_t k = 0;
  for (const auto& plot : plots) {
    if (plot.equal_scales) continue;
    const bool left = k++ % 2 == 0;
    if (left) y = pages.place(height + 10.0);
    draw_plot(pages.canvas(), {left ? margin : margin + half + gap, y, half, height}, plot);
  }
  for (const auto& plot : plots) {
    if (!plot.equal_scales) continue;
    const double side = 0.8 * width, top = pages.place(side + 24.0), x = margin + 0.1 * width;
    draw_plot(pages.canvas(), {x, top, side, side}, plot);
    draw_tilt_colours(pages.canvas(), {x + 30.0, top + side + 4.0, side - 60.0, 6.0},
                      max_tilt_deg(alignment));
  }
}

void put_series(PdfPages& pages, const SeriesAlignment& series, const AlignPictures& pictures) {
  const auto standing = standing_of(series);
  pages.heading(series.name, 14.0);
  pages.paragraph(word_of(standing), {12.0, Anchor::start, colour_of(standing), true});
  pages.skip(4.0);
  if (series.status == SeriesStatus::done) {
    put_facts(pages, series.alignment);
    put_slices(pages, pictures);
    put_tilts(pages, series.alignment, pictures);
  }
  put_remarks(pages, series);
  if (series.status == SeriesStatus::done) put_plots(pages, series.alignment);
  if (!pages.at_top()) pages.finish();
}

}  // namespace

int write_align_pdf(const std::filesystem::path& path, const AlignJobReport& report) {
  const auto order = worst_first(report);
  const auto pictures = fitted_pictures(report, picture_budget);
  int n_pages = 0;
  write_pdf(path, PdfLayout::page, "Tilt-series alignment: " + job_sentence(report),
            [&](CairoCanvas& canvas) {
              PdfPages pages(canvas, "gimbal " + report.version + ", tilt-series alignment");
              put_summary(pages, report, order);
              for (const auto i : order) put_series(pages, report.series[i], pictures[i]);
              n_pages = pages.count();
            });
  return n_pages;
}

}  // namespace gimbal
