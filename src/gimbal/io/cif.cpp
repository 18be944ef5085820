// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/cif.h"

#include "gimbal/core/text.h"

#include <gemmi/cif.hpp>

namespace gimbal {
namespace {

std::string unquoted(std::string& value) {
  const char first = value.empty() ? 'a' : value.front();
  if (first != '"' && first != '\'' && first != ';') return std::move(value);
  return gemmi::cif::as_string(value);
}

CifItem item_of(gemmi::cif::Item& item) {
  CifItem result;
  result.line = item.line_number;
  if (item.type == gemmi::cif::ItemType::Loop) {
    result.loop = true;
    result.tags = std::move(item.loop.tags);
    result.values.reserve(item.loop.values.size());
    for (auto& value : item.loop.values) result.values.push_back(unquoted(value));
  } else if (item.type == gemmi::cif::ItemType::Pair) {
    result.tags.push_back(std::move(item.pair[0]));
    if (!item.pair[1].empty()) result.values.push_back(unquoted(item.pair[1]));
  } else {
    throw CifError("save_ frames are not part of the STAR files of this field", item.line_number,
                   false);
  }
  return result;
}

}  // namespace

std::vector<CifBlock> parse_cif(const std::string& text) {
  gemmi::cif::Document document;
  try {
    tao::pegtl::memory_input<> input(text, "");
    gemmi::cif::parse_input(document, input);
  } catch (const tao::pegtl::parse_error& error) {
    const std::string message(error.message());
    throw CifError(message == "parse error" ? "the text is not in STAR format here" : message,
                   static_cast<int>(error.positions().front().line),
                   message == "Wrong number of values in the loop");
  }
  std::vector<CifBlock> blocks;
  for (auto& block : document.blocks) {
    auto& result = blocks.emplace_back();
    if (block.name != "#") result.name = std::move(block.name);  // gemmi's word for a bare data_
    for (auto& item : block.items) result.items.push_back(item_of(item));
  }
  return blocks;
}

bool is_reserved_word(std::string_view word) {
  for (const std::string_view keyword : {"data_", "loop_", "save_", "stop_", "global_"})
    if (word.size() >= keyword.size() && iequals(word.substr(0, keyword.size()), keyword))
      return true;
  return false;
}

}  // namespace gimbal
