// SPDX-License-Identifier: GPL-3.0-or-later
// The command line, made from the commands' option tables. CLI11 is behind this file.
#pragma once

#include "command.h"

#include <string>
#include <vector>

namespace gimbal::app {

// Parse and run; return the exit code. Print help, usage errors and failures.
// words: "motion", "--i", "tilt_series.star" ...
int run_command_line(std::vector<Command>& commands, const std::vector<std::string>& words);
// words: "--i", "tilt_series.star" ...
int run_command(Command& command, const std::vector<std::string>& words);

// RELION waits for ever for a job that leaves no marker, so one whose command line is wrong leaves
// one, too: in the folder of --pipeline_control, if the words have one.
void mark_failure(const std::vector<std::string>& words);

}  // namespace gimbal::app
