// SPDX-License-Identifier: GPL-3.0-or-later
// report.html of a job of alignment: verdict, the series worst first, then each of them.
#include "gimbal/core/error.h"
#include "gimbal/data/alignment_star.h"
#include "gimbal/io/file.h"
#include "gimbal/report/align_digest.h"
#include "gimbal/report/align_plots.h"
#include "gimbal/report/align_report_files.h"
#include "gimbal/report/html_page.h"
#include "gimbal/report/motion_plots.h"
#include "gimbal/report/report_pictures.h"
#include "gimbal/report/svg_canvas.h"
#include "gimbal/report/text.h"

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

constexpr std::size_t whole_budget = 28'000'000;  // bytes: mail and browsers still take it
constexpr std::size_t bytes_of_a_tilt = 1'500, bytes_of_tracks = 120'000;  // of plots and tables
constexpr std::size_t least_for_pictures = 6'000'000;
constexpr std::size_t series_opened = 2;  // at most so many are open at first
constexpr double plot_width = 400.0, plot_height = 270.0, field_height = 400.0,
                 picture_side = 220.0, slices_width = 420.0;

struct Look {
  PageFace face;
  const char* cell;  // class of what is small
};

Look look_of(Standing standing) {
  switch (standing) {
    case Standing::pass:
      return {face_good, "g"};
    case Standing::warn:
      return {face_look, "w"};
    case Standing::skipped:
      return {{"look", "–"}, "w"};
    case Standing::fail:
    case Standing::not_aligned:
      break;
  }
  return {face_bad, "b"};
}

std::string verdict_words(Standing standing) {
  return fmt::format("{} {}", look_of(standing).face.icon, word_of(standing));
}

bool is_fine(const SeriesAlignment& series) {
  return standing_of(series) == Standing::pass && series.problems.empty();
}

// The first thing to know besides the verdict.
std::string first_words(const SeriesAlignment& series) {
  if (series.status != SeriesStatus::done) return series.reason;
  if (!series.problems.empty()) return series.problems.front();
  return standing_of(series) != Standing::pass && !series.alignment.notes.empty()
             ? typeset(series.alignment.notes.front())
             : "";
}

std::string series_row(const SeriesAlignment& series, std::size_t number) {
  const auto standing = standing_of(series);
  const auto name = escape_html(series.name);
  std::string html = fmt::format(
      "<tr data-name=\"{0}\" data-ok=\"{1:d}\"><td class=\"l n\"><a href=\"#s{2}\">{0}</a></td>"
      "<td class=\"{3}\" data-v=\"{4}\">{5}</td>",
      name, is_fine(series), number, look_of(standing).cell, static_cast<int>(standing),
      verdict_words(standing));
  if (series.status != SeriesStatus::done)
    return html + fmt::format(
                      "<td data-v=\"\"></td><td data-v=\"\"></td><td data-v=\"\"></td>"
                      "<td data-v=\"\"></td><td class=\"l\"></td><td class=\"l n\">{}</td>"
                      "</tr>\n",
                      escape_html(first_words(series)));
  const auto figures = figures_of(series.alignment);
  html += number_cell(figures.score, 2) + number_cell(figures.leave_out_A, 2) +
          number_cell(figures.residual_A, 2);
  html +=
      fmt::format("<td{} data-v=\"{}\">{} of {}</td>", figures.excluded > 0 ? " class=\"w\"" : "",
                  figures.excluded, figures.used, figures.used + figures.excluded);
  return html + fmt::format("<td class=\"l\">{}</td><td class=\"l n\">{}</td></tr>\n",
                            escape_html(series.alignment.method), escape_html(first_words(series)));
}

std::string series_table(const AlignJobReport& report, const std::vector<std::size_t>& order) {
  std::string html =
      "<div class=\"wide\"><table class=\"sort\"><thead><tr><th class=\"l\">Name</th>"
      "<th>Verdict</th><th>Score</th><th>Leave-out error (Å)</th><th>Residual (Å)</th>"
      "<th>Tilts used</th><th class=\"l\">Method</th><th class=\"l\">Remarks</th></tr></thead>"
      "<tbody>\n";
  for (const auto i : order) html += series_row(report.series[i], i + 1);
  return html + "</tbody></table></div>\n";
}

std::string summary_line(const SeriesAlignment& series) {
  const auto standing = standing_of(series);
  std::string html = fmt::format("{}<span class=\"{}\"><b>{}</b></span>", escape_html(series.name),
                                 look_of(standing).cell, verdict_words(standing));
  if (series.status != SeriesStatus::done) return html;
  const auto figures = figures_of(series.alignment);
  std::string text;
  const auto add = [&](const char* name, double value, const char* unit) {
    if (std::isfinite(value)) text += fmt::format("{} {}{}, ", name, fixed(value, 2), unit);
  };
  add("score", figures.score, "");
  add("leave-out error", figures.leave_out_A, " Å");
  add("residual", figures.residual_A, " Å");
  text += fmt::format("{} of {} tilts by {}", figures.used, series.alignment.tilts.size(),
                      escape_html(series.alignment.method));
  return html + "<span class=\"muted\">" + text + "</span>";
}

