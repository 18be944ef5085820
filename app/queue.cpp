// SPDX-License-Identifier: GPL-3.0-or-later
#include "queue.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/io/file.h"
#include "gimbal/io/process.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <regex>
#include <sstream>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* slurm_template = R"(#!/bin/bash
#SBATCH --job-name=XXXnameXXX
#SBATCH --partition=XXXqueueXXX
#SBATCH --ntasks=XXXmpinodesXXX
#SBATCH --cpus-per-task=XXXthreadsXXX
#SBATCH --output=XXXoutfileXXX
#SBATCH --error=XXXerrfileXXX
#SBATCH --open-mode=append
#SBATCH XXXextra1XXX
#SBATCH XXXextra2XXX
#SBATCH XXXextra3XXX
if [ "XXXmpinodesXXX" -gt 1 ]; then
  mpirun -n XXXmpinodesXXX XXXcommandXXX
else
  XXXcommandXXX
fi
)";

using Values = std::map<std::string, std::string>;

Values values_of(const QueueJob& job, const QueueSettings& settings) {
  const int cores = settings.ranks * job.threads;
  const int dedicated = std::max(1, settings.min_dedicated);
  Values values{{"name", job.folder},
                {"command", job.command},
                {"mpinodes", std::to_string(settings.ranks)},
                {"threads", std::to_string(job.threads)},
                {"cores", std::to_string(cores)},
                {"dedicated", std::to_string(dedicated)},
                {"nodes", std::to_string((cores + dedicated - 1) / dedicated)},
                {"queue", settings.queue},
                {"outfile", job.folder + "run.out"},
                {"errfile", job.folder + "run.err"}};
  for (std::size_t i = 0; i < settings.qsub_extra.size(); ++i)
    values[fmt::format("extra{}", i + 1)] = settings.qsub_extra[i];
  return values;
}

bool is_extra(const std::string& name) {
  return name.starts_with("extra") && name.size() > 5 &&
         name.find_first_not_of("0123456789", 5) == std::string::npos;
}

// The line with its variables replaced; `empty` is set when one has no value.
std::string replaced(std::string line, const Values& values, bool& empty) {
  static const std::regex variable("XXX([A-Za-z0-9]+?)XXX");
  std::string text;
  std::smatch match;
  while (std::regex_search(line, match, variable)) {
    const std::string name = match[1];
    const auto value = values.find(name);
    if (value == values.end() && !is_extra(name))
      fail("the template has XXX{}XXX, which is none of RELION's variables; see docs/cluster.md",
           name);
    const std::string with = value == values.end() ? "" : value->second;
    empty = empty || with.empty();
    text += match.prefix().str() + with;
    line = match.suffix();
  }
  return text + line;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

void describe(QueueSettings& s, OptionTable& t) {
  const OptionGroup group(t, queue_group);
  const auto add = [&](const char* name, auto& value, OptionSpec spec) {
    spec.result = false;
    group.add(name, value, std::move(spec));
  };
  add("submit", s.submit,
      {.help = "Do not run here, but give the job to the queueing system, by a template of its "
               "script: 'slurm' (built in), 'relion' (that of RELION_QSUB_TEMPLATE) or a file"});
  add("ranks", s.ranks,
      {.help = "Ranks of the submitted job (XXXmpinodesXXX)", .min = 1, .max = 100000});
  add("qsub", s.qsub, {.help = "Command that takes the script"});
  add("queue", s.queue, {.help = "Queue or partition (XXXqueueXXX); empty: the usual one"});
  add("min_dedicated", s.min_dedicated,
      {.help = "Cores of a node (XXXdedicatedXXX), from which XXXnodesXXX follows", .min = 1});
  add("qsub_extra", s.qsub_extra, {.help = "XXXextra1XXX, XXXextra2XXX and so on"});
}

std::string queue_template(const QueueSettings& settings) {
  if (settings.submit == "slurm") return slurm_template;
  const bool relion = settings.submit == "relion";
  const std::string path = relion ? environment("RELION_QSUB_TEMPLATE") : settings.submit;
  if (path.empty())
    fail(
        "--submit relion: the environment variable RELION_QSUB_TEMPLATE is not set; give the "
        "template's path, or 'slurm' for the one built in");
  if (!fs::exists(path)) fail("--submit {}: there is no such template; 'slurm' is built in", path);
  return read_text(path);
}

std::string queue_script(const std::string& text, const QueueJob& job,
                         const QueueSettings& settings) {
  if (text.find("XXXcommandXXX") == std::string::npos)
    fail("the template of the queue's script has no XXXcommandXXX, so it would run nothing");
  const Values values = values_of(job, settings);
  std::istringstream lines(text);
  std::string script, line;
  while (std::getline(lines, line)) {
    bool empty = false;
    const std::string done = replaced(line, values, empty);
    const bool is_directive = line.starts_with('#') && !line.starts_with("#!");
    if (!(empty && is_directive)) script += done + '\n';
  }
  return script;
}

std::string submit(const QueueJob& job, const QueueSettings& settings) {
  const auto script = queue_script(queue_template(settings), job, settings);
  const fs::path path = job.folder + "run_submit.script", said = job.folder + ".gimbal.qsub";
  write_text_atomically(path, script);
  auto words = shell_words(settings.qsub);
  words.push_back(path.string());
  const auto result = run_process({.words = words, .log = said, .time_limit_s = 120, .stop = {}});
  if (result.end != ProcessEnd::success)
    fail("{} did not take {}: {}", settings.qsub, path.string(), result.reason);
  const std::string words_said = read_text(said);
  std::smatch number;
  if (std::regex_search(words_said, number, std::regex("[0-9]+"))) return number[0];
  return std::string(trim(words_said));
}

std::optional<std::string> queue_state(const std::string& queue_id) {
  if (find_program("squeue").empty()) return std::nullopt;
  std::string log = (fs::temp_directory_path() / "gimbal-squeue-XXXXXX").string();
  const int descriptor = ::mkstemp(log.data());
  if (descriptor < 0) return std::nullopt;
  ::close(descriptor);
  const auto result = run_process({.words = {"squeue", "-h", "-o", "state %T", "-j", queue_id},
                                   .log = log,
                                   .time_limit_s = 20,
                                   .stop = {}});
  const std::string said = read_text(log);
  fs::remove(log);
  std::smatch state;
  if (std::regex_search(said, state, std::regex("state ([A-Z_]+)"))) return state[1].str();
  // "Invalid job id" is an answer, too; a controller that cannot be reached is none.
  const bool knows =
      result.end == ProcessEnd::success || said.find("Invalid job") != std::string::npos;
  return knows ? std::optional<std::string>("") : std::nullopt;
}

}  // namespace gimbal::app
