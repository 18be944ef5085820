// SPDX-License-Identifier: GPL-3.0-or-later
#include "markup.h"

#include <set>
#include <vector>

namespace gimbal {

std::string markup_problem(const std::string& html) {
  const std::set<std::string> never_closed = {"meta", "img", "input", "!DOCTYPE"};
  std::vector<std::string> open;
  std::set<std::string> ids;
  for (std::size_t at = 0; (at = html.find('<', at)) != std::string::npos;) {
    std::size_t end = at + 1;
    bool quoted = false;
    while (end < html.size() && (quoted || html[end] != '>')) quoted ^= html[end++] == '"';
    const auto tag = html.substr(at + 1, end - at - 1);
    at = end;
    const auto name = tag.substr(0, tag.find_first_of(" /", 1));
    if (const auto id = tag.find(" id=\""); id != std::string::npos)
      if (!ids.insert(tag.substr(id + 5, tag.find('"', id + 5) - id - 5)).second)
        return "id used twice: " + tag;
    if (tag[0] == '/') {
      if (open.empty() || "/" + open.back() != tag)
        return "found <" + tag + "> inside " + (open.empty() ? "nothing" : open.back());
      open.pop_back();
    } else if (!tag.ends_with('/') && never_closed.count(name) == 0) {
      open.push_back(name);
      if (name == "style" || name == "script") at = html.find("</" + name, at);
    }
  }
  return open.empty() ? "" : "not closed: " + open.back();
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++n;
  return n;
}

}  // namespace gimbal
