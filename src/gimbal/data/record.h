// SPDX-License-Identifier: GPL-3.0-or-later
// One row of a STAR table: label -> value in order, whatever the labels are. Values that are not
// set keep the text they were read with.
#pragma once

#include "gimbal/io/star.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gimbal {

class Record {
 public:
  struct Field {
    std::string label;
    std::string value;
  };

  const std::vector<Field>& fields() const { return fields_; }
  bool has(std::string_view label) const { return find(label) != nullptr; }
  const std::string* find(std::string_view label) const;

  // Errors name the label and the record when it is missing or not a number.
  const std::string& text(std::string_view label) const;
  double number(std::string_view label) const;
  long integer(std::string_view label) const;
  // Nothing when the label is missing; an Error when its value is not a number.
  std::optional<double> optional_number(std::string_view label) const;

  // Replaces the value, or appends the label.
  Record& set(std::string_view label, const StarValue& value);
  void erase(std::string_view label);

  std::string where;  // "row 3 of data_TS_01 in x.star", for messages

 private:
  std::vector<Field> fields_;
};

// Rows of a table; `source` is its file.
std::vector<Record> records_of(const StarTable& table, const std::string& source);

// A loop of all records. Columns come in the order of first appearance; a record that lacks one
// gets "None" (text), 0 (integers) or nan (numbers).
StarTable table_of(const std::string& name, const std::vector<Record>& records);

}  // namespace gimbal
