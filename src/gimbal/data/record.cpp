// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/record.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/data/labels.h"

#include <algorithm>
#include <limits>

namespace gimbal {
namespace {

StarValue missing_value(std::string_view label) {
  const auto* info = find_label(label);
  if (info != nullptr && info->type == LabelType::integer) return 0;
  if (info != nullptr && info->type == LabelType::real)
    return std::numeric_limits<double>::quiet_NaN();
  return "None";
}

}  // namespace

const std::string* Record::find(std::string_view label) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [&](const Field& field) { return field.label == label; });
  return found == fields_.end() ? nullptr : &found->value;
}

const std::string& Record::text(std::string_view label) const {
  const auto* value = find(label);
  if (value == nullptr) fail("_{} is missing in {}", label, where);
  return *value;
}

double Record::number(std::string_view label) const {
  const auto& value = text(label);
  const auto number = parse_double(value);
  if (!number) fail("_{} is '{}' in {}, but a number was expected", label, value, where);
  return *number;
}

long Record::integer(std::string_view label) const {
  const double value = number(label);
  if (!(value >= -1e15 && value <= 1e15) || value != static_cast<double>(static_cast<long>(value)))
    fail("_{} is '{}' in {}, but a whole number was expected", label, text(label), where);
  return static_cast<long>(value);
}

std::optional<double> Record::optional_number(std::string_view label) const {
  if (!has(label)) return std::nullopt;
  return number(label);
}

Record& Record::set(std::string_view label, const StarValue& value) {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [&](const Field& field) { return field.label == label; });
  if (found != fields_.end())
    found->value = value.text();
  else
    fields_.push_back({std::string(label), value.text()});
  return *this;
}

void Record::erase(std::string_view label) {
  std::erase_if(fields_, [&](const Field& field) { return field.label == label; });
}

std::vector<Record> records_of(const StarTable& table, const std::string& source) {
  std::vector<Record> records(table.n_rows());
  for (std::size_t row = 0; row < table.n_rows(); ++row) {
    records[row].where = fmt::format("row {} of data_{} in {}", row + 1, table.name, source);
    for (std::size_t c = 0; c < table.n_columns(); ++c)
      records[row].set(table.labels()[c], table.at(row, c));
  }
  return records;
}

StarTable table_of(const std::string& name, const std::vector<Record>& records) {
  StarTable table(StarTable::Shape::loop, name);
  for (const auto& record : records)
    for (const auto& field : record.fields()) table.add_column(field.label);
  for (const auto& record : records) {
    std::vector<StarValue> row;
    row.reserve(table.n_columns());
    for (const auto& label : table.labels()) {
      const auto* value = record.find(label);
      row.push_back(value != nullptr ? StarValue(*value) : missing_value(label));
    }
    table.add_row(row);
  }
  for (const auto& label : table.labels())
    if (const auto* info = find_label(label))
      table.set_padding(label, info->type == LabelType::text ? StarTable::Padding::text
                                                             : StarTable::Padding::number);
  return table;
}

}  // namespace gimbal
