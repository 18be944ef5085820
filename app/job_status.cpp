// SPDX-License-Identifier: GPL-3.0-or-later
#include "job_status.h"

#include "queue.h"

#include "gimbal/core/error.h"
#include "gimbal/io/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<JobState, const char*>, 6> names{{{JobState::queued, "queued"},
                                                                 {JobState::running, "running"},
                                                                 {JobState::done, "done"},
                                                                 {JobState::failed, "failed"},
                                                                 {JobState::aborted, "aborted"},
                                                                 {JobState::gone, "gone"}}};

// Whether nobody holds the lock, as far as the file system knows.
bool is_unlocked(const fs::path& folder) {
  const int descriptor = ::open((folder / ".gimbal.lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return errno == ENOENT;
  const bool got_it = ::flock(descriptor, LOCK_SH | LOCK_NB) == 0;
  ::close(descriptor);
  return got_it;
}

// What the markers say that RELION's jobs leave.
std::optional<JobStatus> from_markers(const fs::path& folder) {
  const auto has = [&](const char* name) { return fs::exists(folder / name); };
  JobStatus status;
  status.folder = folder;
  if (has("RELION_JOB_EXIT_SUCCESS")) {
    status.state = JobState::done;
  } else if (has("RELION_JOB_EXIT_FAILURE")) {
    status.state = JobState::failed;
  } else if (has("RELION_JOB_EXIT_ABORTED")) {
    status.state = JobState::aborted;
  } else if (has("job.star")) {
    status.remark = "not ended yet, or not begun: RELION's own job says no more";
  } else {
    return std::nullopt;
  }
  return status;
}

JobStatus from_json(const fs::path& folder, const Json& json) {
  JobStatus status;
  status.folder = folder;
  status.command = json.value("command", "");
  const std::string state = json.value("state", "");
  for (const auto& [value, name] : names)
    if (state == name) status.state = value;
  status.items = json.value("items", 0);
  status.finished = json.value("finished", 0);
  status.failed = json.value("failed", 0);
  status.host = json.value("host", "");
  status.started_s = json.value("started_s", 0LL);
  status.updated_s = json.value("updated_s", 0LL);
  status.queue_id = json.value("queue_id", "");
  status.remark = json.value("remark", "");
  return status;
}

// A job that the queue knows no longer, and that has not said that it runs, will not come.
void ask_queue(JobStatus& status) {
  const auto state = queue_state(status.queue_id);
  if (!state) return;
  if (!state->empty()) {
    status.remark = *state;
    return;
  }
  status.state = JobState::gone;
  status.remark = "it left the queue without running; see run.err in its folder";
}

void add_jobs(const fs::path& folder, int levels, std::vector<JobStatus>& jobs) {
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    // A link is another name of a job (RELION's aliases).
    if (!entry.is_directory(code) || entry.is_symlink(code) ||
        entry.path().filename().string().starts_with('.'))
      continue;
    if (const auto status = read_job_status(entry.path().lexically_normal()))
      jobs.push_back(*status);
    else if (levels > 1)
      add_jobs(entry.path(), levels - 1, jobs);
  }
}

}  // namespace

const char* state_name(JobState state) {
  return std::find_if(names.begin(), names.end(),
                      [&](const auto& name) { return name.first == state; })
      ->second;
}

StatusFile::StatusFile(fs::path folder, std::string command) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) == 0) status_.host = host.data();
  status_.folder = std::move(folder);
  status_.command = std::move(command);
  status_.started_s = std::time(nullptr);
  write(true);
}

void StatusFile::has_items(int items, int finished) {
  const std::lock_guard lock(mutex_);
  status_.items = items;
  status_.finished = finished;
  write(true);
}

void StatusFile::item_finished(bool failed) {
  const std::lock_guard lock(mutex_);
  ++status_.finished;
  if (failed) ++status_.failed;
  write(false);
}

void StatusFile::ended(JobState state) {
  const std::lock_guard lock(mutex_);
  status_.state = state;
  write(true);
}

void StatusFile::write(bool now) {
  status_.updated_s = std::time(nullptr);
  if (!now && status_.updated_s == written_s_) return;
  written_s_ = status_.updated_s;
  write_job_status(status_);
}

void write_job_status(const JobStatus& status) noexcept {
  try {
    const Json json{{"command", status.command},     {"state", state_name(status.state)},
                    {"items", status.items},         {"finished", status.finished},
                    {"failed", status.failed},       {"host", status.host},
                    {"started_s", status.started_s}, {"updated_s", status.updated_s},
                    {"queue_id", status.queue_id},   {"remark", status.remark}};
    write_text_atomically(status.folder / ".gimbal.status",
                          json.dump(1, ' ', false, Json::error_handler_t::replace) + '\n');
  } catch (const std::exception&) {  // the job has more important files, and will say so
  }
}

std::optional<JobStatus> read_job_status(const fs::path& folder) {
  const auto path = folder / ".gimbal.status";
  if (!fs::exists(path)) return from_markers(folder);
  Json json;
  try {
    json = Json::parse(read_text(path), nullptr, false);
    if (!json.is_object()) return from_markers(folder);
    JobStatus status = from_json(folder, json);
    if (status.state == JobState::running && is_unlocked(folder)) {
      status.state = JobState::gone;
      status.remark = "it ended without a word (killed?): run it again with --only_do_unfinished";
    }
    if (status.state == JobState::queued && !status.queue_id.empty()) ask_queue(status);
    return status;
  } catch (const std::exception&) {  // values of other types, or no permission to read
    return from_markers(folder);
  }
}

std::vector<JobStatus> find_jobs(const fs::path& folder) {
  if (!fs::is_directory(folder))
    fail("there is no folder {}: give that of a job, or of a project", folder.string());
  std::vector<JobStatus> jobs;
  if (auto own = read_job_status(folder))
    jobs.push_back(std::move(*own));
  else
    add_jobs(folder, 2, jobs);
  std::sort(jobs.begin(), jobs.end(),
            [](const auto& a, const auto& b) { return a.folder < b.folder; });
  return jobs;
}

}  // namespace gimbal::app
