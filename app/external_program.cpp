// SPDX-License-Identifier: GPL-3.0-or-later
#include "external_program.h"

#include "mpi_session.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/io/file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace gimbal::app {

namespace fs = std::filesystem;

std::vector<std::string> gpu_groups(const std::string& text) {
  std::vector<std::string> groups;
  for (const auto part : split(text, ':')) {
    std::string group;
    for (const auto word : split(part, ',')) {
      if (trim(word).empty()) continue;
      const auto number = parse_int(word);
      if (!number || *number < 0 || *number > 1000)
        throw UsageError(fmt::format(
            "--gpu is '{}', but must be numbers of GPUs: 0 for one, 0:1:2 for three programs at a "
            "time, 0,1:2,3 for two with two GPUs each",
            text));
      group += (group.empty() ? "" : " ") + std::to_string(*number);
    }
    if (!group.empty()) groups.push_back(group);
  }
  if (groups.empty()) groups.emplace_back("0");
  return groups;
}

std::vector<std::string> gpu_groups_of_rank(const std::string& text) {
  auto groups = gpu_groups(text);
  if (mpi_size() == 1) return groups;
  return {groups[static_cast<std::size_t>(mpi_rank()) % groups.size()]};
}

void GpuPool::with(const std::function<void(const std::string&)>& use) {
  std::string group;
  {
    const std::lock_guard guard(mutex_);
    if (free_.empty()) fail("there are more programs at a time than GPUs");
    group = free_.back();
    free_.pop_back();
  }
  const auto give_back = [&] {
    const std::lock_guard guard(mutex_);
    free_.push_back(group);
  };
  try {
    use(group);
  } catch (...) {
    give_back();
    throw;
  }
  give_back();
}

std::string external_program(const std::string& option, const std::string& given,
                             const char* environment, const std::vector<std::string>& names) {
  const char* variable = std::getenv(environment);
  const std::string wanted = !given.empty() ? given : variable == nullptr ? "" : variable;
  if (!wanted.empty()) {
    if (find_program(wanted).empty())
      throw UsageError(
          fmt::format("{} is no program that can be run: give its path with --{}", wanted, option));
    return wanted;
  }
  for (const auto& name : names)
    if (!find_program(name).empty()) return name;
  throw UsageError(
      fmt::format("there is no {} in PATH: give the path of the program with --{}, or in the "
                  "environment variable {}",
                  fmt::join(names, " or "), option, environment));
}

void note_unused(const Command& command, const std::string& group, const std::string& where) {
  for (const auto& option : command.table.options())
    if (option.spec.group == group && command.given.contains(option.name))
      std::cerr << fmt::format("note: --{} has no effect {}\n", option.name, where);
}

void run_external(const ProcessRequest& request) {
  write_text_atomically(fs::path(request.log.string() + ".com"), shell_line(request.words) + '\n',
                        Survive::kill);
  const auto result = run_process(request);
  if (result.end != ProcessEnd::success) throw Error(result.reason);
}

}  // namespace gimbal::app
