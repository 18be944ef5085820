// SPDX-License-Identifier: GPL-3.0-or-later
#include "relion_front_end.h"

#include "command.h"
#include "command_line.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/io/file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

struct Program {
  const char* name;
  const char* command;
  const char* folder;  // what RELION's program writes to without --o
};
constexpr Program programs[] = {
    {"relion_run_motioncorr", "motion", "MotionCorr/"},
    {"relion_run_motioncorr_mpi", "motion", "MotionCorr/"},
    {"relion_align_tiltseries", "align", "AlignTiltSeries/"},
    {"relion_align_tiltseries_mpi", "align", "AlignTiltSeries/"},
};

const Program* find_program(const std::string& called_as) {
  const std::string name = fs::path(called_as).filename().string();
  for (const Program& program : programs)
    if (name == program.name) return &program;
  return nullptr;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Words::iterator find_word(Words& words, const std::string& option) {
  return std::find(words.begin(), words.end(), option);
}

std::string value_of(Words& words, const std::string& option) {
  const auto found = find_word(words, option);
  return found == words.end() || found + 1 == words.end() ? "" : *(found + 1);
}

// RELION's window leaves out the value of a field that is empty: "--gpu --pipeline_control x".
void drop_options_without_value(Words& words) {
  for (const char* option :
       {"--gpu", "--batchtomo_exe", "--aretomo_exe", "--motioncor2_exe", "--adoc_template",
        "--other_wrapper_args", "--other_motioncor2_args"}) {
    const auto found = find_word(words, option);
    if (found == words.end()) continue;
    if (found + 1 == words.end() || (found + 1)->starts_with("--"))
      words.erase(found);
    else if (trim(*(found + 1)).empty())
      words.erase(found, found + 2);
  }
}

// RELION's window has no field for the threads of an alignment.
void set_threads(Words& words) {
  const std::string threads = variable("GIMBAL_THREADS");
  if (!threads.empty() && find_word(words, "--j") == words.end())
    words.insert(words.end(), {"--j", threads});
}

constexpr std::pair<const char*, const char*> methods[] = {{"--imod_fiducials", "imod_fiducials"},
                                                           {"--imod_patchtrack", "imod_patches"},
                                                           {"--aretomo2", "aretomo"}};

// The user's own --method, among the additional arguments, says more than the window's fields.
void let_method_win(Words& words) {
  const bool given = std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word == "--method" || word.starts_with("--method=");
  });
  if (!given) return;
  for (const auto& [option, method] : methods) std::erase(words, option);
}

// RELION's window offers IMOD and AreTomo2 only. They stand for gimbal's own methods, unless the
// user wants the programs themselves.
void choose_methods(Words& words) {
  const std::string wanted = to_lower(variable("GIMBAL_RELION_METHODS"));
  if (wanted.empty() || wanted == "native") return;
  if (wanted != "external")
    throw UsageError(fmt::format(
        "the environment variable GIMBAL_RELION_METHODS is '{}', but must be 'native' (gimbal's "
        "own methods) or 'external' (IMOD and AreTomo2)",
        wanted));
  const bool aretomo = find_word(words, "--aretomo2") != words.end();
  for (const auto& [option, method] : methods)
    if (const auto found = find_word(words, option); found != words.end()) {
      *found = "--method";
      words.insert(found + 1, method);
    }
  // As RELION: AreTomo2 leaves the angles alone unless it is asked not to.
  if (aretomo && find_word(words, "--aretomo_tiltcorrect") == words.end() &&
      find_word(words, "--tilt_angle_offset") == words.end())
    words.insert(words.end(), {"--tilt_angle_offset", "none"});
}

bool is_tilt_series(const std::string& input) {
  if (input.empty()) return true;  // gimbal says what is missing
  std::error_code code;
  if (!fs::is_regular_file(input, code)) return input.find_first_of("*?") == std::string::npos;
  if (!to_lower(input).ends_with(".star")) return false;
  return read_text(input).find("_rlnTomoName") != std::string::npos;
}

// Does not return when there is RELION's own program.
void hand_over(const std::string& name, const Words& words) {
  std::error_code code;
  const fs::path self = fs::canonical("/proc/self/exe", code);
  const std::string path = variable("PATH");
  for (const auto folder : split(path, ':')) {
    const fs::path other = fs::path(folder.empty() ? "." : folder) / name;
    if (::access(other.c_str(), X_OK) != 0 || fs::canonical(other, code) == self) continue;
    std::cerr << fmt::format("gimbal: the input is no tilt series: this job is {}'s\n",
                             other.string());
    std::vector<char*> arguments{const_cast<char*>(other.c_str())};
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(other.c_str(), arguments.data());
    std::cerr << fmt::format("gimbal: cannot run {}: {}\n", other.string(), std::strerror(errno));
  }
}

}  // namespace

const std::vector<std::string>& relion_programs() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Program& program : programs) all.emplace_back(program.name);
    return all;
  }();
  return names;
}

RelionCall relion_call(const std::string& called_as, Words& words) {
  const Program* program = find_program(called_as);
  if (program == nullptr) return {};
  const Words given = words;
  try {
    if (const std::string input = value_of(words, "--i"); !is_tilt_series(input)) {
      hand_over(program->name, words);
      throw UsageError(
          fmt::format("{} is no list of tilt series (it has no rlnTomoName), and gimbal corrects "
                      "tilt series only; for other data, take gimbal's folder out of PATH",
                      input));
    }
    drop_options_without_value(words);
    set_threads(words);
    let_method_win(words);
    choose_methods(words);
    if (find_word(words, "--o") == words.end()) words.insert(words.end(), {"--o", program->folder});
  } catch (const Error& error) {
    std::cerr << program->name << ": " << error.what() << '\n';
    mark_failure(given);
    return {true, exit_usage};
  }
  words.insert(words.begin(), program->command);
  return {true, std::nullopt};
}

}  // namespace gimbal::app
