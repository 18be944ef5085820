// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/tilt_series_summary.h"

#include "gimbal/data/labels.h"
#include "gimbal/io/star.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace gimbal {

TiltSeriesSummary summarise(const TiltSeries& series) {
  TiltSeriesSummary summary;
  summary.name = series.name();
  summary.n_tilts = static_cast<int>(series.tilts.size());
  const auto all_have = [&](std::string_view label) {
    return std::all_of(series.tilts.begin(), series.tilts.end(),
                       [&](const Tilt& tilt) { return tilt.optional_number(label).has_value(); });
  };
  summary.refined_angles = all_have(label::y_tilt);
  const auto angle = summary.refined_angles ? label::y_tilt : label::nominal_angle;
  if (!series.tilts.empty() && all_have(angle)) {
    const auto smaller = [&](const Tilt& a, const Tilt& b) {
      return a.number(angle) < b.number(angle);
    };
    const auto [low, high] = std::minmax_element(series.tilts.begin(), series.tilts.end(), smaller);
    summary.min_angle_deg = low->number(angle);
    summary.max_angle_deg = high->number(angle);
  }
  summary.pixel_A = series.global.optional_number(label::original_pixel);
  if (all_have(label::pre_exposure)) {
    const auto doses = series.tilt_doses_e_A2();
    const double dose = std::accumulate(doses.begin(), doses.end(), 0.0);
    if (dose > 0.0) summary.dose_e_A2 = dose;
  }
  return summary;
}

std::string text_of(const TiltSeriesSummary& summary) {
  std::string text = fmt::format("{} tilt{}", summary.n_tilts, summary.n_tilts == 1 ? "" : "s");
  if (summary.min_angle_deg)
    text += fmt::format(" from {:.1f} to {:.1f} degrees{}", *summary.min_angle_deg,
                        *summary.max_angle_deg, summary.refined_angles ? " (aligned)" : "");
  if (summary.pixel_A) text += fmt::format(", {:.6g} A", *summary.pixel_A);
  text += summary.dose_e_A2 ? fmt::format(", {:.6g} e/A^2", *summary.dose_e_A2)
                            : std::string(", dose not known");
  return text;
}

bool is_tilt_series_table(const std::filesystem::path& path) {
  const auto document = read_star(path);
  const auto* global = document.find("global");
  return global != nullptr && global->column(label::tomo_name) &&
         global->column(label::tilt_series_file);
}

}  // namespace gimbal
