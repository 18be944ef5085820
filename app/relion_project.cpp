// SPDX-License-Identifier: GPL-3.0-or-later
#include "relion_project.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/io/file.h"

#include <fmt/chrono.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <iostream>
#include <thread>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* pipeline_file = "default_pipeline.star";

// RELION's lock: whoever makes the folder may write the list. A window of RELION holds it for
// moments only.
class ProjectLock {
 public:
  explicit ProjectLock(const fs::path& project) : lock_(project / ".relion_lock") {
    constexpr int tries = 300;
    constexpr auto pause = std::chrono::milliseconds(200);
    for (int i = 0; ::mkdir(lock_.c_str(), S_IRWXU) != 0; ++i) {
      if (errno != EEXIST)
        fail("cannot lock the RELION project with {}: {}", lock_.string(), std::strerror(errno));
      if (i == tries)
        fail(
            "the RELION project has been locked for a minute by {}: another program is writing "
            "its list of jobs, or one has crashed; in that case remove this folder, and look "
            "whether {} is as it should be",
            lock_.string(), pipeline_file);
      std::this_thread::sleep_for(pause);
    }
    write_text_atomically(file(), "gimbal\n", Survive::kill);
  }
  ~ProjectLock() {
    std::error_code code;
    fs::remove(file(), code);
    fs::remove(lock_, code);
  }
  ProjectLock(const ProjectLock&) = delete;
  ProjectLock& operator=(const ProjectLock&) = delete;

 private:
  fs::path file() const { return lock_ / "lock_default_pipeline.star"; }
  fs::path lock_;
};

void touch(const fs::path& file) {
  fs::create_directories(file.parent_path());
  write_text_atomically(file, "", Survive::kill);
}

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&time, &parts);
  return fmt::format("{:%a %b %e %H:%M:%S %Y}", parts);
}

// "MotionCorr/job012" and "./MotionCorr/job012/" are the job "MotionCorr/job012/".
std::string job_name(const std::string& wanted, const std::string& folder) {
  std::string name = fs::path(wanted).lexically_normal().string();
  if (!name.ends_with('/')) name += '/';
  if (!relion_job_number(name) || !name.starts_with(folder + "/"))
    throw UsageError(fmt::format(
        "--project: the folder of such a job is {}/jobNNN/, below the working directory, which "
        "is the project's; '{}' is not (leave --o out, and the next number is taken)",
        folder, wanted));
  return name;
}

}  // namespace

RelionPipeline RelionProject::read() const {
  const auto path = folder_ / pipeline_file;
  return fs::exists(path) ? RelionPipeline(read_star(path)) : RelionPipeline();
}

void RelionProject::write(const RelionPipeline& pipeline) const {
  write_star(folder_ / pipeline_file, pipeline.document());
  touch(folder_ / ".pipeline_has_changed");  // RELION's window looks for it
}

std::string RelionProject::start(
    PipelineJob job, const std::string& folder, const std::string& wanted,
    const std::function<std::vector<PipelineNode>(const std::string&)>& outputs) {
  const ProjectLock lock(folder_);
  RelionPipeline pipeline = read();
  job.name = wanted.empty() ? pipeline.next_name(folder) : job_name(wanted, folder);
  job.outputs = outputs(job.name);
  if (!pipeline.has(job.name) && fs::exists(folder_ / job.name / "job.star"))
    fail("{} holds a job that the project's list does not know: choose another --o", job.name);
  pipeline.start(job);
  fs::create_directories(folder_ / job.name);
  write(pipeline);
  return job.name;
}

void RelionProject::write_files(const std::string& job, const StarDocument& job_star,
                                const std::string& command_line) const {
  const auto place = folder_ / job;
  write_star(place / "job.star", job_star);
  const auto note = place / "note.txt";
  const std::string before = fs::exists(note) ? read_text(note) : "";
  write_text_atomically(note,
                        before + fmt::format("\n ++++ Executing new job on {}\n ++++ with the "
                                             "following command(s): \n{}\n ++++ \n",
                                             now(), command_line));
  fs::copy_file(folder_ / pipeline_file, place / pipeline_file,
                fs::copy_options::overwrite_existing);
}

void RelionProject::touch_nodes(const std::vector<PipelineNode>& nodes) const {
  for (const auto& node : nodes)
    if (fs::exists(folder_ / node.name))
      touch(folder_ / ".Nodes" / node.type.substr(0, node.type.find('.')) / node.name);
}

void RelionProject::finish(const std::string& job, PipelineStatus status) const noexcept {
  try {
    const ProjectLock lock(folder_);
    RelionPipeline pipeline = read();
    pipeline.set_status(job, status);
    write(pipeline);
    touch_nodes(pipeline.outputs(job));
  } catch (const std::exception& error) {
    std::cerr << fmt::format("warning: the state of {} could not be noted in {}: {}\n", job,
                             pipeline_file, error.what());
  }
}

}  // namespace gimbal::app
