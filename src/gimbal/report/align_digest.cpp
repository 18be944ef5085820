// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/align_digest.h"

#include "gimbal/report/motion_plots.h"
#include "gimbal/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace gimbal {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

bool is_used(const AlignedTilt& tilt) {
  return tilt.state == TiltState::used;
}

// Methods that do not measure something leave 0.
double measured(double value) {
  return std::isfinite(value) && value > 0.0 ? value : unknown;
}

double median_of(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return unknown;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::string in_A(double value) {
  if (std::isfinite(value) && std::abs(value) >= 1000.0 && std::abs(value) < 1e9)
    return grouped(static_cast<int>(std::lround(value))) + " Å";
  return fixed(value, std::abs(value) >= 100.0 ? 0 : 2) + " Å";
}

// "1.0 to 1.5°", the smallest and largest: one number where they agree.
std::string range_text(const Alignment& alignment, double Projection::*member, int digits) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const auto& tilt : alignment.tilts) {
    if (!is_used(tilt) || !std::isfinite(tilt.projection.*member)) continue;
    low = std::min(low, tilt.projection.*member);
    high = std::max(high, tilt.projection.*member);
  }
  if (low > high) return "–";
  const auto from = fixed_text(low, digits), to = fixed_text(high, digits);
  return (from == to ? from : from + " to " + to) + "°";
}

std::string sentence_of_one(Standing standing) {
  switch (standing) {
    case Standing::pass:
      return "The tilt series is aligned and passes.";
    case Standing::warn:
      return "The tilt series is aligned, with warnings.";
    case Standing::fail:
      return "The tilt series is aligned, but not to be trusted.";
    case Standing::skipped:
      return "The tilt series was skipped.";
    case Standing::not_aligned:
      break;
  }
  return "The tilt series could not be aligned.";
}

void add_extent(std::vector<Fact>& facts, const Alignment& a) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const auto& tilt : a.tilts) {
    if (!is_used(tilt) || !std::isfinite(tilt.projection.y_tilt_deg)) continue;
    low = std::min(low, tilt.projection.y_tilt_deg);
    high = std::max(high, tilt.projection.y_tilt_deg);
  }
  if (low <= high)
    facts.push_back({a.y_offset_deg ? "Tilt range, levelled" : "Tilt range",
                     angle_text(low) + " to " + angle_text(high)});
  facts.push_back({"Tilt axis", range_text(a, &Projection::z_rot_deg, 2)});
  const auto x_tilt = range_text(a, &Projection::x_tilt_deg, 2);
  if (x_tilt != "0.00°") facts.push_back({"X tilt", x_tilt});
  if (a.y_offset_deg)
    facts.push_back({"Levelled about Y by", fixed_text(*a.y_offset_deg, 2) + "°"});
  if (a.x_offset_deg)
    facts.push_back({"Levelled about X by", fixed_text(*a.x_offset_deg, 2) + "°"});
  if (a.thickness_A > 0.0) facts.push_back({"Thickness", in_A(a.thickness_A)});
}

}  // namespace

Standing standing_of(const SeriesAlignment& series) {
  if (series.status == SeriesStatus::failed) return Standing::not_aligned;
  if (series.status == SeriesStatus::skipped) return Standing::skipped;
  switch (series.alignment.verdict) {
    case Verdict::pass:
      return Standing::pass;
    case Verdict::warn:
      return Standing::warn;
    case Verdict::fail:
      break;
  }
  return Standing::fail;
}

const char* word_of(Standing standing) {
  constexpr std::array words{"failed", "fail", "warn", "skipped", "pass"};
  return words[static_cast<std::size_t>(standing)];
}

std::vector<std::size_t> worst_first(const AlignJobReport& report) {
  std::vector<std::size_t> order(report.series.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // Unknown scores come last among equals.
  const auto score = [&](std::size_t i) {
    const double value = measured(report.series[i].alignment.score);
    return std::isnan(value) ? std::numeric_limits<double>::infinity() : value;
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const auto x = standing_of(report.series[a]), y = standing_of(report.series[b]);
    return x != y ? x < y : score(a) < score(b);
  });
  return order;
}

