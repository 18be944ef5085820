// SPDX-License-Identifier: GPL-3.0-or-later
// What every report.html has: head, verdict, tools above the series, options. One file, no outside
// resources. Texts are escaped here unless said otherwise.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace gimbal {

// A colour class of the page, and an icon that says the same without colour.
struct PageFace {
  const char* css = "";
  const char* icon = "";
};
inline constexpr PageFace face_good{"good", "✓"}, face_look{"look", "!"}, face_bad{"bad", "✕"};

inline constexpr const char* tag_failed = "<span class=\"tag f\">✕ Failed</span>";
inline constexpr const char* tag_skipped = "<span class=\"tag s\">– Skipped</span>";
inline constexpr const char* tag_warning = "<span class=\"tag w\">! Warning</span>";

// Head and verdict; `job` as in "Motion correction".
std::string page_begin(const std::string& job, const std::string& verdict, const PageFace& face,
                       const std::string& version);
std::string page_end();  // with the script

// Search, filter, open, close: for the elements with data-name, and details.series.
extern const char* const series_tools;

// A tilt series that the reader can open. `summary` and `inside` are HTML already.
struct SeriesFold {
  std::size_t number = 0;  // the page's link to it is #s<number>
  std::string name;
  bool is_fine = true;  // the reader can hide those
  bool is_open = false;
  std::string summary;
  std::string inside;
};

// Of many series, the browser builds each only when it is opened.
bool build_later(std::size_t n_series);
std::string series_folds_begin(bool later);
std::string series_fold(const SeriesFold& fold, bool later);

std::string options_html(const std::vector<std::pair<std::string, std::string>>& options);

// Below a heading of their own; nothing without any.
std::string warnings_html(const std::vector<std::string>& warnings);

// A cell with a number; sorted by the number, whatever its text.
std::string number_cell(double value, int digits, const char* css = "");

// A grey picture; an empty box where there is none.
std::string image_html(const std::string& jpeg, const char* alt);

}  // namespace gimbal
