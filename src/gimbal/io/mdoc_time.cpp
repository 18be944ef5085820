// SPDX-License-Identifier: GPL-3.0-or-later
// Dates of mdoc files: several programs and locales, never a time zone.
#include "gimbal/core/text.h"
#include "gimbal/io/mdoc.h"

#include <array>
#include <chrono>
#include <cmath>

namespace gimbal {
namespace {

std::optional<long> digits(std::string_view text, std::size_t at_least, std::size_t at_most) {
  if (text.size() < at_least || text.size() > at_most ||
      text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  return parse_int(text);
}

std::optional<long> month_of(std::string_view text) {
  constexpr std::array<std::string_view, 12> names{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
  const auto lower = to_lower(text.substr(0, 3));
  for (std::size_t i = 0; i < names.size(); ++i)
    if (lower == names[i]) return static_cast<long>(i) + 1;
  return digits(text, 1, 2);
}

// Day-month-year, unless a year of four digits comes first. Days since 1970.
std::optional<double> parse_date(std::string_view text) {
  const auto separator = text.find_first_of("-/.");
  if (separator == std::string_view::npos) return std::nullopt;
  const auto parts = split(text, text[separator]);
  if (parts.size() != 3) return std::nullopt;
  const bool year_first = parts[0].size() == 4;
  auto year = digits(parts[year_first ? 0 : 2], 2, 4);
  const auto month = month_of(parts[1]);
  const auto day = digits(parts[year_first ? 2 : 0], 1, 2);
  if (!year || !month || !day) return std::nullopt;
  if (*year < 100) *year += *year < 70 ? 2000 : 1900;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count());
}

std::optional<double> parse_clock(std::string_view text, std::string_view half) {
  const auto parts = split(text, ':');
  if (parts.size() != 3 || parts[2].empty()) return std::nullopt;
  auto hour = digits(parts[0], 1, 2);
  const auto minute = digits(parts[1], 1, 2);
  const auto second = parse_double(parts[2]);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || !(*second >= 0 && *second < 61))
    return std::nullopt;
  if (!half.empty()) {
    if (*hour < 1 || *hour > 12) return std::nullopt;
    *hour = *hour % 12 + (iequals(half, "PM") ? 12 : 0);
  }
  return static_cast<double>(*hour * 3600 + *minute * 60) + *second;
}

}  // namespace

std::optional<double> parse_mdoc_time(std::string_view text) {
  auto words = split_words(text);
  if (words.size() == 1 && words[0].size() > 11 && words[0][10] == 'T')
    words = {words[0].substr(0, 10), words[0].substr(11)};
  if (words.size() < 2 || words.size() > 3) return std::nullopt;
  const std::string_view half = words.size() == 3 ? words[2] : std::string_view();
  if (!half.empty() && !iequals(half, "AM") && !iequals(half, "PM")) return std::nullopt;
  const auto date = parse_date(words[0]);
  const auto clock = parse_clock(words[1], half);
  if (!date || !clock) return std::nullopt;
  return *date * 86400.0 + *clock;
}

}  // namespace gimbal
