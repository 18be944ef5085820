// SPDX-License-Identifier: GPL-3.0-or-later
// What the names of movies say.
#include "gimbal/core/text.h"
#include "gimbal/data/acquisition.h"
#include "gimbal/io/mdoc.h"
#include "gimbal/io/pattern.h"

#include <algorithm>
#include <map>
#include <set>

namespace gimbal {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<double> angle_in(std::string_view text) {
  if (text.find('.') == std::string_view::npos ||
      text.find_first_not_of("+-.0123456789") != std::string_view::npos)
    return std::nullopt;
  const auto angle = parse_double(text);
  return angle && *angle >= -90.0 && *angle <= 90.0 ? angle : std::nullopt;
}

// SerialEM: Oct08, 07.39.05 (no year: any will do). Tomography 5: 20230324, 121311.
std::optional<double> time_in(std::string_view date, std::string_view clock) {
  const std::string d(date), c(clock);
  if (d.size() == 5 && c.size() == 8 && c[2] == '.' && c[5] == '.')
    return parse_mdoc_time(
        fmt::format("{}-{}-2000 {}", d.substr(3), d.substr(0, 3), replace_all(c, ".", ":")));
  if (d.size() == 8 && c.size() == 6 && all_digits(d) && all_digits(c))
    return parse_mdoc_time(fmt::format("{}-{}-{} {}:{}:{}", d.substr(0, 4), d.substr(4, 2),
                                       d.substr(6), c.substr(0, 2), c.substr(2, 2), c.substr(4)));
  return std::nullopt;
}

std::string joined(const std::vector<std::string_view>& parts, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += '_';
    text += parts[i];
  }
  return text;
}

}  // namespace

std::string image_stem(std::string_view file_name) {
  std::string name(file_name);
  for (const auto& extensions :
       {std::set<std::string>{".mdoc", ".idoc"},
        std::set<std::string>{".bz2", ".xz", ".zst", ".gz"},
        std::set<std::string>{".mrc", ".mrcs", ".st", ".ali", ".rec", ".tif", ".tiff", ".eer",
                              ".ecc", ".dm4", ".rawst"}}) {
    const auto dot = name.rfind('.');
    if (dot != std::string::npos && dot > 0 && extensions.count(to_lower(name.substr(dot))) != 0)
      name.resize(dot);
  }
  return name;
}

std::optional<TiltName> parse_tilt_name(std::string_view file_name) {
  std::string stem = image_stem(file_name);
  std::replace_if(
      stem.begin(), stem.end(), [](char c) { return c == '[' || c == ']'; }, '_');
  auto parts = split(stem, '_');
  std::erase_if(parts, [](std::string_view part) { return part.empty(); });
  const auto angle = std::find_if(parts.rbegin(), parts.rend(),
                                  [](std::string_view part) { return angle_in(part).has_value(); });
  if (angle == parts.rend() || angle + 1 == parts.rend()) return std::nullopt;
  auto at = static_cast<std::size_t>(parts.rend() - angle) - 1;
  TiltName name;
  name.angle_deg = *angle_in(*angle);
  for (std::size_t i = at + 1; i + 1 < parts.size() && !name.time_s; ++i)
    name.time_s = time_in(parts[i], parts[i + 1]);
  if (at >= 2 && all_digits(parts[at - 1])) name.number = parts[--at];
  name.series = joined(parts, at);
  return name;
}

std::vector<AcquiredSeries> group_by_name(std::vector<AcquiredTilt> tilts,
                                          std::vector<FailedItem>& failed) {
  struct Named {
    AcquiredTilt tilt;
    TiltName name;
  };
  std::map<std::string, std::vector<Named>> groups;
  for (auto& tilt : tilts) {
    const auto name = parse_tilt_name(file_name_of(tilt.movie));
    if (name)
      groups[name->series].push_back({std::move(tilt), *name});
    else
      failed.push_back({tilt.movie,
                        "its name does not say which series it belongs to: expected "
                        "<series>_<number>_<angle>, as in TS_01_012_-36.0.mrc"});
  }
  std::map<std::string, AcquiredSeries> series;
  for (auto& [group, members] : groups) {
    std::set<std::string> numbers;
    for (const auto& member : members) numbers.insert(member.name.number);
    const bool running = numbers.size() == members.size() && numbers.count("") == 0;
    for (auto& [tilt, name] : members) {
      if (running && !tilt.order) tilt.order = parse_double(name.number);
      if (!tilt.time_s) tilt.time_s = name.time_s;
      const auto key = running || name.number.empty() ? group : group + "_" + name.number;
      series[key].tilts.push_back(std::move(tilt));
    }
  }
  std::vector<AcquiredSeries> result;
  for (auto& [name, one] : series) {
    one.name = name;
    result.push_back(std::move(one));
  }
  return result;
}

Acquisition acquisition_from_names(const std::vector<std::filesystem::path>& movies) {
  Acquisition acquisition;
  std::vector<AcquiredTilt> tilts;
  for (const auto& movie : movies) {
    AcquiredTilt tilt;
    tilt.movie = movie.filename().string();
    tilt.where = movie.string();
    if (const auto name = parse_tilt_name(tilt.movie)) tilt.angle_deg = name->angle_deg;
    tilts.push_back(std::move(tilt));
  }
  acquisition.series = group_by_name(std::move(tilts), acquisition.failed);
  for (auto& series : acquisition.series) series.source = "the names of the movies";
  return acquisition;
}

}  // namespace gimbal
