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

// As it is meant: troff would make typographic quotes and hyphens of some characters, and takes a
// line that begins with a point or an apostrophe for a request.
std::string troff(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '\\':
        result += "\\e";
        break;
      case '-':
        result += "\\-";
        break;
      case '\'':
        result += "\\(aq";
        break;
      case '`':
        result += "\\(ga";
        break;
      case '^':
        result += "\\(ha";
        break;
      case '~':
        result += "\\(ti";
        break;
      case '.':
        result += result.empty() || result.back() == '\n' ? "\\&." : ".";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string bold(const std::string& text) {
  return "\\fB" + troff(text) + "\\fR";
}

// Lines as they are, in a block of their own.
std::string verbatim(const std::string& lines) {
  return fmt::format(".RS 4\n.nf\n{}\n.fi\n.RE\n", troff(lines));
}

// Indented lines of a description are a list, others are paragraphs.
std::string man_text(const std::string& text) {
  std::string result, list;
  const auto end_list = [&] {
    if (!list.empty()) result += verbatim(list);
    list.clear();
  };
  for (const auto line : split(text, '\n')) {
    if (line.starts_with("  ")) {
      list += (list.empty() ? "" : "\n") + std::string(line.substr(2));
      continue;
    }
    end_list();
    if (!line.empty()) result += ".PP\n" + troff(std::string(line)) + "\n";
  }
  end_list();
  return result;
}

std::string man_option(const Option& option) {
  const bool flag = is_flag(option);
  const std::string value =
      flag ? "" : " \\fI" + troff(option.spec.unit.empty() ? "VALUE" : option.spec.unit) + "\\fR";
  std::string names = bold("--" + option.name) + value;
  for (const auto& alias : option.spec.aliases) names += ", " + bold(dashed(alias)) + value;
  std::string text = troff(option.spec.help);
  if (const auto range = allowed(option.spec); !range.empty())
    text += troff(fmt::format(" ({})", range));
  if (option.spec.required)
    text += " [required]";
  else if (const auto fallback = default_text(option); !flag && !fallback.empty())
    text += troff(fmt::format(" [{}]", fallback));
  return fmt::format(".TP\n{}\n{}\n", names, text);
}

// For the line "name - what it does".
std::string first_lower(std::string text) {
  if (!text.empty()) text.front() = to_lower(text.substr(0, 1)).front();
  return text;
}

std::string man_head(const std::string& name, const std::string& summary) {
  return fmt::format(
      ".TH {} 1 \"\" \"gimbal {}\" \"gimbal\"\n.nh\n.ad l\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n",
      troff(name), version, troff(name), troff(summary));
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

std::string man_page(const Command& command) {
  std::string text = man_head("gimbal-" + command.name, first_lower(command.summary));
  text += fmt::format("{} [\\fIOPTIONS\\fR]", bold("gimbal " + command.name));
  if (!command.positional.empty()) text += fmt::format(" \\fI{}\\fR...", troff(command.positional));
  text += "\n.SH DESCRIPTION\n" + man_text(command.description);
  if (!command.table.options().empty()) text += ".SH OPTIONS\n";
  for (const auto& group : groups(command.table)) {
    if (!group.empty() && group != "Options") text += fmt::format(".SS {}\n", troff(group));
    for (const auto& option : command.table.options())
      if (option.spec.group == group) text += man_option(option);
  }
  if (!command.examples.empty())
    text += ".SH EXAMPLES\n" + verbatim(fmt::format("{}", fmt::join(command.examples, "\n")));
  return text + fmt::format(".SH EXIT STATUS\n{}.\n.SH SEE ALSO\n{}(1)\n",
                            troff(exit_codes_of(command)), bold("gimbal"));
}

std::string man_overview(const std::vector<Command>& commands) {
  std::string text =
      man_head("gimbal", "motion correction and alignment of cryo-electron tomography tilt series");
  text += fmt::format("{} \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.SH COMMANDS\n", bold("gimbal"));
  std::vector<std::string> pages;
  for (const auto& command : commands) {
    text += fmt::format(".TP\n{}\n{}\n", bold(command.name), troff(command.summary));
    pages.push_back(bold("gimbal-" + command.name) + "(1)");
  }
  text += fmt::format(".PP\nHelp on a command: {} or {}.\n", bold("gimbal COMMAND --help"),
                      bold("man gimbal-COMMAND"));
  return text + fmt::format(".SH EXIT STATUS\n{}.\n.SH SEE ALSO\n{}\n", troff(exit_codes),
                            fmt::join(pages, ", "));
}

std::string bash_completion(const std::vector<Command>& commands) {
  std::string names, cases, values;
  for (const auto& command : commands) {
    names += command.name + " ";
    std::string options;
    for (const auto& option : command.table.options()) {
      options += "--" + option.name + " ";
      if (!option.spec.choices.empty())
        values += fmt::format("    {}:--{}) words='{}' ;;\n", command.name, option.name,
                              fmt::join(option.spec.choices, " "));
    }
    cases += fmt::format("    {}) words='{}--help' ;;\n", command.name, options);
  }
  return fmt::format(
      "# Completion of gimbal for bash.\n"
      "_gimbal() {{\n"
      "  local words='{}help' word=${{COMP_WORDS[COMP_CWORD]}}\n"
      "  if [ \"$COMP_CWORD\" -gt 1 ]; then case \"${{COMP_WORDS[1]}}\" in\n{}"
      "    help) ;;\n"
      "    *) words='' ;;\n"
      "  esac; fi\n"
      "  if [ \"$COMP_CWORD\" -gt 2 ]; then case "
      "\"${{COMP_WORDS[1]}}:${{COMP_WORDS[COMP_CWORD - 1]}}\" in\n{}"
      "  esac; fi\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
      "}}\n"
      "complete -o default -F _gimbal gimbal\n",
      names, cases, values);
}

}  // namespace gimbal::app
