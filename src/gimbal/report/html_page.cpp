// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/html_page.h"

#include "gimbal/report/html_assets.h"
#include "gimbal/report/text.h"

#include <fmt/format.h>

#include <cmath>

namespace gimbal {

const char* const series_tools =
    "<div class=\"tools\"><input type=\"search\" id=\"find\" placeholder=\"Find a tilt series\" "
    "aria-label=\"Find a tilt series\"><label><input type=\"checkbox\" id=\"only\">only those with "
    "something to look at</label><button type=\"button\" id=\"open\">Open all</button>"
    "<button type=\"button\" id=\"close\">Close all</button></div>\n";

std::string page_begin(const std::string& job, const std::string& verdict, const PageFace& face,
                       const std::string& version) {
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>{}: {}</title><style>{}</style></head>\n<body><main>\n",
      escape_html(job), escape_html(verdict), report_css);
  return html + fmt::format(
                    "<header class=\"verdict {}\"><div class=\"icon\" "
                    "aria-hidden=\"true\">{}</div><div><h1>{}"
                    "</h1><p class=\"muted\">{} by gimbal {}</p></div></header>\n",
                    face.css, face.icon, escape_html(verdict), escape_html(job),
                    escape_html(version));
}

std::string page_end() {
  return fmt::format(
      "</main><dialog aria-label=\"Picture\"></dialog><script>{}</script></body></html>\n",
      report_script);
}

bool build_later(std::size_t n_series) {
  return n_series > 20;
}

std::string series_folds_begin(bool later) {
  return later ? "<noscript><p>To see the tilt series, allow scripts in this page.</p></noscript>\n"
               : "";
}

// Text of a script element is not looked at until the page's script takes it; everything in it is
// escaped, so it cannot hold the end of the element.
std::string series_fold(const SeriesFold& fold, bool later) {
  return fmt::format(
      "<details class=\"series\" id=\"s{}\" data-name=\"{}\" data-ok=\"{:d}\"{}>"
      "<summary>{}</summary>{}{}{}</details>\n",
      fold.number, escape_html(fold.name), fold.is_fine, fold.is_open && !later ? " open" : "",
      fold.summary, later ? "<script type=\"text/html\">" : "", fold.inside,
      later ? "</script>" : "");
}

std::string options_html(const std::vector<std::pair<std::string, std::string>>& options) {
  if (options.empty()) return {};
  std::string html =
      "<h2>How it was made</h2>\n<details class=\"series\"><summary>Options</summary><dl "
      "class=\"options\">\n";
  for (const auto& [name, value] : options)
    html += fmt::format("<div><dt>--{}</dt><dd>{}</dd></div>\n", escape_html(name),
                        value.empty() ? "–" : escape_html(value));
  return html + "</dl></details>\n";
}

std::string warnings_html(const std::vector<std::string>& warnings) {
  if (warnings.empty()) return {};
  std::string html = "<h2>What needs attention</h2>\n<ul class=\"remarks\">\n";
  for (const auto& text : warnings)
    html += fmt::format("<li>{}<div>{}</div></li>\n", tag_warning, escape_html(text));
  return html + "</ul>\n";
}

std::string number_cell(double value, int digits, const char* css) {
  return fmt::format("<td{} data-v=\"{}\">{}</td>", css,
                     std::isfinite(value) ? fmt::format("{:.6g}", value) : "",
                     fixed(value, digits));
}

std::string image_html(const std::string& jpeg, const char* alt) {
  if (jpeg.empty()) return "<i></i>";
  return fmt::format(
      "<img loading=\"lazy\" decoding=\"async\" alt=\"{}\" src=\"data:image/jpeg;base64,{}\">", alt,
      to_base64(jpeg));
}

}  // namespace gimbal
