// SPDX-License-Identifier: GPL-3.0-or-later
// gimbal exclude: tilt series -> tilt series without the tilts that are of no use, as RELION 5's
// job, without a window.
#include "batch.h"
#include "command.h"
#include "exclude_job.h"
#include "exclude_results.h"
#include "relion_job.h"
#include "series_job.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

// One series at a time: its images are looked at by all threads.
void survey_all(ExcludePlan& plan, const ExcludeSettings& settings, const JobFolder& folder) {
  std::vector<BatchItem> items;
  for (ExcludeItem& item : plan.items) {
    const auto unless_done = [&item](SeriesStatus status) {
      return [&item, status](const std::string& reason) { set_status(item, status, reason); };
    };
    items.push_back({item.name(), [&item] { return is_surveyed(item); },
                     [&item] { survey_item(item); }, unless_done(SeriesStatus::failed),
                     unless_done(SeriesStatus::skipped)});
  }
  JobSettings all = settings;
  all.only_do_unfinished = true;  // images that have not changed look as they did
  run_batch(items, "exclude", 1, all, folder);
}

void print_problems(const ExcludeJobReport& report) {
  for (const auto& text : report.warnings) std::cerr << "warning: " << text << '\n';
  for (const auto& series : report.series) {
    if (series.status == SeriesStatus::failed)
      std::cerr << fmt::format("error: {}: {}\n", series.name, series.reason);
    for (const auto& problem : series.problems)
      std::cerr << fmt::format("warning: {}: {}\n", series.name, problem);
  }
}

int exit_code(const ExcludeJobReport& report, std::size_t n_selected) {
  if (n_selected == 0) {
    std::cerr
        << "error: no tilt is left, so there is no selected_tilt_series.star; the report says "
           "why each was excluded\n";
    return exit_failed;
  }
  const bool trouble =
      std::any_of(report.series.begin(), report.series.end(), [](const SeriesExclusion& series) {
        return series.status == SeriesStatus::failed || !series.problems.empty();
      });
  return trouble ? exit_some_failed : exit_done;
}

// Nothing: it was stopped.
std::optional<int> run_job(ExcludePlan plan, const ExcludeSettings& settings,
                           const JobFolder& folder) {
  write_settings(settings, "exclude", settings.input, result_options(settings));
  survey_all(plan, settings, folder);
  if (folder.abort_requested()) return std::nullopt;
  for (ExcludeItem& item : plan.items)
    if (item.result.status == SeriesStatus::done) decide(item, settings);
  const auto report = job_report(plan, settings);
  const std::size_t n_selected = write_selected_series(plan, settings);
  write_reports(report, plan, settings);
  print_series(report);
  print_problems(report);
  const fs::path output = settings.output;
  if (!settings.rules.asks_for_anything() && settings.tilts.empty())
    std::cout
        << "Nothing was asked for: choose tilts in the report, then give --tilts, or --auto\n";
  if (n_selected > 0)
    std::cout << "Tilt series: " << (output / "selected_tilt_series.star").string() << '\n';
  std::cout << "Report: " << (output / "report.html").string() << '\n';
  return exit_code(report, n_selected);
}

// RELION's window opens an editor for these jobs, which has no other fields.
RelionJobKind relion_kind() {
  RelionJobKind kind{"ExcludeTiltImages", "relion.excludetilts", {}, {}, {}, {}};
  kind.outputs = {
      {"selected_tilt_series.star", "TomogramGroupMetadata.star.relion.tomo.excludeimages"}};
  kind.fields = {{"in_tiltseries", "i"}};
  return kind;
}

}  // namespace

void describe(ExcludeSettings& s, OptionTable& t) {
  const OptionGroup hand(t, "By hand");
  hand.add(
      "tilts", s.tilts,
      {.help = "Exclude these: 'TS_01:1,40-41; TS_02:-60.0,51..60; TS_1*:x_007.tif' - numbers "
               "of tilts (as in the report), angles (with sign, decimal point or deg), or movies"});
  hand.add("keep", s.keep,
           {.help = "Keep these, named as for --tilts, whatever --tilts, the rules and an earlier "
                    "job of exclusion say",
            .aliases = {"restore"}});
  tilt::describe(s.rules, t);
  describe_running(s, t);
}

Command make_exclude() {
  auto settings = std::make_shared<ExcludeSettings>();
  Command command;
  command.name = "exclude";
  command.uses_ranks = true;  // in so far as the others wait for the first
  command.summary = "Exclude tilts that are of no use";
  command.description =
      "Takes tilts out of tilt series, by name or by rules, and writes selected_tilt_series.star "
      "as RELION 5's job does: rows are removed, nothing else changes. Nothing is lost: "
      "excluded_tilts.star holds the removed rows with the reasons, from where a later run puts "
      "them back (--keep). Contact sheets of all tilts are in report.html, logfile.pdf and "
      "contact_sheets/; in report.html a click on a tilt makes the command that excludes it. "
      "Images are looked at once: another run with the same --o takes a moment. Paths are "
      "relative to the working directory, which should be the folder of the RELION project.";
  command.examples = {
      "gimbal exclude --i MotionCorr/job002/corrected_tilt_series.star --o "
      "ExcludeTiltImages/job003/ --auto --j 8",
      "gimbal exclude --i MotionCorr/job002/corrected_tilt_series.star --o "
      "ExcludeTiltImages/job003/ --auto --tilts 'TS_01:1,40-41; TS_02:-60.0' --keep 'TS_03:12'"};
  command.table.add(
      "i", settings->input,
      {.help = "Tilt series: corrected_tilt_series.star, aligned_tilt_series.star and the like",
       .aliases = {"in_mics"},
       .required = true,
       .result = false});
  describe(static_cast<JobPlace&>(*settings), "Folder to write to, as in ExcludeTiltImages/job003/",
           command.table);
  describe(*settings, command.table);
  command.run = [settings](const Command& self) {
    tilt::check(settings->rules);
    return run_relion_job(self, *settings, relion_kind(), [&](const JobFolder& folder) {
      if (!folder.is_mine()) return std::optional<int>(exit_done);
      return run_job(plan_exclusion(*settings), *settings, folder);
    });
  };
  return command;
}

}  // namespace gimbal::app
