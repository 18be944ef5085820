// SPDX-License-Identifier: GPL-3.0-or-later
// The report on a project: its series worst first, each from movies to tomogram, then its jobs.
#include "gimbal/io/file.h"
#include "gimbal/report/exclude_sheet.h"
#include "gimbal/report/html_page.h"
#include "gimbal/report/motion_plots.h"
#include "gimbal/report/project.h"
#include "gimbal/report/report_pictures.h"
#include "gimbal/report/svg_canvas.h"
#include "gimbal/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

constexpr std::size_t picture_budget = 18'000'000;  // bytes, all pictures together
constexpr std::size_t remarks_shown = 8;            // of one job about one series
constexpr double plot_width = 400.0, plot_height = 240.0;

struct Look {
  PageFace face;
  const char* cell;  // class of what is small
  const char* word;
};

Look look_of(ProjectStanding standing) {
  switch (standing) {
    case ProjectStanding::fine:
      return {face_good, "g", "well"};
    case ProjectStanding::unjudged:
      return {{"look", "–"}, "", "not judged"};
    case ProjectStanding::behind:
      return {{"look", "–"}, "w", "behind"};
    case ProjectStanding::warn:
      return {face_look, "w", "look"};
    case ProjectStanding::fail:
      return {face_bad, "b", "doubtful"};
    case ProjectStanding::failed:
      break;
  }
  return {face_bad, "b", "failed"};
}

PageFace face_of(const ProjectReport& report) {
  auto worst = ProjectStanding::fine;
  for (const auto& series : report.series) worst = std::min(worst, report.standing(series));
  return look_of(worst).face;
}

std::string first_remark(const ProjectSeries& series) {
  for (const bool failures : {true, false})
    for (std::size_t i = 0; i < n_stages; ++i)
      if (const auto& stage = series.stages[i];
          stage && stage->failed == failures && !stage->remarks.empty())
        return fmt::format("{}: {}", name_of(static_cast<Stage>(i)), stage->remarks.front());
  if (series.newer)
    return series.newer->result.failed && !series.newer->result.remarks.empty()
               ? "Newer alignment: " + series.newer->result.remarks.front()
               : "The tomogram is of an older alignment than the newest";
  return {};
}

int tilts_at(const ProjectSeries& series, bool last) {
  int tilts = 0;
  for (const auto& stage : series.stages)
    if (stage && stage->tilts > 0 && (last || tilts == 0)) tilts = stage->tilts;
  return tilts;
}

std::string text_cell(const std::string& text, const char* css = "") {
  return fmt::format("<td class=\"l{}\">{}</td>", css, escape_html(text));
}

std::string series_row(const ProjectReport& report, const ProjectSeries& series, std::size_t number,
                       bool has_ctf) {
  const auto standing = report.standing(series);
  const auto look = look_of(standing);
  const auto reached = series.reached();
  const int given = tilts_at(series, false), used = tilts_at(series, true);
  const int excluded = excluded_tilts(series.tilts);
  std::string html = fmt::format(
      "<tr data-name=\"{0}\" data-ok=\"{1:d}\"><td class=\"l\"><a href=\"#s{2}\">{0}</a></td>"
      "<td class=\"{3}\" data-v=\"{4}\">{5} {6}</td><td class=\"l\">{7}</td>"
      "<td data-v=\"{8}\">{8} of {9}</td>",
      escape_html(series.name), standing >= ProjectStanding::unjudged, number, look.cell,
      static_cast<int>(standing), look.face.icon, look.word, reached ? name_of(*reached) : "–",
      used, given);
  html += number_cell(series.median_motion_A, 1);
  html += fmt::format("<td{} data-v=\"{}\">{}</td>", excluded > 0 ? " class=\"w\"" : "", excluded,
                      excluded);
  if (has_ctf) html += number_cell(series.ctf_A, 1);
  const char* verdict_css = series.alignment.verdict == "pass"   ? " g"
                            : series.alignment.verdict == "warn" ? " w"
                            : series.alignment.verdict == "fail" ? " b"
                                                                 : "";
  const auto said = !series.alignment.verdict.empty()    ? series.alignment.verdict
                    : !series.alignment.method.empty()   ? series.alignment.method
                    : series.at(Stage::align) != nullptr ? "no verdict"
                                                         : "";
  html += text_cell(said, verdict_css);
  html += number_cell(series.alignment.score, 2) + number_cell(series.alignment.leave_out_A, 2);
  html += number_cell(series.tomogram.empty() ? ProjectSeries::unknown : series.tomogram_A, 2);
  // In full it stands below, with the series.
  return html +
         fmt::format("<td class=\"l n\"><div class=\"clip\" title=\"{0}\">{0}</div></td></tr>\n",
                     escape_html(first_remark(series)));
}

