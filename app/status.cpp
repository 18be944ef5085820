// SPDX-License-Identifier: GPL-3.0-or-later
// gimbal status: which jobs are queued, running, done, failed.
#include "command.h"
#include "job_status.h"
#include "progress.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ctime>
#include <iostream>
#include <memory>

namespace gimbal::app {
namespace {

using Json = nlohmann::ordered_json;

std::string items_text(const JobStatus& job) {
  if (job.items == 0) return "";
  const std::string text = fmt::format("{} of {}", job.finished, job.items);
  return job.failed == 0 ? text : fmt::format("{}, {} failed", text, job.failed);
}

std::string when(const JobStatus& job) {
  if (job.updated_s == 0) return "";
  const auto age = std::difftime(std::time(nullptr), static_cast<std::time_t>(job.updated_s));
  return duration_text(std::max(0.0, age)) + " ago";
}

std::string row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i)
    text += fmt::format("{:<{}}", cells[i], i + 1 < cells.size() ? widths[i] + 2 : 0);
  return text.substr(0, text.find_last_not_of(' ') + 1) + '\n';
}

std::string table(const std::vector<JobStatus>& jobs) {
  std::vector<std::vector<std::string>> rows{{"job", "command", "state", "items", "last sign", ""}};
  for (const auto& job : jobs) {
    std::string remark = job.remark;
    if (!job.queue_id.empty())
      remark = fmt::format("{}{}queue: {}", remark, remark.empty() ? "" : "; ", job.queue_id);
    rows.push_back({job.folder.string(), job.command, state_name(job.state), items_text(job),
                    when(job), remark});
  }
  std::vector<std::size_t> widths(rows[0].size());
  for (const auto& cells : rows)
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  std::string text;
  for (const auto& cells : rows) text += row(cells, widths);
  return text;
}

Json as_json(const JobStatus& job) {
  return {{"folder", job.folder.string()},
          {"command", job.command},
          {"state", state_name(job.state)},
          {"items", job.items},
          {"finished", job.finished},
          {"failed", job.failed},
          {"host", job.host},
          {"started_s", job.started_s},
          {"updated_s", job.updated_s},
          {"queue_id", job.queue_id},
          {"remark", job.remark}};
}

bool has_failed(const JobStatus& job) {
  return job.state == JobState::failed || job.state == JobState::gone || job.failed > 0;
}

}  // namespace

Command make_status() {
  auto json = std::make_shared<bool>(false);
  Command command;
  command.name = "status";
  command.summary = "Show which jobs are queued, running, done or failed";
  command.description =
      "Looks at a job's folder, or at all jobs of a project, also while they run and from another "
      "machine, and says how far each is. Jobs made by RELION are shown with what their markers "
      "tell.";
  command.examples = {"gimbal status .", "gimbal status MotionCorr/job002/ --json"};
  command.positional = "DIR";
  command.exit_codes = "0 no job failed, 3 some did, 1 a folder cannot be read";
  command.table.add("json", *json, {.help = "Write JSON", .result = false});
  command.run = [json](const Command& self) {
    std::vector<JobStatus> jobs;
    for (const auto& folder : self.arguments)
      for (auto& job : find_jobs(folder)) jobs.push_back(std::move(job));
    if (*json) {
      Json all = Json::array();
      for (const auto& job : jobs) all.push_back(as_json(job));
      std::cout << all.dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
    } else if (jobs.empty()) {
      std::cout << "No jobs found.\n";
    } else {
      std::cout << table(jobs);
    }
    return std::any_of(jobs.begin(), jobs.end(), has_failed) ? exit_some_failed : exit_done;
  };
  return command;
}

}  // namespace gimbal::app
