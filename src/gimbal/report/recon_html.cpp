// SPDX-License-Identifier: GPL-3.0-or-later
// report.html of a job of reconstruction: verdict, a table, then the slices of each tomogram.
#include "gimbal/io/file.h"
#include "gimbal/report/html_page.h"
#include "gimbal/report/recon_report_files.h"
#include "gimbal/report/report_pictures.h"
#include "gimbal/report/svg_canvas.h"
#include "gimbal/report/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace gimbal {
namespace {

constexpr std::size_t whole_budget = 28'000'000;  // bytes: mail and browsers still take it
constexpr std::size_t series_opened = 4;          // at most so many are open at first
constexpr double picture_width = 620.0;

bool is_fine(const SeriesTomogram& series) {
  return series.status == SeriesStatus::done;
}

const char* tag_of(SeriesStatus status) {
  return status == SeriesStatus::done     ? "<span class=\"tag g\">✓ Done</span>"
         : status == SeriesStatus::failed ? tag_failed
                                          : tag_skipped;
}

// Failed ones first.
std::vector<std::size_t> worst_first(const ReconJobReport& report) {
  std::vector<std::size_t> order(report.series.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto rank = [&](std::size_t i) {
    const auto status = report.series[i].status;
    return status == SeriesStatus::failed ? 0 : status == SeriesStatus::skipped ? 1 : 2;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  return order;
}

std::string series_table(const ReconJobReport& report, const std::vector<std::size_t>& order) {
  std::string html =
      "<div class=\"wide\"><table class=\"sort\"><thead><tr><th class=\"l\">Name</th>"
      "<th class=\"l\">State</th><th>Voxel (Å)</th><th>Depth (nm)</th><th>Tilts</th>"
      "<th class=\"l\">Remarks</th></tr></thead><tbody>\n";
  for (const auto i : order) {
    const auto& s = report.series[i];
    html += fmt::format(
        "<tr data-name=\"{0}\" data-ok=\"{1:d}\"><td class=\"l n\"><a href=\"#s{2}\">{0}</a></td>"
        "<td class=\"l\">{3}</td>",
        escape_html(s.name), is_fine(s), i + 1, tag_of(s.status));
    if (s.status == SeriesStatus::done)
      html += number_cell(s.facts.voxel_A, 2) + number_cell(0.1 * s.facts.nz * s.facts.voxel_A, 0) +
              number_cell(s.facts.n_tilts, 0);
    else
      html += "<td data-v=\"\"></td><td data-v=\"\"></td><td data-v=\"\"></td>";
    html += fmt::format("<td class=\"l n\">{}</td></tr>\n", escape_html(s.reason));
  }
  return html + "</tbody></table></div>\n";
}

std::string slices_html(const SlicePictures& pictures) {
  const double height = picture_width * slices_aspect(pictures);
  SvgCanvas canvas(picture_width, height, "", "central slices");
  draw_slices(canvas, {0.0, 0.0, picture_width, height}, pictures);
  return "<h3>Slices through the centre: x–y, below it x–z, beside it z–y</h3>\n"
         "<div class=\"looks\"><figure><button class=\"trio one\" type=\"button\" "
         "title=\"Central slices\">" +
         canvas.finish() + "</button></figure></div>\n";
}

std::string inside(const SeriesTomogram& series, const SlicePictures& pictures) {
  std::string html = "<div class=\"inside\">\n";
  if (!series.reason.empty())
    html += fmt::format("<ul class=\"remarks\"><li>{}<div>{}</div></li></ul>\n",
                        tag_of(series.status), escape_html(series.reason));
  if (series.status == SeriesStatus::done) {
    html += "<dl class=\"facts\">\n";
    for (const auto& [name, value] : facts_of(series.facts))
      html +=
          fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", escape_html(name), escape_html(value));
    html += "</dl>\n";
    if (!series.notes.empty()) {
      html += "<ul class=\"says\">\n";
      for (const auto& note : series.notes) html += "<li>" + escape_html(note) + "</li>\n";
      html += "</ul>\n";
    }
    if (!pictures.xy.empty()) html += slices_html(pictures);
  }
  return html + "</div>";
}

std::string summary_line(const SeriesTomogram& series) {
  std::string html = escape_html(series.name);
  if (series.status != SeriesStatus::done) return html + tag_of(series.status);
  const TomogramFacts& f = series.facts;
  return html +
         fmt::format("<span class=\"muted\">{} × {} × {} voxels of {} Å from {} tilts</span>", f.nx,
                     f.ny, f.nz, fixed(f.voxel_A, 2), f.n_tilts);
}

std::string all_series(const ReconJobReport& report, const std::vector<std::size_t>& order,
                       const std::vector<SlicePictures>& pictures) {
  const bool later = build_later(order.size());
  std::string html = series_folds_begin(later);
  for (std::size_t k = 0; k < order.size(); ++k) {
    const std::size_t i = order[k];
    const auto& series = report.series[i];
    html += series_fold({i + 1, series.name, is_fine(series), k < series_opened && !later,
                         summary_line(series), inside(series, pictures[i])},
                        later);
  }
  return html;
}

PageFace face_of(const ReconJobReport& report) {
  const auto any = [&](SeriesStatus status) {
    return std::any_of(report.series.begin(), report.series.end(),
                       [&](const SeriesTomogram& series) { return series.status == status; });
  };
  if (any(SeriesStatus::failed) || report.series.empty()) return face_bad;
  return any(SeriesStatus::skipped) || !report.warnings.empty() ? face_look : face_good;
}

constexpr const char* notes =
    "<p class=\"muted\">Each slice is the mean over some 50 Å of depth; dense matter is dark. y is "
    "up in x–y, z is up in x–z and to the right in z–y. Details that are drawn out along z are the "
    "missing wedge. Click on a picture to enlarge it.</p>\n";

}  // namespace

std::string recon_html(const ReconJobReport& report) {
  const auto order = worst_first(report);
  // In base64 three bytes become four.
  const auto pictures = fitted_pictures(report, whole_budget * 3 / 4);
  std::string html =
      page_begin("Reconstruction", job_sentence(report), face_of(report), report.version);
  html += warnings_html(report.warnings);
  html += "<h2>Tomograms</h2>\n";
  html += series_tools + series_table(report, order) + "<h2>Each tomogram</h2>\n" + notes;
  html += all_series(report, order, pictures);
  html += options_html(report.options);
  return html + page_end();
}

void write_recon_html(const std::filesystem::path& path, const ReconJobReport& report) {
  write_text_atomically(path, recon_html(report));
}

}  // namespace gimbal
