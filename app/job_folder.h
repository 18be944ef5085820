// SPDX-License-Identifier: GPL-3.0-or-later
// The folder of a job, and how RELION's pipeline talks to it: empty files RELION_JOB_EXIT_* at the
// end, and RELION_JOB_ABORT_NOW when the job shall stop.
#pragma once

#include "crew.h"
#include "job_status.h"
#include "queue.h"

#include "gimbal/core/options.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gimbal::app {

// With several ranks the leader does all that; for helpers the folder is only a path.
inline constexpr const char* abort_marker = "RELION_JOB_ABORT_NOW";

class JobFolder {
 public:
  // Makes the folder and locks it (an Error when another job works in it), removes old markers and
  // what a killed run left half-written. pipeline_control: where the markers go; empty: here.
  // command: "motion", for gimbal status.
  JobFolder(std::filesystem::path folder, const std::string& pipeline_control,
            const std::string& command);
  ~JobFolder();
  JobFolder(const JobFolder&) = delete;
  JobFolder& operator=(const JobFolder&) = delete;

  const std::filesystem::path& path() const { return folder_; }
  Crew& crew() const { return *crew_; }
  bool is_mine() const { return crew_->leads(); }  // to write what belongs to the whole job
  StatusFile& status() const { return *status_; }  // of the leader's folder only
  bool abort_requested() const;
  void mark(JobState end) const;  // done, failed, aborted
  // While an exception is under way, which must not be lost for another one: as far as possible.
  void mark_failure() const noexcept;

 private:
  std::filesystem::path folder_;
  std::filesystem::path markers_;
  int lock_ = -1;
  std::unique_ptr<Crew> crew_;  // ends before the lock

  std::unique_ptr<StatusFile> status_;

  void take();
};

// Where a job works.
struct JobPlace {
  std::string output;
  std::string pipeline_control;
  bool project = false;  // it is a job of the RELION project in the working directory
};

// Whether it is the folder of an External job: RELION starts such jobs without --pipeline_control.
bool is_external_job(const std::filesystem::path& folder);

// The folder, as --o with `help` and perhaps other names, and --project.
void describe(JobPlace& place, const std::string& help, OptionTable& table,
              const std::vector<std::string>& other_names = {});

// What every job has.
struct JobSettings : JobPlace {
  int threads = 1;
  bool only_do_unfinished = false;
  int do_at_most = -1;
  QueueSettings queue;
};

// --j and --pipeline_control.
void describe_running(JobSettings& settings, OptionTable& table);
// All of them but where it works. `items`: of what the job consists ("movies").
void describe(JobSettings& settings, const std::string& items, OptionTable& table);

// The options of a command's settings, as describe() declares them, that can change a result.
template <typename Settings>
NamedTexts result_options(Settings settings) {
  OptionTable table;
  describe(settings, table);
  return gimbal::result_options(table);
}

// Leaves gimbal-<command>.json in the job's folder: the version, the input (unless empty) and the
// options that can change a result.
void write_settings(const JobSettings& settings, const std::string& command,
                    const std::string& input, const NamedTexts& options);

// Runs `work` on every rank, in the job's folder and on the job's threads, and leaves the marker
// that goes with the exit code it returns (nothing: it stopped because RELION asked for the end) or
// with the exception it throws.
int run_in_job_folder(const JobSettings& settings, const std::string& command,
                      const std::function<std::optional<int>(const JobFolder&)>& work);

// What tells a file from another of the same name: its path, size and time of change; "none" for
// an empty path.
std::string file_identity(const std::filesystem::path& path);

}  // namespace gimbal::app
