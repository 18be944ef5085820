// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/tilt_selection.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/data/labels.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <optional>

namespace gimbal {
namespace {

constexpr double near_deg = 0.5, same_deg = 0.05;
constexpr const char* what_an_item_is =
    "an item is the number of a tilt (12), numbers (40-41), an angle (-60.0 or 12deg), angles "
    "(51..60), the name of a movie, or * for all";

using Picks = std::function<void(const TiltSeries&, std::vector<bool>&)>;

double angle_of(const Tilt& tilt) {
  return tilt.optional_number(label::nominal_angle).value_or(std::nan(""));
}

std::string_view without_unit(std::string_view text) {
  for (const std::string_view unit : {"deg", "°"})
    if (text.ends_with(unit)) return trim(text.substr(0, text.size() - unit.size()));
  return text;
}

std::optional<double> finite_number(std::string_view text) {
  const auto number = parse_double(without_unit(text));
  return number && std::isfinite(*number) ? number : std::nullopt;
}

Picks numbers(long first, long last) {
  return [=](const TiltSeries& series, std::vector<bool>& picked) {
    for (long n = std::max(1L, first); n <= std::min<long>(last, std::ssize(series.tilts)); ++n)
      picked[static_cast<std::size_t>(n - 1)] = true;
  };
}

Picks angles(double low, double high) {
  return [=](const TiltSeries& series, std::vector<bool>& picked) {
    for (std::size_t i = 0; i < picked.size(); ++i)
      if (const double angle = angle_of(series.tilts[i]); angle >= low && angle <= high)
        picked[i] = true;
  };
}

Picks nearest_angle(double wanted) {
  return [=](const TiltSeries& series, std::vector<bool>& picked) {
    double best = near_deg, found = std::nan("");
    for (const Tilt& tilt : series.tilts)
      if (const double distance = std::abs(angle_of(tilt) - wanted); distance <= best)
        best = distance, found = angle_of(tilt);
    for (std::size_t i = 0; i < picked.size(); ++i)
      if (std::abs(angle_of(series.tilts[i]) - found) <= same_deg) picked[i] = true;
  };
}

Picks called(std::string name) {
  return [name = std::move(name)](const TiltSeries& series, std::vector<bool>& picked) {
    for (std::size_t i = 0; i < picked.size(); ++i)
      for (const auto label : {label::movie_name, label::micrograph_name}) {
        const auto* text = series.tilts[i].find(label);
        if (text == nullptr) continue;
        const std::filesystem::path path = *text;
        for (const auto& form : {*text, path.filename().string(), path.stem().string()})
          if (matches_wildcards(form, name)) picked[i] = true;
      }
  };
}

// "40-41", but not "-60" and not the name "a-b".
std::optional<std::pair<long, long>> number_range(std::string_view item) {
  const auto dash = item.find('-', 1);
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_int(item.substr(0, dash)), last = parse_int(item.substr(dash + 1));
  if (!first || !last || *first < 0 || *last < 0) return std::nullopt;
  return std::pair{*first, *last};
}

Picks understood(std::string_view item) {
  const bool has_sign = item.starts_with('-') || item.starts_with('+');
  if (const auto number = parse_int(item); number && !has_sign) return numbers(*number, *number);
  if (const auto range = number_range(item); range && !has_sign)
    return numbers(std::min(range->first, range->second), std::max(range->first, range->second));
  if (const auto dots = item.find(".."); dots != std::string_view::npos) {
    const auto low = finite_number(item.substr(0, dots)),
               high = finite_number(item.substr(dots + 2));
    if (low && high) return angles(std::min(*low, *high), std::max(*low, *high));
  }
  if (const auto angle = finite_number(item)) return nearest_angle(*angle);
  return called(std::string(item));
}

std::vector<std::string> names_of(const std::vector<TiltSeries>& series) {
  std::vector<std::string> names;
  for (const auto& one : series) names.push_back(one.name());
  return names;
}

// " Near names: a, b." or what there is.
std::string hint(const std::string& text, const std::vector<std::string>& names, const char* what) {
  if (const auto near = similar_texts(text, names); !near.empty())
    return fmt::format("did you mean {}?", fmt::join(near, " or "));
  const std::size_t shown = std::min<std::size_t>(names.size(), 5);
  return fmt::format(
      "{}: {}{}", what,
      fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
      shown < names.size() ? fmt::format(" and {} more", names.size() - shown) : "");
}

class Selector {
 public:
  Selector(const std::vector<TiltSeries>& series, const std::string& option)
      : series_(series), option_(option) {
    for (const auto& one : series) picked_.emplace_back(one.tilts.size(), false);
  }