std::string remarks(const SeriesAlignment& series) {
  std::string html;
  const auto add = [&](const char* tag, const std::string& text) {
    html += fmt::format("<li>{}<div>{}</div></li>\n", tag, escape_html(text));
  };
  if (!series.reason.empty())
    add(series.status == SeriesStatus::failed ? tag_failed : tag_skipped, series.reason);
  for (const auto& text : series.problems) add(tag_warning, text);
  for (const auto i : by_angle(series.alignment)) {
    const auto& tilt = series.alignment.tilts[i];
    if (tilt.state == TiltState::excluded)
      add("<span class=\"tag w\">✕ Excluded</span>", tilt_label(tilt));
    else if (!tilt.reason.empty())
      add("<span class=\"tag w\">! Doubted</span>", tilt_label(tilt));
  }
  return html.empty() ? "" : "<ul class=\"remarks\">\n" + html + "</ul>\n";
}

std::string facts(const Alignment& alignment) {
  std::string html = "<dl class=\"facts\">\n";
  for (const auto& [name, value] : facts_of(alignment))
    html +=
        fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", escape_html(name), escape_html(value));
  html += "</dl>\n";
  if (alignment.notes.empty()) return html;
  html += "<ul class=\"says\">\n";
  for (const auto& note : alignment.notes) html += "<li>" + escape_html(typeset(note)) + "</li>\n";
  return html + "</ul>\n";
}

std::string figure(const std::string& title, const std::string& inside) {
  return fmt::format(
      "<figure><figcaption><b>{}</b></figcaption><button class=\"trio one\" type=\"button\" "
      "title=\"{}\">{}</button></figure>\n",
      title, title, inside);
}

std::string slices_svg(const SlicePictures& pictures, const char* label) {
  const double height = slices_width * slices_aspect(pictures);
  SvgCanvas canvas(slices_width, height, "", label);
  draw_slices(canvas, {0.0, 0.0, slices_width, height}, pictures);
  return canvas.finish();
}

std::string looks(const Alignment& a, const AlignPictures& pictures) {
  std::string html;
  if (!pictures.after.xy.empty()) {
    const Vec3 at = a.pixel_A * pictures.slices_at_px;
    html += fmt::format(
        "<h3>Slices through the specimen at x = {}, y = {}, z = {} Å: x–y, below it x–z, beside it "
        "z–y</h3>\n<div class=\"looks two\">",
        fixed_text(at.x, 0), fixed_text(at.y, 0), fixed_text(at.z, 0));
    html += figure("Before: metadata alone",
                   slices_svg(pictures.before, "slices before the alignment"));
    html += figure("After: aligned", slices_svg(pictures.after, "slices, aligned"));
    html += "</div>\n";
  }
  if (pictures.tilts.empty() || pictures.covered_px.nx < 1) return html;
  html += fmt::format("<h3>Tilts{}</h3>\n<div class=\"looks five\">",
                      a.tracks.empty() ? "" : ", with a ring where each track is expected");
  const double height =
      std::min(3.0 * picture_side, picture_side * pictures.covered_px.ny / pictures.covered_px.nx);
  for (const auto& picture : pictures.tilts) {
    SvgCanvas canvas(picture_side, height, "", "tilt");
    draw_tilt_picture(canvas, {0.0, 0.0, picture_side, height}, a, pictures, picture);
    html += figure(angle_text(a.tilts[static_cast<std::size_t>(picture.tilt)].nominal_tilt_deg),
                   canvas.finish());
  }
  return html + "</div>\n";
}

std::string plots(const Alignment& alignment, std::size_t number) {
  std::string html = "<div class=\"plots\">\n";
  std::size_t k = 0;
  for (const auto& plot : align_plots(alignment)) {
    const double height = plot.equal_scales ? field_height : plot_height;
    SvgCanvas canvas(plot_width, height, fmt::format("p{}x{}", number, k++), plot.title);
    draw_plot(canvas, {0.0, 0.0, plot_width, height - (plot.equal_scales ? 16.0 : 0.0)}, plot);
    if (plot.equal_scales)
      draw_tilt_colours(canvas, {0.2 * plot_width, height - 12.0, 0.7 * plot_width, 6.0},
                        max_tilt_deg(alignment));
    html += canvas.finish();
  }
  return html + "</div>\n";
}

// "000004@TS_01.mrc": without the folder, which all share.
std::string image_name(const std::string& key) {
  const auto at = key.find('@');
  const auto section = at == std::string::npos ? 0 : at + 1;
  const auto slash = key.rfind('/');
  return slash == std::string::npos || slash < section
             ? key
             : key.substr(0, section) + key.substr(slash + 1);
}

