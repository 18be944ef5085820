// SPDX-License-Identifier: GPL-3.0-or-later
// gimbal relion-shims: links by which RELION's window runs gimbal.
#include "command.h"
#include "relion_front_end.h"

#include "gimbal/core/error.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

void make_link(const fs::path& link, const fs::path& target) {
  std::error_code code;
  if (fs::is_symlink(link)) fs::remove(link, code);
  if (fs::exists(link))
    fail("{} is there already, and is no link: choose a folder of its own for the links",
         link.string());
  fs::create_symlink(target, link, code);
  if (code) fail("cannot make the link {}: {}", link.string(), code.message());
}

int run_shims(const Command& command) {
  if (command.arguments.size() != 1) throw UsageError("give one folder for the links");
  const fs::path folder = command.arguments.front();
  std::error_code code;
  fs::create_directories(folder, code);
  if (!fs::is_directory(folder))
    fail("cannot make the folder {}: {}", folder.string(), code.message());
  const fs::path self = fs::canonical("/proc/self/exe");
  for (const auto& name : relion_programs()) make_link(folder / name, self);
  std::cout << fmt::format(
      "{} links to {} are in {}.\nFor RELION to run gimbal, start it with them first in PATH:\n"
      "  PATH=\"{}:$PATH\" relion --tomo\n",
      relion_programs().size(), self.string(), folder.string(), fs::canonical(folder).string());
  return exit_done;
}

}  // namespace

Command make_relion_shims() {
  Command command;
  command.name = "relion-shims";
  command.summary = "Let RELION's window run gimbal";
  command.description =
      "Makes links to gimbal in a folder, with the names of RELION 5's programs for motion "
      "correction and the alignment of tilt series. With that folder first in PATH, the jobs "
      "'Motion correction' and 'Align tilt-series' of `relion --tomo` are gimbal's. A package has "
      "the links in lib/gimbal/relion. docs/relion.md says what each of RELION's options does "
      "there.";
  command.examples = {"gimbal relion-shims ~/gimbal-in-relion",
                      "PATH=\"$HOME/gimbal-in-relion:$PATH\" relion --tomo"};
  command.positional = "DIR";
  command.run = run_shims;
  return command;
}

}  // namespace gimbal::app