Standing worst_of(const AlignJobReport& report) {
  Standing worst = Standing::pass;
  for (const auto& series : report.series) worst = std::min(worst, standing_of(series));
  return worst;
}

std::string job_sentence(const AlignJobReport& report) {
  const auto count = [&](Standing standing) {
    return static_cast<int>(
        std::count_if(report.series.begin(), report.series.end(),
                      [&](const auto& series) { return standing_of(series) == standing; }));
  };
  const int n = static_cast<int>(report.series.size()), pass = count(Standing::pass);
  if (n == 0) return "There is no tilt series.";
  if (n == 1) return sentence_of_one(standing_of(report.series.front()));
  std::string text =
      pass == n ? fmt::format("All {} tilt series are aligned and pass", grouped(n))
                : fmt::format("{} of {} tilt series {} aligned and {}", grouped(pass), grouped(n),
                              pass == 1 ? "is" : "are", pass == 1 ? "passes" : "pass");
  if (const int k = count(Standing::warn))
    text += fmt::format("; {} with {}", grouped(k), k == 1 ? "a warning" : "warnings");
  if (const int k = count(Standing::fail))
    text += fmt::format("; {} {} not to be trusted", grouped(k), k == 1 ? "is" : "are");
  if (const int k = count(Standing::not_aligned))
    text += fmt::format("; {} could not be aligned", grouped(k));
  if (const int k = count(Standing::skipped)) text += fmt::format("; {} skipped", grouped(k));
  return text + ".";
}

AlignFigures figures_of(const Alignment& a) {
  AlignFigures figures{measured(a.score), measured(a.leave_out_px * a.pixel_A),
                       measured(a.residual_px * a.pixel_A), unknown};
  std::vector<double> errors;
  for (const auto& tilt : a.tilts) {
    ++(is_used(tilt) ? figures.used : figures.excluded);
    if (is_used(tilt)) errors.push_back(length(tilt.standard_error.shift_px) * a.pixel_A);
  }
  figures.shift_error_A = measured(median_of(errors));
  return figures;
}

std::vector<Fact> facts_of(const Alignment& a) {
  const auto figures = figures_of(a);
  std::vector<Fact> facts;
  const auto add = [&](const char* name, double value, const std::string& text) {
    if (std::isfinite(value)) facts.push_back({name, text});
  };
  add("Score", figures.score, fixed(figures.score, 2) + " of 1");
  add("Leave-out error", figures.leave_out_A, in_A(figures.leave_out_A));
  add("Residual", figures.residual_A, in_A(figures.residual_A));
  add("Standard error of a shift", figures.shift_error_A, in_A(figures.shift_error_A));
  facts.push_back({"Tilts", fmt::format("{} of {}", figures.used, a.tilts.size())});
  facts.push_back({"Method", a.method.empty() ? "–" : a.method});
  if (!a.tracks.empty())
    facts.push_back({a.method == "fiducials" ? "Beads" : "Tracks",
                     grouped(static_cast<int>(std::min<std::size_t>(a.tracks.size(), 1U << 30)))});
  add_extent(facts, a);
  facts.push_back({"Specimen's deformation", a.deformation.empty() ? "not modelled" : "modelled"});
  facts.push_back({"Images", fmt::format("{} × {} px", a.size.nx, a.size.ny)});
  facts.push_back({"Pixel", fmt::format("{:.5g} Å", a.pixel_A)});
  return facts;
}

std::vector<std::size_t> by_angle(const Alignment& alignment) {
  std::vector<std::size_t> order(alignment.tilts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const double x = alignment.tilts[a].nominal_tilt_deg, y = alignment.tilts[b].nominal_tilt_deg;
    return std::isfinite(x) && (!std::isfinite(y) || x < y);
  });
  return order;
}

std::string tilt_label(const AlignedTilt& tilt) {
  auto label =
      fmt::format("{}, {}", angle_text(tilt.nominal_tilt_deg), shortened(printable(tilt.key), 40));
  if (!is_used(tilt)) label += ", excluded";
  if (!tilt.reason.empty()) label += ": " + printable(tilt.reason);
  return label;
}

}  // namespace gimbal
