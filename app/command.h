// SPDX-License-Identifier: GPL-3.0-or-later
// A command of the program: what it is called, the options it has, and what it does.
#pragma once

#include "gimbal/core/options.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace gimbal::app {

// Exit codes: 0 done, 1 failed, 2 usage, 3 done but some items failed.
enum ExitCode { exit_done = 0, exit_failed = 1, exit_usage = 2, exit_some_failed = 3 };

struct Command {
  std::string name;
  std::string summary;                 // one line, for the list of commands
  std::string description;             // a paragraph or two, for the help of the command
  std::vector<std::string> examples;   // complete command lines
  OptionTable table;                   // bound to the option structs captured by run
  std::string exit_codes;              // if they are not those of ExitCode: what they mean
  std::string positional;              // name of the positional arguments ("FILE"), empty for none
  std::vector<std::string> arguments;  // positional arguments given
  bool uses_ranks = false;             // shares its items out; others run on the first rank alone
  std::set<std::string> given;         // names of the options that were on the command line
  std::function<int(const Command&)> run;
};

// Each command is made by one function in a file of its own (app/<name>.cpp).
// Options live in a shared_ptr captured by run, so that the table's pointers stay valid.
using MakeCommand = Command (*)();

}  // namespace gimbal::app
