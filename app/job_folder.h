// SPDX-License-Identifier: GPL-3.0-or-later
// The folder of a job, and how RELION's pipeline talks to it: empty files RELION_JOB_EXIT_* at the
// end, and RELION_JOB_ABORT_NOW when the job shall stop.
#pragma once

#include <filesystem>
#include <string>

namespace gimbal::app {

class JobFolder {
 public:
  // Makes the folder and locks it (an Error when another process works in it), removes old markers
  // and what a killed run left half-written. pipeline_control: where the markers go; empty: here.
  JobFolder(std::filesystem::path folder, const std::string& pipeline_control);
  ~JobFolder();
  JobFolder(const JobFolder&) = delete;
  JobFolder& operator=(const JobFolder&) = delete;

  const std::filesystem::path& path() const { return folder_; }
  bool abort_requested() const;
  void mark(const char* outcome) const;  // "SUCCESS", "FAILURE", "ABORTED"
  // While an exception is under way, which must not be lost for another one: as far as possible.
  void mark_failure() const noexcept;

 private:
  std::filesystem::path folder_;
  std::filesystem::path markers_;
  int lock_ = -1;
};

// What tells a file from another of the same name: its path, size and time of change; "none" for
// an empty path.
std::string file_identity(const std::filesystem::path& path);

}  // namespace gimbal::app
