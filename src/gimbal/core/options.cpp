// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/options.h"

#include "gimbal/core/error.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace gimbal {
namespace {

void check_number(const Option& option, double value) {
  const auto& spec = option.spec;
  if (value >= spec.min && value <= spec.max) return;  // false for NaN, too
  std::string range;
  if (spec.max == std::numeric_limits<double>::infinity())
    range = fmt::format("at least {}", spec.min);
  else if (spec.min == -std::numeric_limits<double>::infinity())
    range = fmt::format("at most {}", spec.max);
  else
    range = fmt::format("between {} and {}", spec.min, spec.max);
  throw UsageError(fmt::format("--{} is {}, but must be {}{}{}", option.name, value, range,
                               spec.unit.empty() ? "" : " ", spec.unit));
}

void check_choice(const Option& option, const std::string& value) {
  const auto& choices = option.spec.choices;
  if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return;
  throw UsageError(fmt::format("--{} is '{}', but must be one of: {}", option.name, value,
                               fmt::join(choices, ", ")));
}

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

void OptionTable::validate() const {
  for (const auto& option : options_)
    std::visit(Overloaded{[](const bool*) {}, [&](const int* v) { check_number(option, *v); },
                          [&](const double* v) { check_number(option, *v); },
                          [&](const std::string* v) { check_choice(option, *v); },
                          [](const std::vector<std::string>*) {}},
               option.value);
}

std::string option_text(const Option& option) {
  return std::visit(Overloaded{[](const bool* v) { return std::string(*v ? "yes" : "no"); },
                               [](const int* v) { return std::to_string(*v); },
                               [](const double* v) { return fmt::format("{}", *v); },
                               [](const std::string* v) { return *v; },
                               [](const std::vector<std::string>* v) {
                                 return fmt::format("{}", fmt::join(*v, " "));
                               }},
                    option.value);
}

NamedTexts result_options(const OptionTable& table) {
  NamedTexts texts;
  for (const auto& option : table.options())
    if (option.spec.result) texts.emplace_back(option.name, option_text(option));
  return texts;
}

}  // namespace gimbal
