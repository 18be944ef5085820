// SPDX-License-Identifier: GPL-3.0-or-later
// The CIF grammar, which STAR files follow: gemmi's parser is behind this file. Plain C++17: clang
// 14 cannot compile gemmi's headers as C++20.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gimbal {

// A pair (one tag, one value) or a loop, as it stands in the file. Tags keep their underscore,
// values have lost their quotes.
struct CifItem {
  bool loop = false;
  int line = 0;
  std::vector<std::string> tags;
  std::vector<std::string> values;  // loops: row by row; a pair without a value has none
};

struct CifBlock {
  std::string name;
  std::vector<CifItem> items;
};

struct CifError : std::runtime_error {
  CifError(const std::string& message, int where, bool is_ragged)
      : std::runtime_error(message), line(where), ragged(is_ragged) {}
  int line;
  bool ragged;  // a loop whose values do not fill its last row; `line` is where it ends
};

std::vector<CifBlock> parse_cif(const std::string& text);

// Starts with data_, loop_, save_, stop_ or global_ in any case: as a value it needs quotes.
bool is_reserved_word(std::string_view word);

}  // namespace gimbal
