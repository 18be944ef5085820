// SPDX-License-Identifier: GPL-3.0-or-later
// gimbal validate: what is wrong with files.
#include "command.h"

#include "gimbal/core/text.h"
#include "gimbal/data/tilt_series_check.h"
#include "gimbal/io/describe.h"

#include <iostream>

namespace gimbal::app {
namespace {

const char* defect_name(Defect defect) {
  switch (defect) {
    case Defect::none:
      return "doubtful";
    case Defect::unreadable:
      return "unreadable";
    case Defect::bad_header:
      return "bad header";
    case Defect::truncated:
      return "truncated";
    case Defect::inconsistent:
      return "inconsistent";
  }
  return "";
}

// STAR files of tilt series speak of other files, and of quantities: data knows them, io does not.
Findings check(const std::filesystem::path& file) {
  auto findings = check_file(file);
  if (findings.empty() && iequals(file.extension().string(), ".star"))
    findings = check_star_file(file);
  return findings;
}

int run(const Command& command) {
  int mask = 0;
  for (const auto& file : command.arguments) {
    const auto findings = check(file);
    mask |= defect_mask(findings);
    for (const auto& finding : findings) {
      if (finding.severity == Severity::note) continue;
      const bool named = finding.text.find(file) != std::string::npos;
      std::cout << fmt::format("{}{} [{}]\n", named ? "" : file + ": ", finding.text,
                               defect_name(finding.defect));
    }
  }
  return mask;
}

}  // namespace

Command make_validate() {
  Command command;
  command.name = "validate";
  command.summary = "Find what is wrong with files";
  command.description =
      "Checks movies, images, STAR and mdoc files down to the last frame, and prints one line for "
      "each problem; nothing when all is well.";
  command.exit_codes =
      "0 all is well, 2 wrong usage; else the sum of 8 (unreadable), 16 (bad header), 32 "
      "(truncated) and 64 (inconsistent), each when any file has such a problem";
  command.examples = {"gimbal validate frames/*.mrc mdoc/*.mdoc"};
  command.positional = "FILE";
  command.run = run;
  return command;
}

}  // namespace gimbal::app
