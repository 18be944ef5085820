// SPDX-License-Identifier: GPL-3.0-or-later
// Any file that gimbal reads, described and checked: what `gimbal info` and `gimbal validate`
// print. The kinds of files are a table in describe.cpp; each has a function that describes and one
// that checks.
#pragma once

#include "gimbal/core/error.h"

#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace gimbal {

struct FileDescription {
  using Value = std::variant<std::string, long, double>;
  std::string kind;                                        // "image", "star", "mdoc"
  std::vector<std::pair<std::string, Value>> facts;        // for programs: {"nx", 4096}
  std::vector<std::pair<std::string, std::string>> lines;  // for people: {"pixel", "1.35 A"}
  Findings findings;

  void fact(std::string key, Value value) { facts.emplace_back(std::move(key), std::move(value)); }
  void line(std::string label, std::string text) {
    lines.emplace_back(std::move(label), std::move(text));
  }
};

// Throws Error for what cannot be read.
FileDescription describe_file(const std::filesystem::path& path);

// All that is wrong with a file, down to the last frame; empty when it is fine. Never throws
// because of the file.
Findings check_file(const std::filesystem::path& path);

// The defects of warnings and errors, OR-ed: the exit code of `gimbal validate`.
int defect_mask(const Findings& findings);

}  // namespace gimbal
