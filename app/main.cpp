// SPDX-License-Identifier: GPL-3.0-or-later
// The table of commands. Each has a file of its own.
#include "command_line.h"
#include "mpi_session.h"

#include <malloc.h>

#include <exception>
#include <iostream>

namespace gimbal::app {

// One line for each command, alphabetical, here and in the table below.
// clang-format off
Command make_align();
Command make_exclude();
Command make_import();
Command make_info();
Command make_motion();
Command make_report();
Command make_simulate();
Command make_status();
Command make_validate();
Command make_view();
// clang-format on

}  // namespace gimbal::app

int main(int argc, char** argv) {
  using namespace gimbal::app;
  // Frames and images go back to the system as soon as they are freed: otherwise the memory of a
  // job creeps up from movie to movie as the heap falls to pieces.
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  std::vector<Command> commands;
  // clang-format off
  const std::vector<MakeCommand> table{
      make_align,
      make_exclude,
      make_import,
      make_info,
      make_motion,
      make_report,
      make_simulate,
      make_status,
      make_validate,
      make_view,
  };
  // clang-format on
  for (const MakeCommand make : table) commands.push_back(make());
  try {
    const MpiSession ranks;
    return run_command_line(commands, {argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "gimbal: " << error.what() << '\n';
    return exit_failed;
  }
}
