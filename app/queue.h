// SPDX-License-Identifier: GPL-3.0-or-later
// Jobs through a queueing system: a script made from a template with RELION's variables
// (XXXcommandXXX and so on, docs/cluster.md), given to sbatch or whatever the cluster uses.
#pragma once

#include "gimbal/core/options.h"

#include <optional>
#include <string>
#include <vector>

namespace gimbal::app {

struct QueueSettings {
  std::string submit;  // template: "slurm", "relion" or a file; empty: run here and now
  std::string qsub = "sbatch";
  std::string queue;
  int ranks = 1;
  int min_dedicated = 1;                // cores of a node
  std::vector<std::string> qsub_extra;  // XXXextra1XXX, XXXextra2XXX ...
};

inline constexpr const char* queue_group = "Queue";  // of the options

void describe(QueueSettings& settings, OptionTable& table);

struct QueueJob {
  std::string folder;   // with a slash at its end, as RELION names a job
  std::string command;  // a line of shell
  int threads = 1;
};

// The text of the template that --submit names. Throws when there is none.
std::string queue_template(const QueueSettings& settings);

// The script. A line of directives (#...) with a variable that has no value is left out, so that a
// template may offer what is not always used. Throws when the template has no XXXcommandXXX, or a
// variable that does not exist.
std::string queue_script(const std::string& text, const QueueJob& job,
                         const QueueSettings& settings);

// Writes <folder>run_submit.script, submits it, and returns what the queueing system said: the
// number of the job. Throws with its words when it refuses.
std::string submit(const QueueJob& job, const QueueSettings& settings);

// What Slurm says of a job: "PENDING", "RUNNING" ...; empty when it knows the job no longer.
// Nothing where there is no Slurm to ask.
std::optional<std::string> queue_state(const std::string& queue_id);

}  // namespace gimbal::app
