// SPDX-License-Identifier: GPL-3.0-or-later
// STAR files as RELION and Python's starfile write them: blocks that hold one list of label/value
// pairs, or one loop. Unknown blocks, columns and comments are kept; values stay the text that was
// read until they are set. Labels are without their underscore: "rlnTomoName".
#pragma once

#include <concepts>
#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gimbal {

// A number as RELION prints it: "3.000000", "-4.00000", "9.360878e-04", "-8.41783e-04".
std::string star_number(double value);

// A value about to be written: floating-point numbers get RELION's format, the rest is taken as is.
class StarValue {
 public:
  StarValue(std::string text) : text_(std::move(text)) {}
  StarValue(std::string_view text) : text_(text) {}
  StarValue(const char* text) : text_(text) {}
  StarValue(const std::filesystem::path& path) : text_(path.string()) {}
  StarValue(std::integral auto value) : text_(std::to_string(value)) {}
  StarValue(std::floating_point auto value) : text_(star_number(value)) {}
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// One block. Rows and columns count from 0; a list is a table of one row.
class StarTable {
 public:
  enum class Shape { list, loop };
  // Padding of a column: numbers to 12 characters, text to 10. `automatic` looks at the values.
  enum class Padding { automatic, text, number };

  StarTable() = default;
  StarTable(Shape shape, std::string name, std::vector<std::string> labels = {});

  std::string name;                   // "global" of data_global; may be empty
  std::vector<std::string> comments;  // lines with their '#'; written above the block's name

  Shape shape() const { return shape_; }
  const std::vector<std::string>& labels() const { return labels_; }
  std::size_t n_rows() const { return n_rows_; }
  std::size_t n_columns() const { return labels_.size(); }
  std::optional<std::size_t> column(std::string_view label) const;

  const std::string& at(std::size_t row, std::size_t column) const;
  // Errors name the block and the label.
  const std::string& at(std::size_t row, std::string_view label) const;
  double number(std::size_t row, std::string_view label) const;

  // Adds a column when there is none of that label; rows that have no value yet hold `missing`.
  std::size_t add_column(std::string label, const StarValue& missing = "None");
  void erase_column(std::string_view label);
  void set_padding(std::string_view label, Padding padding);
  // As many values as there are columns.
  void add_row(const std::vector<StarValue>& values);
  void set(std::size_t row, std::size_t column, const StarValue& value);
  void set(std::size_t row, std::string_view label, const StarValue& value);
  // Lists: one more pair.
  StarTable& pair(std::string label, const StarValue& value);

  std::string text() const;  // the whole block, as it stands in a file

 private:
  friend class StarReader;
  bool is_numeric(std::size_t column) const;
  std::string loop_text() const;
  std::string list_text() const;

  Shape shape_ = Shape::loop;
  std::vector<std::string> labels_;
  std::vector<Padding> padding_;
  std::vector<std::string> values_;  // row by row
  std::size_t n_rows_ = 0;
};

struct StarDocument {
  std::string source;  // file name, for messages
  std::vector<StarTable> tables;

  // The block of that name; when there is none, the only one whose name differs just in case.
  const StarTable* find(std::string_view name) const;
  StarTable* find(std::string_view name);
  // Errors list the blocks that there are.
  const StarTable& at(std::string_view name) const;
  StarTable& at(std::string_view name);
};

StarDocument parse_star(const std::string& text, const std::string& source);
StarDocument read_star(const std::filesystem::path& path);

// Blocks without a "# version" comment get "# version 50001", as RELION 5 writes.
std::string star_text(const StarDocument& document);
void write_star(const std::filesystem::path& path, const StarDocument& document);

}  // namespace gimbal
