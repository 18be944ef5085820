// SPDX-License-Identifier: GPL-3.0-or-later
#include "relion_job.h"

#include "mpi_session.h"
#include "relion_project.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/io/file.h"
#include "gimbal/io/process.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iostream>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

const Option* find_option(const Command& command, const std::string& name) {
  const auto& options = command.table.options();
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const Option& option) { return option.name == name; });
  return found == options.end() ? nullptr : &*found;
}

std::string field_value(const Command& command, const std::string& option) {
  if (option.starts_with('=')) return option.substr(1);
  const Option* found = find_option(command, option);
  if (found == nullptr) return "";
  const std::string text = option_text(*found);
  return std::holds_alternative<bool*>(found->value) ? (text == "yes" ? "Yes" : "No") : text;
}

// Options as one would type them.
std::string typed(const Command& command, const std::function<bool(const Option&)>& wanted) {
  std::string text;
  for (const Option& option : command.table.options()) {
    if (!command.given.contains(option.name) || !wanted(option)) continue;
    text += " --" + option.name;
    if (std::holds_alternative<bool*>(option.value)) {
      if (option_text(option) != "yes") text += "=no";
    } else if (const auto* list = std::get_if<std::vector<std::string>*>(&option.value)) {
      for (const auto& word : **list) text += ' ' + shell_line({word});
    } else {
      text += ' ' + shell_line({option_text(option)});
    }
  }
  return text;
}

bool is_of_the_job(const Option& option) {
  return option.name == "i" || option.name == "o" || option.name == "project" ||
         option.name == "pipeline_control" || option.name == "only_do_unfinished" ||
         option.name == "j";
}

// What RELION's window has no field for goes to its field for more arguments.
StarDocument job_star(const Command& command, const RelionJobKind& kind, int ranks) {
  std::vector<std::pair<std::string, std::string>> values;
  for (const auto& [field, option] : kind.fields)
    values.emplace_back(field,
                        field == "nr_mpi" ? std::to_string(ranks) : field_value(command, option));
  const auto has_no_field = [&](const Option& option) {
    return !is_of_the_job(option) && option.spec.group != for_relion_group &&
           std::find(kind.in_fields.begin(), kind.in_fields.end(), option.name) ==
               kind.in_fields.end() &&
           std::none_of(kind.fields.begin(), kind.fields.end(),
                        [&](const auto& field) { return field.second == option.name; });
  };
  values.emplace_back("other_args",
                      std::string(trim(typed(command, has_no_field) + kind.more_arguments)));
  values.emplace_back("do_queue", "No");
  return relion_job_star(kind.type, std::move(values));
}

std::vector<PipelineNode> nodes_of(const RelionJobKind& kind, const std::string& folder) {
  std::vector<PipelineNode> nodes;
  for (const auto& [file, type] : kind.outputs)
    nodes.push_back({(fs::path(folder) / file).string(), type});
  return nodes;
}

// RELION reads it when it sees the marker of success, so it comes before that.
void tell_external(const RelionJobKind& kind, const std::string& folder) {
  auto nodes = nodes_of(kind, folder);
  std::erase_if(nodes, [](const PipelineNode& node) { return !fs::exists(node.name); });
  const auto path = fs::path(folder) / "RELION_OUTPUT_NODES.star";
  write_text_atomically(path, star_text(relion_output_nodes(nodes)));
}

PipelineStatus status_of(std::optional<int> code) {
  if (!code) return PipelineStatus::aborted;
  return *code == exit_failed ? PipelineStatus::failed : PipelineStatus::succeeded;
}

// The files that the job reads, if a project can know them.
std::vector<PipelineNode> inputs_of(const Command& command) {
  const Option* input = find_option(command, "i");
  if (input == nullptr || option_text(*input).empty()) return {};
  const fs::path path = fs::path(option_text(*input)).lexically_normal();
  if (path.is_absolute() || path.begin()->string() == "..") return {};
  return {{path.string(), "TomogramGroupMetadata.star.relion"}};
}

// Takes the job into the project, and returns its name.
std::string started(RelionProject& project, const Command& command, const JobSettings& settings,
                    const RelionJobKind& kind) {
  const PipelineJob job{"", kind.type, inputs_of(command), {}};
  const auto outputs = [&](const std::string& name) { return nodes_of(kind, name); };
  const auto name = project.start(job, kind.folder, settings.output, outputs);
  std::cerr << fmt::format("gimbal {}: this is {} of the project\n", command.name, name);
  const auto all = [](const Option& o) { return o.name != "o" && o.name != "project"; };
  const int ranks = settings.queue.submit.empty() ? mpi_size() : settings.queue.ranks;
  const auto before = mpi_size() > 1 ? fmt::format("mpirun -n {} ", mpi_size()) : "";
  project.write_files(
      name, job_star(command, kind, ranks),
      fmt::format("{}gimbal {} --o {}{}", before, command.name, name, typed(command, all)));
  return name;
}

