// SPDX-License-Identifier: GPL-3.0-or-later
// report.html: verdict, what needs attention, the table of series, then each series.
#include "gimbal/core/error.h"
#include "gimbal/io/file.h"
#include "gimbal/report/html_page.h"
#include "gimbal/report/motion_plots.h"
#include "gimbal/report/motion_report_files.h"
#include "gimbal/report/report_pictures.h"
#include "gimbal/report/svg_canvas.h"
#include "gimbal/report/text.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace gimbal {
namespace {

constexpr std::size_t whole_budget = 28'000'000;  // bytes: mail and browsers still take it
constexpr std::size_t bytes_of_a_movie = 2'000;   // without its pictures
constexpr std::size_t least_for_pictures = 6'000'000;
constexpr std::size_t remarks_shown = 30;
constexpr std::size_t series_opened = 2;  // at most so many are open at first
constexpr double plot_width = 400.0, plot_height = 300.0, track_side = 90.0;

PageFace face_of(JobSummary::Outcome outcome) {
  switch (outcome) {
    case JobSummary::Outcome::good:
      return face_good;
    case JobSummary::Outcome::doubtful:
    case JobSummary::Outcome::incomplete:
      return face_look;
    case JobSummary::Outcome::some_failed:
    case JobSummary::Outcome::failed:
      break;
  }
  return face_bad;
}

std::string tag(Remark::Kind kind) {
  return kind == Remark::Kind::failure   ? tag_failed
         : kind == Remark::Kind::skipped ? tag_skipped
                                         : tag_warning;
}

std::string remarks_html(const std::vector<Remark>& remarks) {
  if (remarks.empty()) return {};
  std::string html = "<h2>What needs attention</h2>\n<ul class=\"remarks\">\n";
  for (std::size_t i = 0; i < std::min(remarks.size(), remarks_shown); ++i)
    html += fmt::format("<li>{}<div>{}<small>{}</small></div></li>\n", tag(remarks[i].kind),
                        escape_html(remarks[i].text), escape_html(place_text(remarks[i])));
  if (remarks.size() > remarks_shown)
    html += fmt::format("<li><span></span><div>and {} more kinds: see the tilt series</div></li>\n",
                        remarks.size() - remarks_shown);
  return html + "</ul>\n";
}

std::string count_cell(int n, const char* css) {
  return fmt::format("<td{} data-v=\"{}\">{}</td>", n > 0 ? css : "", n, grouped(n));
}

bool is_fine(const SeriesReport& series, const SeriesSummary& summary) {
  return summary.done == static_cast<int>(series.movies.size()) && summary.doubtful == 0 &&
         series.warnings.empty();
}

std::string series_table(const MotionJobReport& report, const JobSummary& job) {
  std::string html =
      "<div class=\"wide\"><table class=\"sort\"><thead><tr><th class=\"l\">Name</th>"
      "<th>Movies</th><th>Done</th><th>Failed</th><th>Skipped</th><th>Worth a look</th>"
      "<th>Median motion (Å)</th><th>Largest motion (Å)</th><th>Local motion (Å)</th></tr></thead>"
      "<tbody>\n";
  for (std::size_t i = 0; i < report.series.size(); ++i) {
    const auto& series = report.series[i];
    const auto& summary = job.series[i];
    const auto name = escape_html(series.name);
    html += fmt::format(
        "<tr data-name=\"{0}\" data-ok=\"{1:d}\"><td class=\"l n\"><a href=\"#s{2}\">{0}</a></td>",
        name, is_fine(series, summary), i + 1);
    html += count_cell(static_cast<int>(series.movies.size()), "");
    html += count_cell(summary.done, "");
    html += count_cell(summary.failed, " class=\"b\"");
    html += count_cell(summary.skipped, " class=\"w\"");
    html += count_cell(summary.doubtful, " class=\"w\"");
    html += number_cell(summary.median_motion_A, 1);
    html += number_cell(summary.max_motion_A, 1);
    html += number_cell(summary.median_local_A, 2) + "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string plot_svg(const Plot& plot, const std::string& prefix, double max_tilt_deg) {
  SvgCanvas canvas(plot_width, plot_height, prefix, plot.title);
  const bool drift = plot.equal_scales;
  draw_plot(canvas, {0.0, 0.0, plot_width, plot_height - (drift ? 16.0 : 0.0)}, plot);
  if (drift)
    draw_tilt_colours(canvas, {0.2 * plot_width, plot_height - 12.0, 0.7 * plot_width, 6.0},
                      max_tilt_deg);
  return canvas.finish();
}

std::string reasons(const MovieReport& movie, const MovieDoubts& doubts) {
  std::string text = movie.reason;
  for (const auto& doubt : doubts.texts) text += (text.empty() ? "" : "; ") + doubt;
  return text;
}

std::string card(const MovieReport& movie, const MovieDoubts& doubts, const MoviePictures& pictures,
                 double max_tilt_deg, double box_A) {
  const bool done = movie.status == MovieStatus::done;
  const char* css = !done ? " class=\"f\"" : doubts.texts.empty() ? "" : " class=\"w\"";
  std::string html = fmt::format(
      "<figure{}><figcaption><b>{}</b><span>{}</span><span class=\"r\">{}</span></figcaption>", css,
      angle_text(movie.tilt_angle_deg), movie.order > 0 ? fmt::format("no. {}", movie.order) : "",
      done ? fixed(movie.total_motion_A, 1) + " Å"
           : (movie.status == MovieStatus::failed ? "failed" : "skipped"));
  if (done) {
    SvgCanvas track(track_side, track_side, "", "drift");
    draw_track(track, {0.0, 0.0, track_side, track_side}, movie, max_tilt_deg, box_A);
    html += fmt::format("<button class=\"trio\" type=\"button\" title=\"{}\">{}{}{}</button>",
                        escape_html(movie.movie), image_html(pictures.sum_jpeg, "sum"),
                        image_html(pictures.spectrum_jpeg, "power spectrum"), track.finish());
  } else {
    html += fmt::format("<p class=\"why\">{}</p>", escape_html(movie.movie));
  }
  if (const auto why = reasons(movie, doubts); !why.empty())
    html += fmt::format("<p class=\"why\">{}</p>", escape_html(why));
  return html + "</figure>\n";
}

std::string movie_row(const MovieReport& movie, const MovieDoubts& doubts) {
  const bool done = movie.status == MovieStatus::done;
  std::string html = fmt::format("<tr><td data-v=\"{0}\">{0}</td>", movie.order);
  html += number_cell(movie.tilt_angle_deg, 1);
  html += fmt::format("<td class=\"l n\">{}</td>", escape_html(movie.movie));
  if (!done)
    return html + fmt::format("<td class=\"b\" colspan=\"7\"></td><td class=\"l n\">{}</td></tr>\n",
                              escape_html(reasons(movie, doubts)));
  const auto& errors = movie.shift_error_A;
  const auto worst = std::max_element(errors.begin(), errors.end());
  html += number_cell(movie.total_motion_A, 1) + number_cell(movie.early_motion_A, 1) +
          number_cell(movie.late_motion_A, 1) +
          number_cell(worst == errors.end() ? MovieReport::unknown : *worst, 2) +
          number_cell(movie.local_rms_A, 2) + number_cell(movie.mean_counts_per_px, 3) +
          fmt::format("<td data-v=\"{}\">{}/{}</td>", movie.hot_pixels + movie.dead_pixels,
                      grouped(movie.hot_pixels), grouped(movie.dead_pixels));
  return html +
         fmt::format("<td class=\"l n\">{}</td></tr>\n", escape_html(reasons(movie, doubts)));
}

std::string movie_table(const SeriesReport& series, const SeriesSummary& summary) {
  std::string html =
      "<details><summary>Table of movies</summary><div class=\"wide\"><table class=\"sort\"><thead>"
      "<tr><th>No.</th><th>Tilt (°)</th><th class=\"l\">Movie</th><th>Motion (Å)</th>"
      "<th>Early (Å)</th><th>Late (Å)</th><th>Error (Å)</th><th>Local (Å)</th><th>Counts/px</th>"
      "<th>Hot/dead px</th><th class=\"l\">Remarks</th></tr></thead><tbody>\n";
  for (const auto i : by_tilt(series)) html += movie_row(series.movies[i], summary.doubts[i]);
  return html + "</tbody></table></div></details>\n";
}

std::string summary_line(const SeriesReport& series, const SeriesSummary& summary) {
  std::string html = escape_html(series.name) + "<span class=\"muted\">" +
                     counted(static_cast<int>(series.movies.size()), "movie");
  if (std::isfinite(summary.median_motion_A))
    html += ", median motion " + fixed(summary.median_motion_A, 1) + " Å";
  html += "</span>";
  if (summary.failed > 0)
    html += fmt::format("<span class=\"b\">✕ {} failed</span>", summary.failed);
  if (summary.skipped > 0)
    html += fmt::format("<span class=\"w\">– {} skipped</span>", summary.skipped);
  if (summary.doubtful > 0)
    html += fmt::format("<span class=\"w\">! {} worth a look</span>", summary.doubtful);
  return html;
}

// Where the pictures of the power spectra end: the same for all movies, or not said.
std::string spectrum_edge(const SeriesReport& series) {
  double edge_A = MovieReport::unknown;
  for (const auto& movie : series.movies) {
    if (!std::isfinite(movie.spectrum_edge_A)) continue;
    if (std::isfinite(edge_A) && std::abs(edge_A - movie.spectrum_edge_A) > 0.05) return {};
    edge_A = movie.spectrum_edge_A;
  }
  return std::isfinite(edge_A) ? fmt::format(" (edge at {} Å)", fixed(edge_A, 1)) : "";
}

// What a series shows when it is opened.
std::string inside(const SeriesReport& series, const SeriesSummary& summary,
                   std::span<const MoviePictures> pictures, std::size_t number) {
  std::string html = "<div class=\"inside\">\n";
  if (!series.warnings.empty()) {
    html += "<ul class=\"remarks\">";
    for (const auto& text : series.warnings)
      html +=
          fmt::format("<li>{}<div>{}</div></li>", tag(Remark::Kind::warning), escape_html(text));
    html += "</ul>\n";
  }
  const double tilt = summary.max_tilt_deg;
  html += "<div class=\"plots\">\n";
  html += plot_svg(drift_plot(series, summary), fmt::format("d{}", number), tilt);
  html += plot_svg(total_motion_plot(series, summary), fmt::format("t{}", number), tilt);
  if (has_counts(series))
    html += plot_svg(counts_plot(series, summary), fmt::format("n{}", number), tilt);
  html += fmt::format("</div>\n<h3>Every movie: sum, power spectrum{}, drift</h3>\n",
                      spectrum_edge(series));
  html += "<div class=\"cards\">\n";
  const double box_A = track_box_A(series);
  for (const auto i : by_tilt(series))
    html += card(series.movies[i], summary.doubts[i], pictures[i], tilt, box_A);
  return html + "</div>\n" + movie_table(series, summary) + "</div>";
}

std::string all_series(const MotionJobReport& report, const JobSummary& job,
                       std::span<const MoviePictures> pictures) {
  const std::size_t n = report.series.size();
  const bool later = build_later(n);
  std::string html = series_folds_begin(later);
  for (std::size_t i = 0; i < n; ++i) {
    const auto& series = report.series[i];
    const auto& summary = job.series[i];
    html += series_fold({i + 1, series.name, is_fine(series, summary), n <= series_opened,
                         summary_line(series, summary),
                         inside(series, summary, pictures.first(series.movies.size()), i + 1)},
                        later);
    pictures = pictures.subspan(series.movies.size());
  }
  return html;
}

constexpr const char* notes =
    "<p class=\"muted\">Drift is the specimen's, from the first frame on: minus the shifts in the "
    "STAR files; x to the right, y up. In the small plots the bar tells the scale; a red bar marks "
    "a scale of its own. Sums have row 0 of the file at the bottom. Click on a movie to enlarge "
    "it.</p>\n";

}  // namespace

std::string motion_html(const MotionJobReport& report) {
  const auto job = summarise(report);
  const auto face = face_of(job.outcome);
  const std::size_t text_size = static_cast<std::size_t>(job.movies) * bytes_of_a_movie;
  const std::size_t room = whole_budget > text_size ? whole_budget - text_size : 0;
  // In base64 three bytes become four.
  const auto pictures = fitted_pictures(report, std::max(room, least_for_pictures) * 3 / 4);

  std::string html = page_begin("Motion correction", job.verdict, face, report.version);
  html += remarks_html(job.remarks);
  html += "<h2>Tilt series</h2>\n";
  html += series_tools + series_table(report, job) + "<h2>Each tilt series</h2>\n" + notes;
  html += all_series(report, job, pictures);
  html += options_html(report.options);
  return html + page_end();
}

void write_motion_html(const std::filesystem::path& path, const MotionJobReport& report) {
  write_text_atomically(path, motion_html(report));
}

}  // namespace gimbal