std::string series_table(const ProjectReport& report, const std::vector<std::size_t>& order) {
  const bool has_ctf =
      std::any_of(report.series.begin(), report.series.end(),
                  [](const ProjectSeries& series) { return std::isfinite(series.ctf_A); });
  std::string html = fmt::format(
      "<div class=\"wide\"><table class=\"sort\"><thead><tr><th class=\"l\">Name</th>"
      "<th>Standing</th><th class=\"l\">Reached</th><th>Tilts</th><th>Motion (Å)</th>"
      "<th>Excluded</th>{}<th class=\"l\">Alignment</th><th>Score</th>"
      "<th>Leave-out (Å)</th><th>Tomogram (Å/px)</th><th "
      "class=\"l\">Remarks</th></tr></thead>"
      "<tbody>\n",
      has_ctf ? "<th>CTF (Å)</th>" : "");
  for (const auto i : order) html += series_row(report, report.series[i], i + 1, has_ctf);
  return html + "</tbody></table></div>\n";
}

// A path as a link: names may hold what has a meaning in links.
std::string link_text(const std::string& path) {
  std::string text;
  for (const char c : path)
    if (c == '%' || c == '#' || c == '?' || c == ' ' || c == ':')
      text += fmt::format("%{:02X}", static_cast<int>(c));
    else
      text += c;
  return escape_html(text);
}

std::string job_link(const ProjectReport& report, const ProjectJob& job, std::size_t in_report) {
  const auto folder = escape_html(job.folder);
  if (!job.has_report) return folder;
  return fmt::format("<a href=\"{}/report.html{}\">{}</a>",
                     link_text(report.link_prefix + job.folder),
                     in_report > 0 ? fmt::format("#s{}", in_report) : "", folder);
}

std::string alignment_text(const StageResult& result, const AlignmentFigures& figures) {
  std::string text = counted(result.tilts, "tilt");
  if (!figures.verdict.empty()) text += ", " + escape_html(figures.verdict);
  if (!figures.method.empty()) text += " by " + escape_html(figures.method);
  const auto add = [&](const char* name, double value, int digits, const char* unit) {
    if (std::isfinite(value)) text += fmt::format(", {} {}{}", name, fixed(value, digits), unit);
  };
  add("score", figures.score, 2, "");
  add("residual", figures.residual_A, 2, " Å");
  add("leave-out error", figures.leave_out_A, 2, " Å");
  return text;
}

std::string way_box(const ProjectReport& report, const char* name, const StageResult& result,
                    const std::string& text) {
  return fmt::format("<li{}><b>{}</b><span>{}</span><small>{}</small></li>\n",
                     result.failed             ? " class=\"f\""
                     : !result.remarks.empty() ? " class=\"w\""
                                               : "",
                     name, result.failed ? "failed" : text,
                     job_link(report, report.jobs[result.job], result.in_report));
}

// The way of the series: one box for each stage.
std::string way(const ProjectReport& report, const ProjectSeries& series) {
  std::string html = "<ol class=\"way\">\n";
  for (std::size_t i = 0; i < n_stages; ++i) {
    const auto stage = static_cast<Stage>(i);
    const auto& result = series.stages[i];
    if (!result) continue;
    std::string text = counted(result->tilts, "tilt");
    const auto add = [&](const char* name, double value, int digits, const char* unit) {
      if (std::isfinite(value)) text += fmt::format(", {} {}{}", name, fixed(value, digits), unit);
    };
    if (stage == Stage::motion) add("median motion", series.median_motion_A, 1, " Å");
    if (stage == Stage::ctf) add("fits to", series.ctf_A, 1, " Å");
    if (stage == Stage::align) text = alignment_text(*result, series.alignment);
    if (stage == Stage::reconstruct && series.tomogram_px[0] > 0)
      text = fmt::format("{} × {} × {} px of {} Å", series.tomogram_px[0], series.tomogram_px[1],
                         series.tomogram_px[2], fixed(series.tomogram_A, 2));
    const bool is_other = stage == Stage::align && series.tomogram_of_another;
    const bool is_used = stage == Stage::align && series.newer.has_value();
    html += way_box(report,
                    is_other  ? "Alignment (not the tomogram's)"
                    : is_used ? "Alignment of the tomogram"
                              : name_of(stage),
                    *result, text);
    if (is_used)
      html += way_box(report, "Newer alignment, without tomogram", series.newer->result,
                      alignment_text(series.newer->result, series.newer->figures));
  }
  return html + "</ol>\n";
}

std::string remarks_of(const StageResult& result, const char* stage) {
  std::string html;
  for (std::size_t k = 0; k < std::min(result.remarks.size(), remarks_shown); ++k)
    html += fmt::format("<li>{}<div>{}<small>{}</small></div></li>\n",
                        result.failed ? tag_failed : tag_warning, escape_html(result.remarks[k]),
                        stage);
  if (result.remarks.size() > remarks_shown)
    html += fmt::format("<li><span></span><div>and {} more: see the job's report</div></li>\n",
                        result.remarks.size() - remarks_shown);
  return html;
}