std::string tilt_row(const Alignment& a, const AlignedTilt& tilt, bool has_remarks) {
  std::string html = number_cell(tilt.nominal_tilt_deg, 1);
  html += fmt::format("<td class=\"l\" title=\"{}\">{}</td>", escape_html(tilt.key),
                      escape_html(shortened(image_name(printable(tilt.key)), 36)));
  if (tilt.state == TiltState::excluded)
    return "<tr>" + html +
           fmt::format(
               "<td class=\"b\">excluded</td><td colspan=\"7\"></td><td class=\"l n\">{}"
               "</td></tr>\n",
               escape_html(tilt.reason));
  const auto& p = tilt.projection;
  html += "<td>used</td>";
  html += number_cell(p.shift_px.x * a.pixel_A, 2) + number_cell(p.shift_px.y * a.pixel_A, 2) +
          number_cell(length(tilt.standard_error.shift_px) * a.pixel_A, 2) +
          number_cell(p.z_rot_deg, 2) + number_cell(p.y_tilt_deg, 2) + number_cell(tilt.score, 2) +
          number_cell(a.tracks.empty() ? std::nan("") : tilt.residual_px * a.pixel_A, 2);
  if (has_remarks) html += fmt::format("<td class=\"l n\">{}</td>", escape_html(tilt.reason));
  return "<tr>" + html + "</tr>\n";
}

std::string tilt_table(const Alignment& alignment) {
  const bool has_remarks =
      std::any_of(alignment.tilts.begin(), alignment.tilts.end(), [](const AlignedTilt& tilt) {
        return tilt.state == TiltState::excluded || !tilt.reason.empty();
      });
  std::string html =
      "<details><summary>Table of tilts</summary><div class=\"wide\"><table class=\"sort\"><thead>"
      "<tr><th>Tilt (°)</th><th class=\"l\">Image</th><th>State</th><th>X shift (Å)</th>"
      "<th>Y shift (Å)</th><th>Std. error (Å)</th><th>Axis (°)</th><th>Angle (°)</th><th>Score</th>"
      "<th>Residual (Å)</th>";
  if (has_remarks) html += "<th class=\"l\">Remarks</th>";
  html += "</tr></thead><tbody>\n";
  for (const auto i : by_angle(alignment))
    html += tilt_row(alignment, alignment.tilts[i], has_remarks);
  return html + "</tbody></table></div></details>\n";
}

std::string inside(const SeriesAlignment& series, const AlignPictures& pictures,
                   std::size_t number) {
  std::string html = "<div class=\"inside\">\n";
  if (series.status != SeriesStatus::done) return html + remarks(series) + "</div>";
  return html + facts(series.alignment) + looks(series.alignment, pictures) + remarks(series) +
         plots(series.alignment, number) + tilt_table(series.alignment) + "</div>";
}

std::string all_series(const AlignJobReport& report, const std::vector<std::size_t>& order,
                       const std::vector<AlignPictures>& pictures) {
  const bool later = build_later(order.size());
  std::string html = series_folds_begin(later);
  for (std::size_t k = 0; k < order.size(); ++k) {
    const std::size_t i = order[k];
    const auto& series = report.series[i];
    html += series_fold({i + 1, series.name, is_fine(series), k < series_opened,
                         summary_line(series), inside(series, pictures[i], i + 1)},
                        later);
  }
  return html;
}

std::size_t room_for_pictures(const AlignJobReport& report) {
  std::size_t text = 0;
  for (const auto& series : report.series)
    text += series.alignment.tilts.size() * bytes_of_a_tilt +
            (series.alignment.tracks.empty() ? 0 : bytes_of_tracks);
  return std::max(whole_budget > text ? whole_budget - text : 0, least_for_pictures);
}

constexpr const char* notes =
    "<p class=\"muted\">Pictures have row 0 of the file at the bottom. Slices before and after "
    "have "
    "the same grey scale; in the aligned ones, details should be compact, not streaks or rows of "
    "copies, and x–z and z–y show where the specimen ends. "
    "Shifts move the specimen's centre from the image's centre, as in the STAR files; bars are "
    "standard errors. Click on a picture to enlarge it.</p>\n";

}  // namespace

std::string align_html(const AlignJobReport& report) {
  const auto order = worst_first(report);
  // In base64 three bytes become four.
  const auto pictures = fitted_pictures(report, room_for_pictures(report) * 3 / 4);
  std::string html = page_begin("Tilt-series alignment", job_sentence(report),
                                look_of(worst_of(report)).face, report.version);
  html += warnings_html(report.warnings);
  html += "<h2>Tilt series</h2>\n";
  html += series_tools + series_table(report, order) + "<h2>Each tilt series</h2>\n" + notes;
  html += all_series(report, order, pictures);
  html += options_html(report.options);
  return html + page_end();
}

void write_align_html(const std::filesystem::path& path, const AlignJobReport& report) {
  write_text_atomically(path, align_html(report));
}

}  // namespace gimbal
