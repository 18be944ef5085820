// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/pattern.h"

#include "gimbal/core/error.h"

#include <glob.h>

#include <algorithm>

namespace gimbal {
namespace {

namespace fs = std::filesystem;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The digits at `at` without leading zeros; moves `at` behind them.
std::string_view take_number(std::string_view text, std::size_t& at) {
  while (at < text.size() && text[at] == '0') ++at;
  const auto begin = at;
  while (at < text.size() && is_digit(text[at])) ++at;
  return text.substr(begin, at - begin);
}

std::vector<std::string> matches_of(const std::string& pattern) {
  if (fs::exists(pattern)) return {pattern};
  glob_t found{};
  const int code = ::glob(pattern.c_str(), GLOB_BRACE | GLOB_TILDE, nullptr, &found);
  std::vector<std::string> names(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (code == GLOB_NOSPACE || code == GLOB_ABORTED)
    fail("cannot list the files that match {}", pattern);
  return names;
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const auto x = take_number(a, i), y = take_number(b, j);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
    }
  }
  if (i < a.size() || j < b.size()) return j < b.size();
  return a < b;  // the same but for leading zeros
}

std::vector<fs::path> expand_patterns(const std::vector<std::string>& patterns) {
  std::vector<std::string> names;
  for (const auto& pattern : patterns)
    for (auto& name : matches_of(pattern))
      if (fs::is_regular_file(name)) names.push_back(std::move(name));
  std::sort(names.begin(), names.end(), natural_less);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return {names.begin(), names.end()};
}

}  // namespace gimbal
