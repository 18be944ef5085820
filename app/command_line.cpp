// SPDX-License-Identifier: GPL-3.0-or-later
#include "command_line.h"

#include "documentation.h"
#include "job_folder.h"
#include "mpi_session.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/core/version.h"
#include "gimbal/io/file.h"

#include <CLI/CLI.hpp>
#include <fmt/ranges.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <numeric>

namespace gimbal::app {
namespace {

std::string canonical(std::string name) {
  return to_lower(replace_all(std::move(name), "-", "_"));
}

// How many letters have to be put in, taken out or changed to make the one from the other.
std::size_t letters_apart(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

// "; did you mean X?" where a name is near enough to a mistyped one.
std::string suggestion(const std::string& wrong, const std::vector<std::string>& names) {
  std::size_t nearest = std::min<std::size_t>(3, wrong.size() / 2);  // nearer than that
  std::string found;
  for (const auto& name : names)
    if (const auto apart = letters_apart(wrong, name); apart < nearest) {
      nearest = apart;
      found = name;
    }
  return found.empty() ? "" : fmt::format("; did you mean '{}'?", found);
}

std::string help_text(const Option& option) {
  std::string text = option.spec.help;
  if (!option.spec.choices.empty())
    text += fmt::format(" ({})", fmt::join(option.spec.choices, "|"));
  const auto value = option_text(option);
  const bool flag = std::holds_alternative<bool*>(option.value);
  if (!flag && !value.empty())
    text += fmt::format(" [{}{}{}]", value, option.spec.unit.empty() ? "" : " ", option.spec.unit);
  else if (!option.spec.unit.empty())
    text += fmt::format(" [{}]", option.spec.unit);
  return text;
}

// "--only-do-unfinished", "--Only_Do_Unfinished=yes" -> "--only_do_unfinished=yes" as declared.
std::string normalised(const std::string& word, const std::map<std::string, std::string>& names) {
  if (!word.starts_with("--")) return word;
  const auto equals = word.find('=');
  const auto found =
      names.find(canonical(word.substr(2, equals == std::string::npos ? equals : equals - 2)));
  if (found == names.end()) return word;
  return "--" + found->second + (equals == std::string::npos ? "" : word.substr(equals));
}

const Option* option_of(const std::string& word, const Command& command) {
  for (const auto& option : command.table.options()) {
    const auto& aliases = option.spec.aliases;
    if (word == "--" + option.name ||
        std::any_of(aliases.begin(), aliases.end(), [&](auto& a) { return word == "--" + a; }))
      return &option;
  }
  return nullptr;
}

// Whether `next` is the value of `word`, which the parser would not see by itself: a flag's "yes"
// (as RELION's External job gives it), or a text that begins with a dash ("-Tol 0.5").
bool takes(const std::string& word, const std::string& next, const Command& command) {
  const auto* option = option_of(word, command);
  if (option == nullptr) return false;
  if (std::holds_alternative<bool*>(option->value)) {
    const std::string answer = to_lower(next);
    return answer == "yes" || answer == "no" || answer == "true" || answer == "false";
  }
  return std::holds_alternative<std::string*>(option->value) && next.starts_with('-') &&
         next.find(' ') != std::string::npos;
}

std::vector<std::string> prepared(const std::vector<std::string>& words, const Command& command,
                                  const std::map<std::string, std::string>& names) {
  std::vector<std::string> result;
  for (const auto& word : words) {
    if (!result.empty() && takes(result.back(), word, command))
      result.back() += '=' + word;
    else
      result.push_back(normalised(word, names));
  }
  std::reverse(result.begin(), result.end());  // as the parser wants them
  return result;
}

// Said before anything else: what is missing may be there, but mistyped.
void check_names(const std::vector<std::string>& prepared_words, const Command& command,
                 const std::map<std::string, std::string>& names) {
  bool is_value = false;  // of the option before: the parser takes it, whatever it looks like
  for (auto word = prepared_words.rbegin(); word != prepared_words.rend(); ++word) {
    const std::string name = word->substr(0, word->find('='));
    const bool is_name = !is_value && name.starts_with("--") && name != "--help";
    const auto* option = is_value ? nullptr : option_of(*word, command);
    is_value = option != nullptr && !std::holds_alternative<bool*>(option->value);
    if (!is_name || names.count(canonical(name.substr(2))) > 0) continue;
    std::vector<std::string> known{"--help"};
    for (const auto& [canonical_name, declared] : names) known.push_back("--" + declared);
    throw UsageError(fmt::format("there is no option '{}'{}", name,
                                 suggestion("--" + canonical(name.substr(2)), known)));
  }
}

// One letter may have one dash or two; "-h" is the help.
std::string flags_of(const std::string& name) {
  return name.size() == 1 && name != "h" ? "-" + name + ",--" + name : "--" + name;
}

void bind(CLI::App& cli, Command& command, std::map<std::string, std::string>& names) {
  for (const auto& option : command.table.options()) {
    names[canonical(option.name)] = option.name;
    std::string flags = flags_of(option.name);
    for (const auto& alias : option.spec.aliases) {
      flags += "," + flags_of(alias);
      names[canonical(alias)] = alias;
    }
    CLI::Option* bound = std::visit(
        [&](auto* value) -> CLI::Option* {
          if constexpr (std::is_same_v<decltype(value), bool*>)
            return cli.add_flag(flags, *value, help_text(option));
          else
            return cli.add_option(flags, *value, help_text(option));
        },
        option.value);
    // The last one counts: RELION's window puts the user's own arguments behind those of its
    // fields.
    bound->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    if (option.spec.required) bound->required();
    if (!option.spec.group.empty()) bound->group(option.spec.group);
    if (auto* list = std::get_if<std::vector<std::string>*>(&option.value); list != nullptr)
      bound->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->expected(1, -1);
  }
  if (!command.positional.empty())
    cli.add_option(command.positional, command.arguments, "")->required();
}

}  // namespace

int run_command(Command& command, const std::vector<std::string>& words) {
  CLI::App cli(command.description, "gimbal " + command.name);
  std::map<std::string, std::string> names;
  bind(cli, command, names);
  std::string footer;
  if (!command.examples.empty())
    footer = fmt::format("Examples:\n  {}", fmt::join(command.examples, "\n  "));
  if (!command.exit_codes.empty())
    footer += fmt::format("{}Exit codes: {}.", footer.empty() ? "" : "\n", command.exit_codes);
  cli.footer(footer);
  auto reversed = prepared(words, command, names);
  try {
    check_names(reversed, command, names);
    cli.parse(reversed);
    for (const auto& option : command.table.options())
      if (cli.get_option("--" + option.name)->count() > 0) command.given.insert(option.name);
    command.table.validate();
    return command.run(command);
  } catch (const CLI::CallForHelp&) {
    std::cout << cli.help();
    return exit_done;
  } catch (const CLI::ParseError& error) {
    std::cerr << "gimbal " << command.name << ": " << error.what() << "\nSee: gimbal "
              << command.name << " --help\n";
    return exit_usage;
  } catch (const UsageError& error) {
    std::cerr << "gimbal " << command.name << ": " << error.what() << '\n';
    return exit_usage;
  } catch (const std::exception& error) {
    std::cerr << "gimbal " << command.name << ": " << error.what() << '\n';
    return exit_failed;
  }
}

namespace {

std::string overview(const std::vector<Command>& commands) {
  std::string text = fmt::format(
      "gimbal {}: motion correction and alignment of tilt series\n\nUsage: gimbal COMMAND "
      "[OPTIONS]\n\n",
      version);
  for (const auto& command : commands)
    text += fmt::format("  {:<12} {}\n", command.name, command.summary);
  return text + "\nHelp on a command: gimbal COMMAND --help\n";
}

int unknown_command(const std::string& name, const std::vector<Command>& commands) {
  std::vector<std::string> names;
  for (const auto& command : commands) names.push_back(command.name);
  std::cerr << fmt::format("gimbal: there is no command '{}'{}\n\n{}", name,
                           suggestion(name, names), overview(commands));
  return exit_usage;
}

Command* find(std::vector<Command>& commands, const std::string& name) {
  const auto found = std::find_if(commands.begin(), commands.end(),
                                  [&](const Command& c) { return c.name == name; });
  return found == commands.end() ? nullptr : &*found;
}

// help | help COMMAND | help --commands | --man [COMMAND] | --bash | --markdown COMMAND; see
// documentation.h.
int run_help(std::vector<Command>& commands, const std::vector<std::string>& words) {
  const std::string topic = words.empty() ? "" : words[0];
  if (topic.empty()) {
    std::cout << overview(commands);
  } else if (topic == "--commands") {
    for (const auto& command : commands) std::cout << command.name << '\n';
  } else if (topic == "--man" && words.size() == 1) {
    std::cout << man_overview(commands);
  } else if (topic == "--bash") {
    std::cout << bash_completion(commands);
  } else {
    const bool page = (topic == "--markdown" || topic == "--man") && words.size() == 2;
    Command* command = find(commands, words[page ? 1 : 0]);
    if (command == nullptr) return unknown_command(words.back(), commands);
    if (!page) return run_command(*command, {"--help"});
    std::cout << (topic == "--man" ? man_page(*command) : markdown_page(*command));
  }
  return exit_done;
}

}  // namespace

void mark_failure(const std::vector<std::string>& words) {
  const auto value_of = [&](const char* name) -> std::filesystem::path {
    const auto option = std::find_if(words.begin(), words.end(), [&](const std::string& word) {
      return canonical(word) == name;
    });
    return option == words.end() || option + 1 == words.end() ? "" : *(option + 1);
  };
  auto folder = value_of("__pipeline_control");
  // RELION calls an External job without that option.
  if (const auto output = value_of("__o"); folder.empty() && is_external_job(output))
    folder = output;
  if (folder.empty()) return;
  try {
    write_text_atomically(folder / "RELION_JOB_EXIT_FAILURE", "");
  } catch (const Error& error) {
    std::cerr << "gimbal: " << error.what() << '\n';
  }
}

int run_command_line(std::vector<Command>& commands, const std::vector<std::string>& words) {
  if (words.empty()) {
    std::cerr << overview(commands);
    return exit_usage;
  }
  const std::vector<std::string> rest(words.begin() + 1, words.end());
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help")
    return run_help(commands, rest);
  const bool asks_version = std::find(rest.begin(), rest.end(), "--version") != rest.end();
  if (words[0] == "--version" || words[0] == "version" || asks_version) {
    std::cout << "gimbal " << version << '\n';
    return exit_done;
  }
  Command* command = find(commands, words[0]);
  if (command == nullptr) return unknown_command(words[0], commands);
  if (mpi_rank() > 0 && !command->uses_ranks) return exit_done;
  const int code = run_command(*command, rest);
  if (code == exit_usage && mpi_rank() == 0) mark_failure(rest);
  return code;
}

}  // namespace gimbal::app