// Rank 0 alone keeps the project's list of jobs, and tells the others where the job is. Empty, on
// the others: it could not begin, and says why.
std::string started_by_leader(const std::function<std::string()>& start) {
  if (mpi_rank() > 0) return mpi_receive(0);
  const auto tell = [](const std::string& name) {
    for (int helper = 1; helper < mpi_size(); ++helper) mpi_send(helper, name);
  };
  try {
    auto name = start();
    tell(name);
    return name;
  } catch (...) {
    tell("");
    throw;
  }
}

int run_in_project(const Command& command, JobSettings& settings, const RelionJobKind& kind,
                   const std::function<std::optional<int>(const JobFolder&)>& work) {
  RelionProject project(".");
  settings.output = started_by_leader([&] { return started(project, command, settings, kind); });
  if (mpi_rank() > 0)
    return settings.output.empty() ? exit_done : run_in_job_folder(settings, command.name, work);
  PipelineStatus status = PipelineStatus::failed;
  try {
    const int code = run_in_job_folder(settings, command.name, [&](const JobFolder& folder) {
      const auto result = work(folder);
      status = status_of(result);
      return result;
    });
    project.finish(settings.output, status);
    return code;
  } catch (...) {
    project.finish(settings.output, PipelineStatus::failed);
    throw;
  }
}

// The command as the queue shall run it: here, now, and not in a queue again.
std::string queued_command(const Command& command, const JobSettings& settings) {
  const auto is_for_the_job = [](const Option& option) {
    return option.name != "o" && option.name != "project" && option.spec.group != queue_group;
  };
  return fmt::format("{} {} --o {}{}", shell_line({fs::read_symlink("/proc/self/exe").string()}),
                     command.name, shell_line({settings.output}), typed(command, is_for_the_job));
}

// A job of a project stays "running" in its list until RELION itself sees the marker of its end.
int submit_job(const Command& command, JobSettings& settings, const RelionJobKind& kind) {
  RelionProject project(".");
  if (settings.project) settings.output = started(project, command, settings, kind);
  if (!settings.output.ends_with('/')) settings.output += '/';
  // Nobody works in the folder, and the markers of an earlier run are gone.
  { const JobFolder folder(settings.output, settings.pipeline_control, command.name); }
  JobStatus status;
  status.folder = settings.output;
  status.command = command.name;
  status.state = JobState::queued;
  status.started_s = status.updated_s = std::time(nullptr);
  write_job_status(status);
  try {
    const QueueJob job{settings.output, queued_command(command, settings), settings.threads};
    status.queue_id = submit(job, settings.queue);
  } catch (...) {
    status.state = JobState::failed;
    write_job_status(status);
    if (settings.project) project.finish(settings.output, PipelineStatus::failed);
    throw;
  }
  const auto now = read_job_status(settings.output);
  if (now && now->state == JobState::queued) write_job_status(status);
  std::cout << fmt::format("{} is in the queue as {}. How far it is: gimbal status {}\n",
                           settings.output, status.queue_id, settings.output);
  return exit_done;
}

}  // namespace

int run_relion_job(const Command& command, JobSettings& settings, const RelionJobKind& kind,
                   const std::function<std::optional<int>(const JobFolder&)>& work) {
  if (settings.output.empty() && !settings.project)
    throw UsageError(
        fmt::format("--o is required: the folder to write to, as in {}/job002/ (or "
                    "--project, for the next job of the RELION project)",
                    kind.folder));
  if (!settings.queue.submit.empty()) {
    if (mpi_size() > 1)
      throw UsageError("--submit goes without mpirun: the job that it submits has --ranks");
    return submit_job(command, settings, kind);
  }
  if (settings.project) return run_in_project(command, settings, kind, work);
  return run_in_job_folder(settings, command.name, [&](const JobFolder& folder) {
    const auto code = work(folder);
    if (folder.is_mine() && code && *code != exit_failed && is_external_job(settings.output))
      tell_external(kind, settings.output);
    return code;
  });
}

}  // namespace gimbal::app
