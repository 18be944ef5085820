// SPDX-License-Identifier: GPL-3.0-or-later
// The one declaration of an option. Options are plain structs whose members hold the defaults; each
// struct has a function describe(OptionTable&) that names every member once, with unit, range and
// help. The command line, the generated documentation, the RELION-compatible front ends and the
// records of a run are all made from the table.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gimbal {

struct OptionSpec {
  std::string help;       // one sentence: meaning, and what special values do
  std::string unit = {};  // "A", "e/A^2", "px", "deg"; empty for pure numbers
  double min = -std::numeric_limits<double>::infinity();  // numbers: inclusive range
  double max = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices = {};  // strings: the allowed words; empty for any
  std::vector<std::string> aliases = {};  // other names, without dashes
  bool required = false;
  bool result = true;  // false: cannot change a result (threads, resume), so not part of a record
  std::string group = {};  // heading in the help
};

struct Option {
  std::string name;  // without dashes; '-' and '_' are the same on the command line
  std::variant<bool*, int*, double*, std::string*, std::vector<std::string>*> value;
  OptionSpec spec;
};

class OptionTable {
 public:
  template <typename T>
  void add(std::string name, T& value, OptionSpec spec) {
    options_.push_back({std::move(name), &value, std::move(spec)});
  }
  const std::vector<Option>& options() const { return options_; }
  // Throws UsageError, naming the option, the value found and the range, when a value is out of
  // range.
  void validate() const;

 private:
  std::vector<Option> options_;
};

// Adds options below one heading of a table.
class OptionGroup {
 public:
  OptionGroup(OptionTable& table, std::string heading)
      : table_(table), heading_(std::move(heading)) {}
  template <typename T>
  void add(std::string name, T& value, OptionSpec spec) const {
    spec.group = heading_;
    table_.add(std::move(name), value, std::move(spec));
  }

 private:
  OptionTable& table_;
  std::string heading_;
};

// The current value as text (as one would type it), for help, documentation and records.
std::string option_text(const Option& option);

using NamedTexts = std::vector<std::pair<std::string, std::string>>;
// Names and values of the options that can change a result.
NamedTexts result_options(const OptionTable& table);

}  // namespace gimbal
