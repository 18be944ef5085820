// SPDX-License-Identifier: GPL-3.0-or-later
// The folder of a RELION project: default_pipeline.star kept in step under RELION's own lock, and
// the files by which its window shows a job.
#pragma once

#include "gimbal/data/relion_pipeline.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gimbal::app {

class RelionProject {
 public:
  // The project is the working directory, as for RELION: names of jobs are relative to it.
  explicit RelionProject(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Takes a job into the list, as running, and returns its name: `wanted` ("MotionCorr/job012/",
  // new or again), or the next free one of `folder` when that is empty. Makes default_pipeline.star
  // when there is none.
  std::string start(PipelineJob job, const std::string& folder, const std::string& wanted,
                    const std::function<std::vector<PipelineNode>(const std::string&)>& outputs);
  // job.star, note.txt, and a copy of the list, in the job's folder.
  void write_files(const std::string& job, const StarDocument& job_star,
                   const std::string& command_line) const;
  // The job's state at its end. Never throws: the job itself is over; a problem goes to stderr.
  void finish(const std::string& job, PipelineStatus status) const noexcept;

 private:
  RelionPipeline read() const;
  void write(const RelionPipeline& pipeline) const;
  void touch_nodes(const std::vector<PipelineNode>& nodes) const;

  std::filesystem::path folder_;
};

}  // namespace gimbal::app
