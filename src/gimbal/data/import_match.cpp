// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/import_match.h"

#include "gimbal/core/text.h"
#include "gimbal/data/acquisition.h"
#include "gimbal/io/mdoc.h"

#include <algorithm>

namespace gimbal {
namespace {

std::string stem_key(const std::string& name) {
  return to_lower(image_stem(name));
}

// Sums of movies are named with '_' for the dots of the movie's name, by RELION and by gimbal.
std::string sum_key(const std::string& name) {
  return replace_all(stem_key(name), ".", "_");
}

// How many folders, from the file upwards, two paths share.
std::size_t shared_tail(const std::string& a, const std::string& b) {
  std::size_t count = 0;
  auto x = split(a, '/'), y = split(b, '/');
  while (count < std::min(x.size(), y.size()) && x[x.size() - 1 - count] == y[y.size() - 1 - count])
    ++count;
  return count;
}

}  // namespace

MovieIndex::MovieIndex(const std::vector<std::filesystem::path>& movies) : movies_(movies) {
  for (std::size_t i = 0; i < movies_.size(); ++i) {
    const auto name = movies_[i].filename().string();
    by_name_[name].push_back(i);
    by_stem_[stem_key(name)].push_back(i);
    by_sum_[sum_key(name)].push_back(i);
  }
}

std::filesystem::path MovieIndex::find(const std::string& recorded) const {
  const auto name = file_name_of(recorded);
  if (name.empty()) return {};
  if (const auto found = by_name_.find(name); found != by_name_.end())
    return only_one(found->second, recorded);
  if (const auto found = by_stem_.find(stem_key(name)); found != by_stem_.end())
    return only_one(found->second, recorded);
  // Only for names with dots: others differ by their underscores.
  if (stem_key(name).find('.') == std::string::npos) return {};
  if (const auto found = by_sum_.find(sum_key(name)); found != by_sum_.end())
    return only_one(found->second, recorded);
  return {};
}

std::filesystem::path MovieIndex::only_one(const std::vector<std::size_t>& candidates,
                                           const std::string& recorded) const {
  if (candidates.size() == 1) return movies_[candidates.front()];
  // Equal names in several folders: the recorded folders may tell.
  const auto path = replace_all(recorded, "\\", "/");
  std::vector<std::size_t> tails;
  for (const auto i : candidates) tails.push_back(shared_tail(movies_[i].generic_string(), path));
  const auto best = std::max_element(tails.begin(), tails.end());
  if (std::count(tails.begin(), tails.end(), *best) == 1)
    return movies_[candidates[static_cast<std::size_t>(best - tails.begin())]];
  fail("{} could be {} or {}; choose one with --movies", recorded, movies_[candidates[0]].string(),
       movies_[candidates[1]].string());
}

}  // namespace gimbal
