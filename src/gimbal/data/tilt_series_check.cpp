// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/tilt_series_check.h"

#include "gimbal/core/text.h"
#include "gimbal/data/labels.h"
#include "gimbal/data/tilt_series.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace gimbal {
namespace {

namespace fs = std::filesystem;

class StarCheck {
 public:
  void values(const StarTable& table, const std::string& source) {
    for (std::size_t c = 0; c < table.n_columns(); ++c) {
      const auto* info = find_label(table.labels()[c]);
      if (info == nullptr || info->type == LabelType::text) continue;
      std::size_t n_bad = 0, first = 0;
      for (std::size_t row = table.n_rows(); row-- > 0;)
        if (!is_valid(table.at(row, c), info->type)) ++n_bad, first = row;
      if (n_bad > 0)
        add("{}: _{} of data_{} should be {}, but is '{}' in row {}{}", source, info->name,
            table.name, info->type == LabelType::integer ? "a whole number" : "a number",
            table.at(first, c), first + 1,
            n_bad > 1 ? fmt::format(", and wrong in {} more rows", n_bad - 1) : "");
    }
  }

  void tilt_series(const fs::path& path) {
    TiltSeriesSet set;
    try {
      set = read_tilt_series(path);
    } catch (const Error& error) {
      findings_.push_back({Severity::error, Defect::inconsistent, error.what()});
      return;
    }
    append(set.findings);
    for (const auto& [name, reason] : set.unreadable)
      findings_.push_back({Severity::error, Defect::inconsistent,
                           fmt::format("{}: {}: {}", path.string(), name, reason)});
    for (const auto& series : set.series) {
      values(table_of(series.name(), {series.tilts.begin(), series.tilts.end()}),
             series.global.text(label::tilt_series_file));
      order(series);
      movies(series);
    }
    columns(set);
  }

  Findings take() { return std::move(findings_); }

 private:
  template <typename... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    findings_.push_back({Severity::warning, Defect::inconsistent,
                         fmt::format(format, std::forward<Args>(args)...)});
  }
  void append(const Findings& more) { findings_.insert(findings_.end(), more.begin(), more.end()); }

  static bool is_valid(const std::string& value, LabelType type) {
    const auto number = parse_double(value);
    return number && (type == LabelType::real || *number == std::trunc(*number));
  }

  // RELION's motion correction pairs movies with results by position: its input has to rise.
  void order(const TiltSeries& series) {
    if (series.tilts.front().has(label::micrograph_name)) return;
    const auto falls = [](const Tilt& a, const Tilt& b) {
      const auto x = parse_double(a.find(label::pre_exposure) ? a.text(label::pre_exposure) : "");
      const auto y = parse_double(b.find(label::pre_exposure) ? b.text(label::pre_exposure) : "");
      return x && y && *x > *y;
    };
    if (std::adjacent_find(series.tilts.begin(), series.tilts.end(), falls) != series.tilts.end())
      add("{}: the rows are not in order of _{}: RELION's motion correction would mix the tilts up "
          "(gimbal does not)",
          series.name(), label::pre_exposure);
  }

  void movies(const TiltSeries& series) {
    std::vector<std::string> missing;
    for (const auto& tilt : series.tilts) {
      const auto* movie = tilt.find(label::movie_name);
      if (movie != nullptr && !fs::exists(*movie)) missing.push_back(*movie);
    }
    if (!missing.empty() && missing.size() < series.tilts.size())
      add("{}: {} of {} movies do not exist; the first one is {}", series.name(), missing.size(),
          series.tilts.size(), missing.front());
  }

  void columns(const TiltSeriesSet& set) {
    const auto labels_of = [](const TiltSeries& series) {
      std::set<std::string> labels;
      for (const auto& field : series.tilts.front().fields()) labels.insert(field.label);
      return labels;
    };
    if (set.series.empty()) return;
    const auto first = labels_of(set.series.front());
    for (const auto& series : set.series)
      if (labels_of(series) != first) {
        add("{} has other columns than {}: RELION wants the same in all series", series.name(),
            set.series.front().name());
        return;
      }
  }

  Findings findings_;
};

}  // namespace

Findings check_star_file(const fs::path& path) {
  const auto document = read_star(path);
  StarCheck check;
  for (const auto& table : document.tables) check.values(table, path.string());
  const auto* global = document.find("global");
  if (global != nullptr && global->column(label::tomo_name) &&
      global->column(label::tilt_series_file))
    check.tilt_series(path);
  return check.take();
}

}  // namespace gimbal
