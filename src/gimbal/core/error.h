// SPDX-License-Identifier: GPL-3.0-or-later
// How gimbal fails: one exception with a message that says what was found, what was expected,
// where, and what to do; callers add context lines on the way up. Findings are what checks return.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace gimbal {

class Error : public std::runtime_error {
 public:
  explicit Error(std::string message);

  // The message, followed by ", while <context>" for each context, innermost first.
  const char* what() const noexcept override { return text_.c_str(); }
  void add_context(const std::string& context);

 private:
  std::string text_;
};

// A wrong command line or option value: exit code 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...));
}

// Runs f; an Error that leaves it gets the line "context" ("reading the gain x.mrc").
template <typename F>
auto in_context(const std::string& context, F&& f) {
  try {
    return f();
  } catch (Error& error) {
    error.add_context(context);
    throw;
  }
}

enum class Severity { note, warning, error };

// The kinds of defects a file can have; the values are the exit mask of `gimbal validate`.
enum class Defect { none = 0, unreadable = 8, bad_header = 16, truncated = 32, inconsistent = 64 };

// One problem found by a check: it is reported, never thrown.
struct Finding {
  Severity severity = Severity::warning;
  Defect defect = Defect::none;
  std::string text;
};

using Findings = std::vector<Finding>;

}  // namespace gimbal
