// SPDX-License-Identifier: GPL-3.0-or-later
// logfile.pdf: pages of summary, then for each series a page of plots and remarks and pages of
// pictures.
#include "gimbal/report/motion_plots.h"
#include "gimbal/report/motion_report_files.h"
#include "gimbal/report/pdf_pages.h"
#include "gimbal/report/report_pictures.h"
#include "gimbal/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace gimbal {
namespace {

constexpr double margin = PdfLayout::margin, width = PdfLayout::width;
constexpr std::size_t picture_budget = 40'000'000;  // bytes, all pictures together
constexpr std::size_t remarks_shown = 60;

const TextStyle small = PdfLayout::small();

Colour verdict_colour(JobSummary::Outcome outcome) {
  switch (outcome) {
    case JobSummary::Outcome::good:
      return rgb(0x1b7a43);
    case JobSummary::Outcome::doubtful:
    case JobSummary::Outcome::incomplete:
      return rgb(0xb07a10);
    case JobSummary::Outcome::some_failed:
    case JobSummary::Outcome::failed:
      break;
  }
  return rgb(0xb3261e);
}

void put_remarks(PdfPages& pages, const JobSummary& job) {
  if (job.remarks.empty()) return;
  pages.heading("What needs attention", 12.0);
  for (std::size_t i = 0; i < std::min(remarks_shown, job.remarks.size()); ++i) {
    const auto& remark = job.remarks[i];
    const bool failure = remark.kind == Remark::Kind::failure;
    const char* kind = failure                                ? "Failed"
                       : remark.kind == Remark::Kind::skipped ? "Skipped"
                                                              : "Warning";
    pages.remark(kind, failure ? role(Ink::alarm) : rgb(0x8a5a00), remark.text, place_text(remark));
  }
  if (job.remarks.size() > remarks_shown)
    pages.paragraph(
        fmt::format("and {} more kinds: see the tilt series", job.remarks.size() - remarks_shown),
        small);
  pages.skip(10.0);
}

constexpr double columns[] = {0.42, 0.49, 0.57, 0.67, 0.79, 0.91, 1.0};  // right ends

void put_row(PdfPages& pages, const std::string& name, const std::vector<std::string>& cells,
             bool bold) {
  const double y = pages.place(14.0);
  TextStyle style{8.5, Anchor::start, role(Ink::text), bold};
  pages.canvas().text({margin, y + 9.5}, pages.fitted(name, style, (columns[0] - 0.08) * width),
                      style);
  style.anchor = Anchor::end;
  for (std::size_t i = 0; i < cells.size(); ++i)
    pages.canvas().text({margin + columns[i] * width, y + 9.5}, cells[i], style);
  pages.canvas().line({{margin, y + 13.0}, {margin + width, y + 13.0}},
                      {role(bold ? Ink::axis : Ink::grid), 0.6});
}

void put_series_table(PdfPages& pages, const MotionJobReport& report, const JobSummary& job) {
  pages.heading("Tilt series", 12.0);
  put_row(pages, "Name",
          {"Movies", "Done", "Failed", "Look at", "Median (Å)", "Largest (Å)", "Local (Å)"}, true);
  for (std::size_t i = 0; i < report.series.size(); ++i) {
    const auto& series = report.series[i];
    const auto& summary = job.series[i];
    put_row(pages, series.name,
            {std::to_string(series.movies.size()), std::to_string(summary.done),
             std::to_string(summary.failed), std::to_string(summary.doubtful),
             fixed(summary.median_motion_A, 1), fixed(summary.max_motion_A, 1),
             fixed(summary.median_local_A, 2)},
            false);
  }
}

void put_summary(PdfPages& pages, const MotionJobReport& report, const JobSummary& job) {
  const double top = pages.place(0.0);
  pages.skip(4.0);
  const TextStyle title{16.0, Anchor::start, verdict_colour(job.outcome), true};
  pages.paragraph(job.verdict, title, 12.0);
  pages.paragraph("Motion correction by gimbal " + report.version, small, 12.0);
  pages.canvas().box({margin, top, 4.0, pages.y() - top + 2.0}, verdict_colour(job.outcome));
  pages.skip(16.0);
  put_remarks(pages, job);
  put_series_table(pages, report, job);
  pages.finish();
}

void put_plots(PdfPages& pages, const SeriesReport& series, const SeriesSummary& summary) {
  constexpr double gap = 14.0, half = 0.5 * (width - gap), height = 190.0;
  const double y = pages.place(half + 14.0);
  auto& canvas = pages.canvas();
  draw_plot(canvas, {margin, y, half, half}, drift_plot(series, summary));
  draw_tilt_colours(canvas, {margin + 20.0, y + half + 2.0, half - 20.0, 6.0},
                    summary.max_tilt_deg);
  const double x = margin + half + gap;
  draw_plot(canvas, {x, y, half, half}, total_motion_plot(series, summary));
  pages.skip(12.0);
  if (!has_counts(series)) return;
  const double lower = pages.place(height);
  draw_plot(canvas, {margin, lower, width, height}, counts_plot(series, summary));
  pages.skip(12.0);
}

void put_series_remarks(PdfPages& pages, const SeriesReport& series, const SeriesSummary& summary) {
  for (const auto& text : series.warnings) pages.remark("Warning", rgb(0x8a5a00), text, "");
  for (const auto i : by_tilt(series)) {
    const auto& movie = series.movies[i];
    if (movie.status != MovieStatus::done)
      pages.remark(movie.status == MovieStatus::failed ? "Failed" : "Skipped", role(Ink::alarm),
                   movie.reason, angle_text(movie.tilt_angle_deg) + ", " + movie.movie);
    for (const auto& text : summary.doubts[i].texts)
      pages.remark("Warning", rgb(0x8a5a00), text,
                   angle_text(movie.tilt_angle_deg) + ", " + movie.movie);
  }
}

void put_card(PdfPages& pages, const Rect& cell, const MovieReport& movie, bool doubtful,
              const MoviePictures& pictures, const SeriesSummary& summary, double box_A) {
  auto& canvas = pages.canvas();
  const bool done = movie.status == MovieStatus::done;
  const Colour ink = done && !doubtful ? role(Ink::text) : role(Ink::alarm);
  const double side = (cell.width - 4.0) / 3.0, top = cell.y + 11.0;
  canvas.text({cell.x, cell.y + 8.0}, angle_text(movie.tilt_angle_deg),
              {8.0, Anchor::start, ink, true});
  const char* status = movie.status == MovieStatus::failed ? "failed" : "skipped";
  canvas.text({cell.right(), cell.y + 8.0}, done ? fixed(movie.total_motion_A, 1) + " Å" : status,
              {8.0, Anchor::end, done ? role(Ink::muted) : ink});
  const auto part = [&](int i) { return Rect{cell.x + i * (side + 2.0), top, side, side}; };
  if (!done) {
    canvas.box({cell.x, top, cell.width, side}, rgb(0xfbe5e3));
    return;
  }
  const std::string* jpegs[] = {&pictures.sum_jpeg, &pictures.spectrum_jpeg};
  for (int i = 0; i < 2; ++i) {
    if (jpegs[i]->empty())
      canvas.box(part(i), role(Ink::grid));
    else
      canvas.picture(part(i), *jpegs[i]);
  }
  canvas.clip_begin(part(2));
  draw_track(canvas, part(2), movie, summary.max_tilt_deg, box_A);
  canvas.clip_end();
}

void put_pictures(PdfPages& pages, const SeriesReport& series, const SeriesSummary& summary,
                  std::span<const MoviePictures> pictures) {
  constexpr int n_columns = 4;
  constexpr double gap = 10.0;
  constexpr double cell = (width - (n_columns - 1) * gap) / n_columns;
  constexpr double height = 11.0 + (cell - 4.0) / 3.0 + 6.0;
  pages.heading(series.name + ": sums, power spectra, drift", 12.0);
  const double box_A = track_box_A(series);
  const auto order = by_tilt(series);
  double y = 0.0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    const auto column = static_cast<double>(k % n_columns);
    if (k % n_columns == 0) y = pages.place(height);
    const std::size_t i = order[k];
    put_card(pages, {margin + column * (cell + gap), y, cell, height}, series.movies[i],
             !summary.doubts[i].texts.empty(), pictures[i], summary, box_A);
  }
  pages.finish();
}

}  // namespace

int write_motion_pdf(const std::filesystem::path& path, const MotionJobReport& report) {
  const auto job = summarise(report);
  const auto pictures = fitted_pictures(report, picture_budget);
  int n_pages = 0;
  write_pdf(path, PdfLayout::page, "Motion correction: " + job.verdict, [&](CairoCanvas& canvas) {
    PdfPages pages(canvas, "gimbal " + report.version + ", motion correction");
    put_summary(pages, report, job);
    std::size_t first = 0;
    for (std::size_t i = 0; i < report.series.size(); ++i) {
      const auto& series = report.series[i];
      const auto n = series.movies.size();
      if (n > 0) {
        pages.heading(series.name, 14.0);
        put_plots(pages, series, job.series[i]);
        put_series_remarks(pages, series, job.series[i]);
        pages.finish();
        put_pictures(pages, series, job.series[i], std::span(pictures).subspan(first, n));
      }
      first += n;
    }
    n_pages = pages.count();
  });
  return n_pages;
}

}  // namespace gimbal
