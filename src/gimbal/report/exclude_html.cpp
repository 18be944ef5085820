// SPDX-License-Identifier: GPL-3.0-or-later
// report.html of a job that selects tilts: the series, and the contact sheet of each, where a click
// makes the command for the next run.
#include "gimbal/io/file.h"
#include "gimbal/report/exclude_report_files.h"
#include "gimbal/report/exclude_sheet.h"
#include "gimbal/report/html_page.h"
#include "gimbal/report/motion_plots.h"
#include "gimbal/report/report_pictures.h"
#include "gimbal/report/svg_canvas.h"
#include "gimbal/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

namespace gimbal {
namespace {

constexpr std::size_t whole_budget = 28'000'000;  // bytes: mail and browsers still take it
constexpr std::size_t bytes_of_a_tilt = 1'600;    // without its picture
constexpr std::size_t least_for_pictures = 6'000'000;
constexpr std::size_t series_opened = 2;
constexpr double plot_width = 400.0, plot_height = 240.0;

// What the page needs to make a command: the numbers whose boxes the reader has changed.
constexpr const char* script = R"js(
(()=>{const box=document.getElementById('again');if(!box)return;
const changed=new Map();
const quoted=t=>/^[\w@%+=:,.\/*-]+$/.test(t)?t:"'"+t.replaceAll("'","'\\''")+"'";
const ranges=list=>{const n=[...list].sort((a,b)=>a-b),out=[];
  for(let i=0;i<n.length;){let k=i;while(k+1<n.length&&n[k+1]===n[k]+1)k++;
    out.push(k>i+1?n[i]+'-'+n[k]:n.slice(i,k+1).join(','));i=k+1}
  return out.join(',')};
const text=(given,out)=>{const parts=given?[given]:[];
  for(const[name,tilts]of changed){const n=[...tilts].filter(([,o])=>o===out).map(([k])=>k);
    if(n.length)parts.push(name+':'+ranges(n))}
  return parts.join('; ')};
addEventListener('change',e=>{const b=e.target;const f=b.closest('figure');
  if(!f||b.dataset.n===undefined)return;
  const tilts=changed.get(b.dataset.s)||changed.set(b.dataset.s,new Map()).get(b.dataset.s);
  if(b.checked===(b.dataset.was==='1'))tilts.delete(+b.dataset.n);else tilts.set(+b.dataset.n,b.checked);
  f.querySelector('.trio').classList.toggle('crossed',b.checked);
  const d=box.dataset,out=text(d.tilts,true),keep=text(d.keep,false);
  let n=0;for(const t of changed.values())n+=t.size;
  box.hidden=n===0;
  box.querySelector('b').textContent=n===1?'1 change.':n+' changes.';
  box.querySelector('textarea').value=d.command+(out?' --tilts '+quoted(out):'')+(keep?' --keep '+quoted(keep):'')});
box.querySelector('button').onclick=()=>{const t=box.querySelector('textarea');t.select();
  if(navigator.clipboard)navigator.clipboard.writeText(t.value);else document.execCommand('copy')};
})();
)js";

PageFace face_of(const ExcludeJobReport& report) {
  bool trouble = !report.warnings.empty();
  for (const auto& series : report.series) {
    if (series.status == SeriesStatus::failed) return face_bad;
    trouble = trouble || series.status != SeriesStatus::done || !series.problems.empty() ||
              excluded_tilts(series) == static_cast<int>(series.tilts.size());
  }
  return trouble ? face_look : face_good;
}

bool is_fine(const SeriesExclusion& series) {
  return series.status == SeriesStatus::done && series.problems.empty() &&
         excluded_tilts(series) == 0;
}

// "−60.0° to +57.0°" of the tilts that are kept.
std::string kept_range(const SeriesExclusion& series) {
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (const auto& tilt : series.tilts)
    if (!tilt.excluded && std::isfinite(tilt.nominal_tilt_deg))
      low = std::min(low, tilt.nominal_tilt_deg), high = std::max(high, tilt.nominal_tilt_deg);
  return low > high ? "–" : angle_text(low) + " to " + angle_text(high);
}

// The kinds of reasons, without their numbers, and how many tilts each has.
std::string kinds_of_reasons(const SeriesExclusion& series) {
  std::vector<std::pair<std::string, int>> kinds;
  for (const auto& tilt : series.tilts) {
    if (!tilt.excluded) continue;
    auto kind = tilt.reason.substr(0, tilt.reason.find_first_of(":,0123456789"));
    while (kind.ends_with(' ')) kind.pop_back();
    const auto found = std::find_if(kinds.begin(), kinds.end(),
                                    [&](const auto& entry) { return entry.first == kind; });
    if (found == kinds.end())
      kinds.emplace_back(kind, 1);
    else
      ++found->second;
  }
  std::string text;
  for (const auto& [kind, n] : kinds)
    text +=
        fmt::format("{}{}{}", text.empty() ? "" : "; ", kind, n > 1 ? fmt::format(" ({})", n) : "");
  return text;
}

std::string series_table(const ExcludeJobReport& report, const std::vector<std::size_t>& order) {
  std::string html =
      "<div class=\"wide\"><table class=\"sort\"><thead><tr><th class=\"l\">Name</th>"
      "<th>Tilts</th><th>Excluded</th><th>Kept</th><th class=\"l\">Kept angles</th>"
      "<th class=\"l\">Why</th></tr></thead><tbody>\n";
  for (const auto i : order) {
    const auto& series = report.series[i];
    const int n = static_cast<int>(series.tilts.size()), out = excluded_tilts(series);
    const auto why = series.status != SeriesStatus::done ? series.reason
                     : !series.problems.empty()          ? series.problems.front()
                                                         : kinds_of_reasons(series);
    html += fmt::format(
        "<tr data-name=\"{0}\" data-ok=\"{1:d}\"><td class=\"l n\"><a href=\"#s{2}\">{0}</a></td>"
        "<td data-v=\"{3}\">{3}</td><td{4} data-v=\"{5}\">{5}</td><td{6} data-v=\"{7}\">{7}</td>"
        "<td class=\"l\">{8}</td><td class=\"l n\">{9}</td></tr>\n",
        escape_html(series.name), is_fine(series), i + 1, n, out > 0 ? " class=\"w\"" : "", out,
        n == out ? " class=\"b\"" : "", n - out, kept_range(series), escape_html(why));
  }
  return html + "</tbody></table></div>\n";
}

// A tilt that stays, but that a person might judge otherwise.
bool is_worth_a_look(const TiltChoice& tilt) {
  return !tilt.problem.empty() || !tilt.reason.empty() || tilt.brightness < 0.6 ||
         tilt.brightness > 1.7 || tilt.shadow > 0.25;
}

std::string tile(const SeriesExclusion& series, const TiltChoice& tilt, const std::string& jpeg) {
  const auto figures = figures_text(tilt);
  const auto below = !tilt.reason.empty() ? tilt.reason : tilt.problem;
  std::string html = fmt::format(
      "<figure{}><figcaption><b>{}</b><span class=\"r\">no. {}</span></figcaption>"
      "<button class=\"trio one{}\" type=\"button\" title=\"{}\">{}</button>",
      tilt.excluded           ? " class=\"f\""
      : is_worth_a_look(tilt) ? " class=\"w\""
                              : "",
      angle_text(tilt.nominal_tilt_deg), tilt.number, tilt.excluded ? " crossed" : "",
      escape_html(tilt.key), image_html(jpeg, "tilt"));
  html += fmt::format(
      "<label><input type=\"checkbox\" data-s=\"{}\" data-n=\"{}\" data-was=\"{:d}\"{}>exclude"
      "</label>",
      escape_html(series.name), tilt.number, tilt.excluded, tilt.excluded ? " checked" : "");
  if (!below.empty()) html += fmt::format("<p class=\"why\">{}</p>", escape_html(below));
  if (!figures.empty()) html += fmt::format("<p class=\"why muted\">{}</p>", escape_html(figures));
  return html + "</figure>\n";
}

std::string plots(const SeriesExclusion& series, std::size_t number) {
  std::string html = "<div class=\"plots\">\n";
  std::size_t k = 0;
  for (const auto& plot : exclude_plots(series)) {
    SvgCanvas canvas(plot_width, plot_height, fmt::format("x{}x{}", number, k++), plot.title);
    draw_plot(canvas, {0.0, 0.0, plot_width, plot_height}, plot);
    html += canvas.finish();
  }
  return html + "</div>\n";
}

std::string remarks(const SeriesExclusion& series) {
  std::string html;
  const auto add = [&](const char* tag, const std::string& text) {
    html += fmt::format("<li>{}<div>{}</div></li>\n", tag, escape_html(text));
  };
  if (!series.reason.empty())
    add(series.status == SeriesStatus::failed ? tag_failed : tag_skipped, series.reason);
  for (const auto& text : series.problems) add(tag_warning, text);
  return html.empty() ? "" : "<ul class=\"remarks\">\n" + html + "</ul>\n";
}

std::string inside(const SeriesExclusion& series, std::span<const std::string> pictures,
                   std::size_t number) {
  std::string html = "<div class=\"inside\">\n" + remarks(series);
  if (!series.tilts.empty()) html += "<div class=\"cards small\">\n";
  for (const auto i : by_angle(series)) html += tile(series, series.tilts[i], pictures[i]);
  if (!series.tilts.empty()) html += "</div>\n" + plots(series, number);
  return html + "</div>";
}

std::string summary_line(const SeriesExclusion& series) {
  const int n = static_cast<int>(series.tilts.size()), out = excluded_tilts(series);
  std::string html = escape_html(series.name) + "<span class=\"muted\">" + counted(n, "tilt") +
                     ", kept from " + kept_range(series) + "</span>";
  if (series.status == SeriesStatus::failed) html += "<span class=\"b\">✕ failed</span>";
  if (series.status == SeriesStatus::skipped) html += "<span class=\"w\">– skipped</span>";
  if (out > 0)
    html += fmt::format("<span class=\"{}\">✕ {} excluded</span>", out == n ? "b" : "w", out);
  return html;
}

std::string all_series(const ExcludeJobReport& report, const std::vector<std::size_t>& order) {
  std::vector<std::string> pictures;
  std::vector<std::size_t> first;
  for (const auto& series : report.series) {
    first.push_back(pictures.size());
    for (const auto& tilt : series.tilts) pictures.push_back(tilt.jpeg);
  }
  const std::size_t text = pictures.size() * bytes_of_a_tilt;
  const std::size_t room =
      std::max(whole_budget - std::min(whole_budget, text), least_for_pictures);
  pictures = fitted_pictures(std::move(pictures), room * 3 / 4);  // base64: three bytes are four
  const bool later = build_later(order.size());
  std::string html = series_folds_begin(later);
  for (std::size_t k = 0; k < order.size(); ++k) {
    const auto& series = report.series[order[k]];
    html += series_fold(
        {order[k] + 1, series.name, is_fine(series), k < series_opened, summary_line(series),
         inside(series, std::span(pictures).subspan(first[order[k]], series.tilts.size()),
                order[k] + 1)},
        later);
  }
  return html;
}

constexpr const char* notes =
    "<p class=\"muted\">Tilts by angle; pictures have row 0 of the file at the bottom, each with "
    "its own grey scale. Click on a picture to enlarge it. Tick or clear a box to change the "
    "selection: the command for it then stands at the bottom of the page.</p>\n";

std::string again(const ExcludeJobReport& report) {
  return fmt::format(
      "<div class=\"again\" id=\"again\" hidden data-command=\"{}\" data-tilts=\"{}\" "
      "data-keep=\"{}\"><p><b></b> This command makes the selection; pictures are not read "
      "again: <button type=\"button\">Copy</button></p><textarea readonly rows=\"3\" "
      "aria-label=\"Command\"></textarea></div>\n",
      escape_html(report.command), escape_html(report.tilts), escape_html(report.keep));
}

}  // namespace

std::string exclude_html(const ExcludeJobReport& report) {
  const auto order = worst_first(report);
  std::string html =
      page_begin("Selection of tilts", job_sentence(report), face_of(report), report.version);
  html += warnings_html(report.warnings);
  html += "<h2>Tilt series</h2>\n";
  html += series_tools + series_table(report, order) + "<h2>Each tilt series</h2>\n" + notes;
  html += all_series(report, order);
  html += options_html(report.options);
  if (!report.command.empty()) html += again(report);
  return html + "<script>" + script + "</script>\n" + page_end();
}

void write_exclude_html(const std::filesystem::path& path, const ExcludeJobReport& report) {
  write_text_atomically(path, exclude_html(report));
}

}  // namespace gimbal