  void add(std::string_view part) {
    const auto colon = part.find(':');
    const std::string name(colon == std::string_view::npos ? "" : trim(part.substr(0, colon)));
    const auto items = colon == std::string_view::npos ? part : part.substr(colon + 1);
    const auto chosen = series_called(name, part);
    for (const auto raw : split(items, ',')) {
      const auto item = trim(raw);
      if (item.empty())
        refuse(part, fmt::format("there is nothing {}",
                                 trim(items).empty() ? "after ':'" : "between two commas"));
      pick(item, part, chosen);
    }
  }

  std::vector<std::vector<bool>> take() { return std::move(picked_); }

 private:
  [[noreturn]] void refuse(std::string_view part, const std::string& why) const {
    throw UsageError(fmt::format("{}: in '{}', {}; {}", option_, trim(part), why, what_an_item_is));
  }

  std::vector<std::size_t> series_called(const std::string& name, std::string_view part) const {
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < series_.size(); ++i)
      if (name.empty() ? series_.size() == 1 : matches_wildcards(series_[i].name(), name))
        chosen.push_back(i);
    if (!chosen.empty()) return chosen;
    if (name.empty())
      throw UsageError(fmt::format(
          "{}: '{}' does not say which of the {} tilt series it is about: expected the name of one "
          "and ':' before it, as in '{}:{}' ('*:' for all)",
          option_, trim(part), series_.size(), series_.front().name(), trim(part)));
    throw UsageError(fmt::format("{}: in '{}', there is no tilt series '{}'; {}", option_,
                                 trim(part), name, hint(name, names_of(series_), "there are")));
  }

  void pick(std::string_view item, std::string_view part, const std::vector<std::size_t>& chosen) {
    const Picks picks = understood(item);
    bool any = false;
    for (const std::size_t i : chosen) {
      std::vector<bool> here(series_[i].tilts.size(), false);
      picks(series_[i], here);
      for (std::size_t k = 0; k < here.size(); ++k)
        if (here[k]) picked_[i][k] = any = true;
    }
    if (any) return;
    const TiltSeries& first = series_[chosen.front()];
    std::vector<std::string> movies;
    for (const Tilt& tilt : first.tilts)
      movies.push_back(std::filesystem::path(tilt.key()).filename().string());
    refuse(part,
           fmt::format("'{}' names no tilt of {}, which has {} (numbers 1 to {}){}", item,
                       chosen.size() == 1 ? first.name() : fmt::format("{} series", chosen.size()),
                       first.tilts.size(), first.tilts.size(),
                       finite_number(item) || number_range(item)
                           ? angle_range(first)
                           : "; " + hint(std::string(item), movies, "movies are")));
  }

  static std::string angle_range(const TiltSeries& series) {
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (const Tilt& tilt : series.tilts)
      if (const double angle = angle_of(tilt); std::isfinite(angle))
        low = std::min(low, angle), high = std::max(high, angle);
    return low > high ? "" : fmt::format(" from {:.1f} to {:.1f} degrees", low, high);
  }

  const std::vector<TiltSeries>& series_;
  const std::string& option_;
  std::vector<std::vector<bool>> picked_;
};

}  // namespace

std::vector<std::vector<bool>> select_tilts(const std::vector<std::string>& texts,
                                            const std::vector<TiltSeries>& series,
                                            const std::string& option) {
  Selector selector(series, option);
  for (const auto& text : texts)
    for (const auto part : split(text, ';'))
      if (!trim(part).empty()) selector.add(part);
  return selector.take();
}

}  // namespace gimbal
