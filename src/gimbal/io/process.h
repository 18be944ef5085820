// SPDX-License-Identifier: GPL-3.0-or-later
// Other programs: run one, keep what it prints, and get over its failures.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gimbal {

struct ProcessRequest {
  std::vector<std::string> words;  // the program (looked for in PATH) and its arguments
  std::filesystem::path log;       // gets what it prints, stdout and stderr together
  double time_limit_s = 0.0;       // then it is ended, with all that it started; 0: none
  std::function<bool()> stop;      // asked several times a second; may be empty
};

enum class ProcessEnd { success, failure, signal, time_limit, stopped, not_started };

struct ProcessResult {
  ProcessEnd end = ProcessEnd::success;
  int code = 0;        // exit code of a failure, number of a signal
  std::string reason;  // why it is no success, in words, with the last lines of the log
};

// Never throws for what the program does. From any thread.
ProcessResult run_process(const ProcessRequest& request);

// Where a program is: as it stands when it holds a slash, else the first one in PATH; empty:
// nowhere.
std::filesystem::path find_program(const std::string& name);

// The words of a line as a shell sees them: blanks part them, quotes (" and ') hold them together.
// An Error when a quote is not closed.
std::vector<std::string> shell_words(const std::string& line);

// The words as one could type them into a shell.
std::string shell_line(const std::vector<std::string>& words);

}  // namespace gimbal