std::string remarks(const ProjectSeries& series) {
  std::string html;
  for (std::size_t i = 0; i < n_stages; ++i)
    if (const auto& stage = series.stages[i])
      html += remarks_of(*stage, name_of(static_cast<Stage>(i)));
  if (series.newer) html += remarks_of(series.newer->result, "Newer alignment");
  return html.empty() ? "" : "<ul class=\"remarks\">\n" + html + "</ul>\n";
}

std::string figure(const std::string& title, const std::string& jpeg) {
  if (jpeg.empty()) return {};
  return fmt::format(
      "<figure><figcaption><b>{}</b></figcaption><button class=\"trio one\" type=\"button\" "
      "title=\"{}\">{}</button></figure>\n",
      title, title, image_html(jpeg, "picture"));
}

constexpr std::size_t pictures_each = 5;

std::string inside(const ProjectReport& report, const ProjectSeries& series,
                   const std::string* pictures, std::size_t number) {
  std::string html = "<div class=\"inside\">\n" + way(report, series) + remarks(series);
  html += "<div class=\"looks five\">\n";
  html += figure("Tilt at " + angle_text(series.shown_deg), pictures[0]);
  html += figure("Slice before alignment", pictures[1]) + figure("Slice, aligned", pictures[2]);
  html += figure("Tomogram, along z", pictures[3]) + figure("Tomogram, along y", pictures[4]);
  html += "</div>\n<div class=\"plots\">\n";
  std::size_t k = 0;
  for (const auto& plot : exclude_plots(series.tilts)) {
    SvgCanvas canvas(plot_width, plot_height, fmt::format("j{}x{}", number, k++), plot.title);
    draw_plot(canvas, {0.0, 0.0, plot_width, plot_height}, plot);
    html += canvas.finish();
  }
  return html + "</div>\n</div>";
}

std::string summary_line(const ProjectReport& report, const ProjectSeries& series) {
  const auto look = look_of(report.standing(series));
  const auto reached = series.reached();
  return fmt::format("{}<span class=\"{}\"><b>{} {}</b></span><span class=\"muted\">{}</span>",
                     escape_html(series.name), look.cell, look.face.icon, look.word,
                     reached ? fmt::format("reached: {}", name_of(*reached)) : "");
}

std::string all_series(const ProjectReport& report, const std::vector<std::size_t>& order) {
  std::vector<std::string> pictures;
  for (const auto& series : report.series)
    for (const auto* jpeg : {&series.tilt_jpeg, &series.slice_before, &series.slice_after,
                             &series.tomogram_xy, &series.tomogram_xz})
      pictures.push_back(*jpeg);
  pictures = fitted_pictures(std::move(pictures), picture_budget);
  const bool later = build_later(order.size());
  std::string html = series_folds_begin(later);
  for (std::size_t k = 0; k < order.size(); ++k) {
    const auto& series = report.series[order[k]];
    html += series_fold(
        {order[k] + 1, series.name, report.standing(series) == ProjectStanding::fine, k < 2,
         summary_line(report, series),
         inside(report, series, pictures.data() + pictures_each * order[k], order[k] + 1)},
        later);
  }
  return html;
}

std::string jobs_table(const ProjectReport& report) {
  std::string html =
      "<h2>Jobs</h2>\n<div class=\"wide\"><table class=\"sort\"><thead><tr><th "
      "class=\"l\">Folder</th>"
      "<th class=\"l\">Step</th><th class=\"l\">By</th><th class=\"l\">Outcome</th>"
      "<th>Tilt series</th></tr></thead><tbody>\n";
  for (const auto& job : report.jobs)
    html += fmt::format(
        "<tr><td class=\"l n\">{}</td><td class=\"l\">{}</td><td class=\"l\">{}</td>"
        "<td class=\"l{}\">{}</td><td data-v=\"{}\">{}</td></tr>\n",
        job_link(report, job, 0), name_of(job.stage), escape_html(job.program),
        job.outcome == "failed"    ? " b"
        : job.outcome == "stopped" ? " w"
                                   : "",
        job.outcome.empty() ? "–" : job.outcome, job.n_series, job.n_series);
  return html + "</tbody></table></div>\n";
}

constexpr const char* notes =
    "<p class=\"muted\">Of each step, the newest job that has the series; but the alignment that "
    "the "
    "tomogram was made from, and a newer one beside it. Links lead to the jobs' "
    "own reports. Pictures have y up (along y: z up); click on one to enlarge it.</p>\n";

}  // namespace

std::string project_html(const ProjectReport& report) {
  const auto order = worst_first(report);
  std::string html = page_begin("Project " + printable(report.name), project_sentence(report),
                                face_of(report), report.version);
  html += warnings_html(report.warnings);
  html += "<h2>Tilt series</h2>\n";
  html += series_tools + series_table(report, order) + "<h2>Each tilt series</h2>\n" + notes;
  html += all_series(report, order);
  html += jobs_table(report);
  return html + page_end();
}

void write_project_html(const std::filesystem::path& path, const ProjectReport& report) {
  write_text_atomically(path, project_html(report));
}

}  // namespace gimbal
