// SPDX-License-Identifier: GPL-3.0-or-later
// What all other programs that gimbal can run in place of its own methods have in common.
#pragma once

#include "command.h"

#include "gimbal/io/process.h"

#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace gimbal::app {

// GPUs as RELION's windows have them: "0:1" are two, one for each program that runs; "0,1:2,3" are
// two pairs. As the programs want them: "0 1".
std::vector<std::string> gpu_groups(const std::string& text);

// Those of this rank: of several ranks, each has one group.
std::vector<std::string> gpu_groups_of_rank(const std::string& text);

// Hands each group to one program at a time.
class GpuPool {
 public:
  explicit GpuPool(std::vector<std::string> groups) : free_(std::move(groups)) {}
  // Calls use(group); there must be no more users at a time than groups.
  void with(const std::function<void(const std::string&)>& use);

 private:
  std::mutex mutex_;
  std::vector<std::string> free_;
};

// The program to run: as `given`, else as the environment variable says, else the first of the
// names that is in PATH. UsageError when there is none.
std::string external_program(const std::string& option, const std::string& given,
                             const char* environment, const std::vector<std::string>& names);

// Notes on stderr that options of this group were given but have no effect: "on --method patches".
void note_unused(const Command& command, const std::string& group, const std::string& where);

// Runs it, writes its command line to <log>.com, and throws an Error with its last words when it
// fails, crashes or takes too long.
void run_external(const ProcessRequest& request);

}  // namespace gimbal::app
