// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/star.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/io/cif.h"
#include "gimbal/io/file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <cmath>

namespace gimbal {
namespace {

constexpr std::size_t number_width = 12, text_width = 10;

void append_right(std::string& out, const std::string& word, std::size_t width) {
  if (word.size() < width) out.append(width - word.size(), ' ');
  out += word;
}

// Can a quoted word end at an inner quote? Only when white space or a comment follows it.
bool closes_early(std::string_view word, char quote) {
  for (std::size_t i = 0; i + 1 < word.size(); ++i)
    if (word[i] == quote && std::string_view(" \t#").find(word[i + 1]) != std::string_view::npos)
      return true;
  return false;
}

// The word as it must stand in a file.
std::string quoted(const std::string& word) {
  const auto is_control = [](unsigned char c) {
    return (c < ' ' && c != '\t' && c != '\n') || c == 127;
  };
  if (std::any_of(word.begin(), word.end(), is_control))
    fail("cannot write a value with control characters to a STAR file: {}", word);
  if (word.find('\n') != std::string::npos) return "\n;" + word + "\n;";
  const bool plain = !word.empty() && word.find_first_of(" \t") == std::string::npos &&
                     std::string_view("_#$'\";").find(word.front()) == std::string_view::npos &&
                     !is_reserved_word(word);
  if (plain) return word;
  const char quote = closes_early(word, '"') ? '\'' : '"';
  if (closes_early(word, quote))
    fail("cannot write the value {} to a STAR file: it holds both kinds of quotes before blanks",
         word);
  return quote + word + quote;
}

}  // namespace

std::string star_number(double value) {
  if (value == 0.0) value = 0.0;  // no negative zero
  const double size = std::abs(value);
  const int decimals = value < 0.0 ? 5 : 6;
  if ((size > 0.0 && size < 1e-3) || size > 1e5) return fmt::format("{:.{}e}", value, decimals);
  return fmt::format("{:.{}f}", value, decimals);
}

StarTable::StarTable(Shape shape, std::string table_name, std::vector<std::string> labels)
    : name(std::move(table_name)), shape_(shape), labels_(std::move(labels)) {
  padding_.resize(labels_.size(), Padding::automatic);
}

std::optional<std::size_t> StarTable::column(std::string_view label) const {
  const auto found = std::find(labels_.begin(), labels_.end(), label);
  if (found == labels_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - labels_.begin());
}

const std::string& StarTable::at(std::size_t row, std::size_t column) const {
  assert(row < n_rows_ && column < labels_.size());
  return values_[row * labels_.size() + column];
}

const std::string& StarTable::at(std::size_t row, std::string_view label) const {
  const auto found = column(label);
  if (!found) fail("the block data_{} has no column _{}", name, label);
  if (row >= n_rows_) fail("the block data_{} has {} rows, but no row {}", name, n_rows_, row + 1);
  return at(row, *found);
}

double StarTable::number(std::size_t row, std::string_view label) const {
  const auto& text = at(row, label);
  const auto value = parse_double(text);
  if (!value)
    fail("_{} in row {} of the block data_{} is '{}', but a number was expected", label, row + 1,
         name, text);
  return *value;
}

std::size_t StarTable::add_column(std::string label, const StarValue& missing) {
  if (const auto found = column(label)) return *found;
  const std::size_t old = labels_.size();
  std::vector<std::string> values;
  values.reserve(n_rows_ * (old + 1));
  for (std::size_t row = 0; row < n_rows_; ++row) {
    for (std::size_t c = 0; c < old; ++c) values.push_back(std::move(values_[row * old + c]));
    values.push_back(missing.text());
  }
  values_ = std::move(values);
  labels_.push_back(std::move(label));
  padding_.push_back(Padding::automatic);
  return old;
}

void StarTable::erase_column(std::string_view label) {
  const auto found = column(label);
  if (!found) return;
  const std::size_t old = labels_.size();
  std::size_t index = 0;
  std::erase_if(values_, [&](const std::string&) { return index++ % old == *found; });
  labels_.erase(labels_.begin() + static_cast<std::ptrdiff_t>(*found));
  padding_.erase(padding_.begin() + static_cast<std::ptrdiff_t>(*found));
}

void StarTable::set_padding(std::string_view label, Padding padding) {
  if (const auto found = column(label)) padding_[*found] = padding;
}

void StarTable::add_row(const std::vector<StarValue>& values) {
  if (values.size() != labels_.size())
    fail("the block data_{} has {} columns, but a row of {} values was added", name, labels_.size(),
         values.size());
  for (const auto& value : values) values_.push_back(value.text());
  ++n_rows_;
}

void StarTable::set(std::size_t row, std::size_t column, const StarValue& value) {
  assert(row < n_rows_ && column < labels_.size());
  values_[row * labels_.size() + column] = value.text();
}

void StarTable::set(std::size_t row, std::string_view label, const StarValue& value) {
  set(row, add_column(std::string(label)), value);
}

StarTable& StarTable::pair(std::string label, const StarValue& value) {
  if (n_rows_ == 0) n_rows_ = 1;
  set(0, add_column(std::move(label)), value);
  return *this;
}

bool StarTable::is_numeric(std::size_t column) const {
  if (padding_[column] != Padding::automatic) return padding_[column] == Padding::number;
  for (std::size_t row = 0; row < n_rows_; ++row)
    if (!parse_double(at(row, column))) return false;
  return true;
}

std::string StarTable::loop_text() const {
  std::string out = "loop_ \n";
  for (std::size_t c = 0; c < labels_.size(); ++c)
    out += fmt::format("_{} #{} \n", labels_[c], c + 1);
  std::vector<std::size_t> width(labels_.size());
  for (std::size_t c = 0; c < labels_.size(); ++c)
    width[c] = is_numeric(c) ? number_width : text_width;
  for (std::size_t row = 0; row < n_rows_; ++row) {
    for (std::size_t c = 0; c < labels_.size(); ++c) {
      append_right(out, quoted(at(row, c)), width[c]);
      out += ' ';
    }
    out += '\n';
  }
  return out;
}

std::string StarTable::list_text() const {
  std::size_t longest = 0;
  for (const auto& label : labels_) longest = std::max(longest, label.size() + 1);
  std::string out;
  for (std::size_t c = 0; c < labels_.size(); ++c) {
    out += '_' + labels_[c] + std::string(longest + 12 - labels_[c].size() - 1, ' ');
    append_right(out, quoted(at(0, c)), is_numeric(c) ? number_width : text_width);
    out += '\n';
  }
  return out;
}

std::string StarTable::text() const {
  std::string out = "\n";
  const bool has_version = std::any_of(comments.begin(), comments.end(), [](const auto& line) {
    return line.find("version ") != std::string::npos;
  });
  if (!has_version) out += "# version 50001\n";
  for (const auto& line : comments) out += line + '\n';
  out += "\ndata_" + name + "\n\n";
  if (!labels_.empty()) out += shape_ == Shape::list ? list_text() : loop_text();
  return out + " \n";
}

const StarTable* StarDocument::find(std::string_view name) const {
  for (const auto& table : tables)
    if (table.name == name) return &table;
  const StarTable* found = nullptr;
  for (const auto& table : tables) {
    if (!iequals(table.name, name)) continue;
    if (found != nullptr) return nullptr;
    found = &table;
  }
  return found;
}

StarTable* StarDocument::find(std::string_view name) {
  return const_cast<StarTable*>(std::as_const(*this).find(name));
}

const StarTable& StarDocument::at(std::string_view name) const {
  if (const auto* table = find(name)) return *table;
  std::vector<std::string> names;
  for (const auto& table : tables) names.push_back("data_" + table.name);
  fail("{} has no block data_{}; its blocks are: {}", source, name,
       names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
}

StarTable& StarDocument::at(std::string_view name) {
  return const_cast<StarTable&>(std::as_const(*this).at(name));
}

StarDocument read_star(const std::filesystem::path& path) {
  return parse_star(read_text(path), path.string());
}

std::string star_text(const StarDocument& document) {
  std::string out;
  for (const auto& table : document.tables) out += table.text();
  return out;
}

void write_star(const std::filesystem::path& path, const StarDocument& document) {
  write_text_atomically(path, star_text(document));
}

}  // namespace gimbal
