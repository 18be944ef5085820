// SPDX-License-Identifier: GPL-3.0-or-later
#include "documentation.h"

#include "gimbal/core/text.h"
#include "gimbal/core/version.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace gimbal::app {
namespace {

constexpr const char* exit_codes = "0 done, 1 failed, 2 wrong usage, 3 done but some items failed";

std::string exit_codes_of(const Command& command) {
  return command.exit_codes.empty() ? exit_codes : command.exit_codes;
}

bool is_flag(const Option& option) {
  return std::holds_alternative<bool*>(option.value);
}

// "-o" or "--bin_factor".
std::string dashed(const std::string& name) {
  return (name.size() == 1 ? "-" : "--") + name;
}

// "at least 1", "0 to 2", "0 | 1 | auto"; empty for anything.
std::string allowed(const OptionSpec& spec) {
  if (!spec.choices.empty()) return fmt::format("{}", fmt::join(spec.choices, ", "));
  const bool low = std::isfinite(spec.min);
  const bool high = std::isfinite(spec.max);
  if (low && high) return fmt::format("{} to {}", spec.min, spec.max);
  if (low) return fmt::format("at least {}", spec.min);
  if (high) return fmt::format("at most {}", spec.max);
  return {};
}

std::string default_text(const Option& option) {
  if (option.spec.required) return "(required)";
  const auto value = option_text(option);
  if (value.empty()) return "";
  return option.spec.unit.empty() || is_flag(option) ? value : value + " " + option.spec.unit;
}

// The headings in order of appearance; options without one come under "Options".
std::vector<std::string> groups(const OptionTable& table) {
  std::vector<std::string> names;
  for (const auto& option : table.options())
    if (std::find(names.begin(), names.end(), option.spec.group) == names.end())
      names.push_back(option.spec.group);
  return names;
}

std::string usage(const Command& command) {
  return fmt::format("gimbal {} [OPTIONS]{}", command.name,
                     command.positional.empty() ? "" : " " + command.positional + "...");
}

std::string markdown_row(const Option& option) {
  std::string names = fmt::format("`--{}`", option.name);
  for (const auto& alias : option.spec.aliases) names += fmt::format(", `{}`", dashed(alias));
  std::string help = replace_all(option.spec.help, "|", "\\|");
  if (const auto range = allowed(option.spec); !range.empty()) help += fmt::format(" ({})", range);
  return fmt::format("| {} | {} | {} |\n", names, default_text(option), help);
}

// Characters that mean something to troff at the start of a line or anywhere in it.
std::string troff(std::string text) {
  text = replace_all(replace_all(std::move(text), "\\", "\\e"), "-", "\\-");
  return text.starts_with('.') || text.starts_with('\'') ? "\\&" + text : text;
}

std::string man_section(const Command& command) {
  std::string text = fmt::format(".SS {}\n.B {}\n.PP\n{}\n", command.name, troff(usage(command)),
                                 troff(command.description));
  for (const auto& option : command.table.options()) {
    const auto fallback = default_text(option);
    text += fmt::format(".TP\n.B {}\n{}{}\n", troff("--" + option.name), troff(option.spec.help),
                        fallback.empty() ? "" : troff(fmt::format(" [{}]", fallback)));
  }
  return text;
}

// Indented lines of a description are a list: a block of their own in Markdown.
std::string markdown_text(std::string text) {
  return replace_all(replace_all(std::move(text), ":\n  ", ":\n\n  "), "\n  ", "\n    ");
}

}  // namespace

std::string markdown_page(const Command& command) {
  std::string text = fmt::format(
      "# gimbal {}\n\n{}.\n\n{}\n\n    {}\n\n"
      "This page is made by `gimbal help --markdown {}` (scripts/update-docs.sh).\n",
      command.name, command.summary, markdown_text(command.description), usage(command),
      command.name);
  for (const auto& group : groups(command.table)) {
    text += fmt::format("\n## {}\n\n| option | default | meaning |\n|---|---|---|\n",
                        group.empty() ? "Options" : group);
    for (const auto& option : command.table.options())
      if (option.spec.group == group) text += markdown_row(option);
  }
  if (!command.examples.empty())
    text += fmt::format("\n## Examples\n\n    {}\n", fmt::join(command.examples, "\n    "));
  return text + fmt::format("\nExit codes: {}.\n", exit_codes_of(command));
}

std::string man_page(const std::vector<Command>& commands) {
  std::string text = fmt::format(
      ".TH GIMBAL 1 \"\" \"gimbal {}\"\n.SH NAME\ngimbal \\- motion correction and alignment of "
      "cryo\\-electron tomography tilt series\n.SH SYNOPSIS\n.B gimbal\nCOMMAND [OPTIONS]\n"
      ".SH COMMANDS\n",
      version);
  for (const auto& command : commands)
    text += fmt::format(".TP\n.B {}\n{}\n", command.name, troff(command.summary));
  text += ".SH OPTIONS\n";
  for (const auto& command : commands) text += man_section(command);
  return text + fmt::format(".SH EXIT STATUS\n{}\n", troff(exit_codes));
}

std::string bash_completion(const std::vector<Command>& commands) {
  std::string names;
  std::string cases;
  for (const auto& command : commands) {
    names += command.name + " ";
    std::string options;
    for (const auto& option : command.table.options()) options += "--" + option.name + " ";
    cases += fmt::format("    {}) words='{}--help' ;;\n", command.name, options);
  }
  return fmt::format(
      "# Completion of gimbal for bash.\n"
      "_gimbal() {{\n"
      "  local words='{}help'\n"
      "  if [ \"$COMP_CWORD\" -gt 1 ]; then case \"${{COMP_WORDS[1]}}\" in\n{}"
      "    *) words='' ;;\n"
      "  esac; fi\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${{COMP_WORDS[COMP_CWORD]}}\")\n"
      "}}\n"
      "complete -o default -F _gimbal gimbal\n",
      names, cases);
}

}  // namespace gimbal::app
