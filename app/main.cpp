// SPDX-License-Identifier: GPL-3.0-or-later
// The table of commands. Each has a file of its own.
#include "command_line.h"
#include "mpi_session.h"
#include "relion_front_end.h"

#include <malloc.h>

#include <algorithm>
#include <exception>
#include <iostream>

namespace gimbal::app {

// One line for each command, alphabetical, here and in the table below.
// clang-format off
Command make_align();
Command make_compare();
Command make_exclude();
Command make_import();
Command make_info();
Command make_motion();
Command make_reconstruct();
Command make_relion_shims();
Command make_report();
Command make_simulate();
Command make_status();
Command make_validate();
Command make_view();
Command make_watch();
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
      make_compare,
      make_exclude,
      make_import,
      make_info,
      make_motion,
      make_reconstruct,
      make_relion_shims,
      make_report,
      make_simulate,
      make_status,
      make_validate,
      make_view,
      make_watch,
  };
  // clang-format on
  for (const MakeCommand make : table) commands.push_back(make());
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const RelionCall relion = relion_call(argc > 0 ? argv[0] : "", words);
  if (relion.code) return *relion.code;
  try {
    const MpiSession ranks;
    const int code = run_command_line(commands, words);
    // RELION knows no half success; what failed is in the report, and mpirun takes any other code
    // for a crash.
    return code == exit_some_failed && relion.is_one ? exit_done : code;
  } catch (const std::exception& error) {
    std::cerr << "gimbal: " << error.what() << '\n';
    return exit_failed;
  }
}
