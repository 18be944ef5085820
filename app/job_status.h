// SPDX-License-Identifier: GPL-3.0-or-later
// How far a job is, for those who look from outside: <job>/.gimbal.status, and what can be told
// from RELION's markers where there is none.
#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gimbal::app {

enum class JobState { queued, running, done, failed, aborted, gone };

struct JobStatus {
  std::filesystem::path folder;
  std::string command;  // "motion"; of other programs' jobs: RELION's type, if it is known
  JobState state = JobState::running;
  int items = 0, finished = 0, failed = 0;  // finished: those that failed included
  std::string host;
  long long started_s = 0, updated_s = 0;  // since 1970
  std::string queue_id;                    // what the queueing system calls it; empty: not queued
  std::string remark;                      // for people
};

const char* state_name(JobState state);

// Never throws: a job is not to fail because nobody can be told of it.
void write_job_status(const JobStatus& status) noexcept;

// Keeps a job's file in step, from any thread; while items end, at most once in a second.
class StatusFile {
 public:
  StatusFile(std::filesystem::path folder, std::string command);
  void has_items(int items, int finished);
  void item_finished(bool failed);
  void ended(JobState state);

 private:
  void write(bool now);

  JobStatus status_;
  long long written_s_ = 0;
  std::mutex mutex_;
};

// As the job wrote it last. Nothing: the folder is not that of a job. A job that says it runs, but
// holds its lock no longer, is gone.
std::optional<JobStatus> read_job_status(const std::filesystem::path& folder);

// Of the folder itself, or else of all job folders one and two levels below, by name.
std::vector<JobStatus> find_jobs(const std::filesystem::path& folder);

}  // namespace gimbal::app
