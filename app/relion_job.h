// SPDX-License-Identifier: GPL-3.0-or-later
// A command as a job of a RELION project: in its list of jobs (--project), or told to it as the
// output of an External job.
#pragma once

#include "command.h"
#include "job_folder.h"

#include <string>
#include <utility>
#include <vector>

namespace gimbal::app {

// Heading of options that RELION's programs have, and gimbal has others for, or none.
inline constexpr const char* for_relion_group = "Accepted for RELION's sake";

// How RELION calls such a job, and what it makes.
struct RelionJobKind {
  std::string folder;  // "MotionCorr"
  std::string type;    // "relion.motioncorr.own"
  // Of the job's folder; file and type of node.
  std::vector<std::pair<std::string, std::string>> outputs;
  // Fields of RELION's window, and the option of gimbal's that each one is. Flags become Yes and
  // No; a text that begins with '=' is the value itself.
  std::vector<std::pair<std::string, std::string>> fields;
  // Options that fields with '=' stand for: not among the other arguments, where they would win
  // over what the user chooses in the window when the job is continued.
  std::vector<std::string> in_fields;
  std::string more_arguments;  // which the other arguments need besides the options given
};

// run_in_job_folder() with all that --project and External jobs need around it. The output folder
// is chosen here when --project leaves it open. A UsageError when there is none.
int run_relion_job(const Command& command, JobSettings& settings, const RelionJobKind& kind,
                   const std::function<std::optional<int>(const JobFolder&)>& work);

}  // namespace gimbal::app
