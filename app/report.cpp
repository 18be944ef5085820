// SPDX-License-Identifier: GPL-3.0-or-later
// gimbal report: one page about a whole project.
#include "command.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/report/project.h"

#include <iostream>
#include <memory>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

struct ReportOptions {
  std::string output;
  int threads = 1;
};

void make_folder(const fs::path& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) fail("cannot make the folder {} for the report: {}", folder.string(), code.message());
}

// What links have to begin with to lead from a page in `from` to files in `project`.
std::string way_to(const fs::path& project, const fs::path& from) {
  const auto way = fs::canonical(project).lexically_relative(fs::canonical(from));
  return way.empty() || way == "." ? std::string() : way.generic_string() + "/";
}

int run(const Command& command, const ReportOptions& options) {
  if (command.arguments.size() != 1)
    throw UsageError(
        fmt::format("there are {} folders: give one, the project's", command.arguments.size()));
  const fs::path folder = command.arguments.front();
  if (!fs::is_directory(folder))
    fail("{} is not a folder; expected the folder of a RELION project", folder.string());
  const fs::path named = options.output.empty() ? folder / "report.html" : fs::path(options.output);
  const auto output = fs::absolute(named);
  if (fs::is_directory(output))
    throw UsageError(fmt::format("--o {} is a folder: name the file, as in {}", options.output,
                                 (fs::path(options.output) / "report.html").string()));
  make_folder(output.parent_path());
  const auto project = fs::absolute(folder);
  fs::current_path(folder);  // names in STAR files are relative to the project's folder
  ProjectReport report;
  Arena(options.threads).run([&] { report = read_project(); });
  report.link_prefix = way_to(project, output.parent_path());
  write_project_html(output, report);
  for (const auto& text : report.warnings) std::cerr << "warning: " << text << '\n';
  std::cout << project_sentence(report) << "\nReport: " << named.lexically_normal().string()
            << '\n';
  return report.warnings.empty() ? exit_done : exit_some_failed;
}

}  // namespace

Command make_report() {
  const auto options = std::make_shared<ReportOptions>();
  Command command;
  command.name = "report";
  command.summary = "Make one page about a whole project";
  command.description =
      "Reads the jobs in the folder of a RELION project (Import, MotionCorr, CtfFind, "
      "ExcludeTiltImages, AlignTiltSeries, Tomograms; gimbal's own and RELION's) and writes one "
      "page, report.html: every tilt series from movies to tomogram, worst first, with pictures, "
      "plots and links to the reports of the jobs. Of each step it shows the newest job that has "
      "the series, but the alignment that the tomogram was made from, with a newer one beside it.";
  command.examples = {"gimbal report .", "gimbal report /data/project --o project.html --j 8"};
  command.positional = "FOLDER";
  command.table.add("o", options->output,
                    {.help = "File to write, in a folder that is made if it is not there; empty: "
                             "report.html in the project's folder"});
  command.table.add("j", options->threads,
                    {.help = "Threads", .min = 1, .max = 1024, .result = false});
  command.run = [options](const Command& c) { return run(c, *options); };
  return command;
}

}  // namespace gimbal::app
