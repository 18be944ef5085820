// SPDX-License-Identifier: GPL-3.0-or-later
#include "job_folder.h"

#include "command.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/core/version.h"
#include "gimbal/io/file.h"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

// The kernel gives the lock back when the process ends, however it ends. Folders whose file system
// knows no locks go without.
int locked(const fs::path& folder) {
  const auto path = folder / ".gimbal.lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0)
    fail("cannot write into the folder {}: {}; choose another one with --o", folder.string(),
         std::strerror(errno));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(descriptor);
    fail(
        "another gimbal is working in {}: wait for its end, or choose another folder with --o "
        "(the lock is held on {})",
        folder.string(), path.string());
  }
  return descriptor;
}

}  // namespace

JobFolder::JobFolder(fs::path folder, const std::string& pipeline_control,
                     const std::string& command)
    : folder_(std::move(folder)),
      markers_(pipeline_control.empty() ? folder_ : fs::path(pipeline_control)),
      crew_(std::make_unique<Crew>()) {
  try {
    if (is_mine()) take();
    if (is_mine()) status_ = std::make_unique<StatusFile>(folder_, command);
  } catch (...) {
    crew_->begins(false);
    throw;
  }
  if (!crew_->begins(true)) fail("rank 0 could not begin");
}

void JobFolder::take() {
  std::error_code code;
  for (const auto& wanted : {folder_, markers_}) {
    fs::create_directories(wanted, code);
    if (!fs::is_directory(wanted))
      fail("cannot make the folder {}: {}; choose another one with --o", wanted.string(),
           code.message());
  }
  lock_ = locked(folder_);
  for (const char* outcome : {"SUCCESS", "FAILURE", "ABORTED"})
    fs::remove(markers_ / (std::string("RELION_JOB_EXIT_") + outcome));
  fs::remove(markers_ / abort_marker);
  remove_temporary_files(folder_);
}

JobFolder::~JobFolder() {
  crew_.reset();
  if (lock_ >= 0) ::close(lock_);
}

bool JobFolder::abort_requested() const {
  return fs::exists(markers_ / abort_marker);
}

void JobFolder::mark(JobState end) const {
  if (!is_mine()) return;
  status_->ended(end);
  const char* outcome = end == JobState::done     ? "SUCCESS"
                        : end == JobState::failed ? "FAILURE"
                                                  : "ABORTED";
  std::error_code code;
  fs::remove(markers_ / abort_marker, code);
  write_text_atomically(markers_ / (std::string("RELION_JOB_EXIT_") + outcome), "");
}

void JobFolder::mark_failure() const noexcept {
  try {
    mark(JobState::failed);
  } catch (
      const std::exception&) {  // the folder cannot be written: the exception under way says so
  }
}

bool is_external_job(const fs::path& folder) {
  const auto name = folder.lexically_normal();
  const auto job = name.has_filename() ? name : name.parent_path();
  return job.parent_path().filename() == "External";
}

void describe(JobPlace& place, const std::string& help, OptionTable& table,
              const std::vector<std::string>& other_names) {
  table.add("o", place.output, {.help = help, .aliases = other_names, .result = false});
  table.add("project", place.project,
            {.help = "Run as a job of the RELION project in the working directory: in its list of "
                     "jobs, with the next number if --o is left out",
             .result = false});
}

void describe_running(JobSettings& settings, OptionTable& table) {
  const OptionGroup job(table, "Job");
  job.add("j", settings.threads, {.help = "Threads", .min = 1, .max = 1024, .result = false});
  job.add("pipeline_control", settings.pipeline_control,
          {.help = "Folder of RELION's markers RELION_JOB_*; empty: as --o", .result = false});
}

void describe(JobSettings& settings, const std::string& items, OptionTable& table) {
  const OptionGroup job(table, "Job");
  job.add(
      "only_do_unfinished", settings.only_do_unfinished,
      {.help = "Do only what is missing or made from other inputs or options", .result = false});
  job.add(
      "do_at_most", settings.do_at_most,
      {.help = fmt::format("Do at most this many {} now; negative: all", items), .result = false});
  describe_running(settings, table);
  describe(settings.queue, table);
}

void write_settings(const JobSettings& settings, const std::string& command,
                    const std::string& input, const NamedTexts& options) {
  using Json = nlohmann::ordered_json;
  Json values = Json::object();
  if (!input.empty()) values["i"] = input;
  for (const auto& [name, value] : options) values[name] = value;
  const Json json{
      {"program", "gimbal"}, {"version", version}, {"job", command}, {"options", values}};
  write_text_atomically(fs::path(settings.output) / ("gimbal-" + command + ".json"),
                        json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
}

int run_in_job_folder(const JobSettings& settings, const std::string& command,
                      const std::function<std::optional<int>(const JobFolder&)>& work) {
  const JobFolder folder(settings.output, settings.pipeline_control, command);
  try {
    std::optional<int> code;
    Arena(settings.threads).run([&] { code = work(folder); });
    folder.mark(!code                  ? JobState::aborted
                : *code == exit_failed ? JobState::failed
                                       : JobState::done);
    if (!code)
      std::cerr << fmt::format("gimbal {}: stopped, because {} appeared\n", command, abort_marker);
    return code.value_or(exit_failed);
  } catch (const std::exception& error) {
    folder.crew().leave(error.what());
    folder.mark_failure();
    throw;
  }
}

std::string file_identity(const fs::path& path) {
  if (path.empty()) return "none";
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return path.string() + ", missing";
  return fmt::format("{}, {} bytes, changed {}.{:09}", path.string(), status.st_size,
                     status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

}  // namespace gimbal::app
