// SPDX-License-Identifier: GPL-3.0-or-later
// gimbal motion: raw tilt movies -> motion-corrected tilt series, as RELION 5's job.
#include "batch.h"
#include "command.h"
#include "job_folder.h"
#include "motion_detector.h"
#include "motion_job.h"
#include "motion_movie.h"
#include "motion_results.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

// Options of RELION that have no meaning here, or will get one later.
struct RelionOptions {
  bool use_own = false, use_motioncor2 = false, interpolate_shifts = false, archive = false;
  bool early_binning = false, no_early_binning = false;
  int max_iter = 5;
  double ccf_downsample = 0.0, angpix = -1.0, voltage = -1.0;
  std::string motioncor2_exe, other_motioncor2_args, gpu;
};

void describe(RelionOptions& o, OptionTable& t) {
  const std::string group = "Accepted for RELION's sake";
  const auto add = [&](const char* name, auto& value, const char* help) {
    t.add(name, value, {.help = help, .result = false, .group = group});
  };
  add("use_own", o.use_own, "No effect: it is always gimbal's own method");
  add("use_motioncor2", o.use_motioncor2, "Refused: gimbal does not call MotionCor2");
  add("max_iter", o.max_iter, "No effect: gimbal's alignment converges by itself");
  add("interpolate_shifts", o.interpolate_shifts, "No effect");
  add("ccf_downsample", o.ccf_downsample, "No effect");
  add("early_binning", o.early_binning, "No effect: it is always done");
  add("no_early_binning", o.no_early_binning, "No effect: results do not depend on it");
  add("angpix", o.angpix, "No effect: the pixel size is in the tilt series");
  add("voltage", o.voltage, "No effect: the voltage is in the tilt series");
  add("motioncor2_exe", o.motioncor2_exe, "No effect");
  add("other_motioncor2_args", o.other_motioncor2_args, "No effect");
  add("archive", o.archive, "No effect");
  add("gpu", o.gpu, "No effect");
}

void fail_with(MotionItem& item, const std::string& reason) {
  remove_outputs(item);
  item.report.status = MovieStatus::failed;
  item.report.reason = reason;
}

void skip(MotionItem& item, const std::string& reason) {
  item.report.status = MovieStatus::skipped;
  item.report.reason = reason;
}

// Runs what is to be done; every item's report says afterwards what became of it.
void correct_movies(MotionPlan& plan, const MotionSettings& settings, JobDetector& detector,
                    const JobFolder& folder) {
  std::vector<BatchItem> items;
  for (MotionItem& item : plan.items)
    items.push_back({item.report.movie, [&item] { return is_done(item); },
                     [&item, &settings, &detector] { correct_item(item, settings, detector); },
                     [&item](const std::string& reason) { fail_with(item, reason); },
                     [&item](const std::string& reason) { skip(item, reason); }});
  run_batch(items, "motion", std::max(1, settings.threads / 4), settings, folder);
}

std::vector<fs::path> movie_paths(const MotionPlan& plan) {
  std::vector<fs::path> paths;
  for (const auto& item : plan.items) paths.push_back(item.movie.path);
  return paths;
}

void print_summary(const MotionJobReport& report, const MotionSettings& settings,
                   std::size_t n_series) {
  const JobSummary summary = summarise(report);
  std::cout << summary.verdict << '\n';
  for (const auto& remark : summary.remarks) {
    std::cout << "  " << remark.text;
    if (remark.movies > 1) std::cout << fmt::format(" ({} movies)", remark.movies);
    if (!remark.example.empty()) std::cout << " [" << remark.example << ']';
    std::cout << '\n';
  }
  const fs::path folder = settings.output;
  if (n_series > 0)
    std::cout << "Tilt series: " << (folder / "corrected_tilt_series.star").string() << '\n';
  std::cout << "Report: " << (folder / "report.html").string() << '\n';
}

int exit_code(const MotionJobReport& report, const MotionPlan& plan, std::size_t n_series) {
  const JobSummary summary = summarise(report);
  if (summary.failed == 0 && plan.set.unreadable.empty()) return exit_done;
  return n_series > 0 ? exit_some_failed : exit_failed;
}

// Nothing: it was stopped.
std::optional<int> run_job(const MotionSettings& settings, const JobFolder& folder) {
  MotionPlan plan = plan_motion(settings);
  if (plan.items.empty())
    fail("there is nothing to do in {}: {}", settings.input, plan.set.unreadable.front().reason);
  JobDetector detector(settings.motion, movie_paths(plan), folder.path(), folder.is_mine());
  for (const auto& note : detector.notes()) std::cerr << "note: " << note << '\n';
  for (const auto& warning : detector.warnings()) std::cerr << "warning: " << warning << '\n';
  if (folder.is_mine())
    write_settings(settings, "motion", settings.input, settings.result_options());
  correct_movies(plan, settings, detector, folder);
  if (!folder.is_mine()) return exit_done;
  if (folder.abort_requested()) return std::nullopt;
  const std::size_t n_series = write_corrected_series(plan, settings);
  const auto report = job_report(plan, settings, detector.warnings());
  write_reports(report, settings);
  print_summary(report, settings, n_series);
  return exit_code(report, plan, n_series);
}

void note_ignored(const Command& command) {
  for (const auto& option : command.table.options())
    if (option.spec.help.starts_with("No effect:") && command.given.contains(option.name) &&
        option.name != "use_own")
      std::cerr << fmt::format("note: --{}: {}\n", option.name, option.spec.help);
}

}  // namespace

void describe(MotionSettings& settings, OptionTable& table) {
  describe(settings.motion, table);
  table.add("dose_motionstats_cutoff", settings.early_dose_e_A2,
            {.help = "Motion up to this dose is early (rlnAccumMotionEarly), the rest late",
             .unit = "e/A^2",
             .min = 0,
             .group = "Dose weighting"});
  const std::string job = "Job";
  describe(settings, "movies", table);
  table.add("max_io_threads", settings.max_io_threads,
            {.help = "No effect: reading never takes more threads than --j",
             .result = false,
             .group = job});
  table.add("skip_logfile", settings.skip_logfile,
            {.help = "Do not write logfile.pdf", .result = false, .group = job});
}

Command make_motion() {
  auto settings = std::make_shared<MotionSettings>();
  auto relion = std::make_shared<RelionOptions>();
  Command command;
  command.name = "motion";
  command.summary = "Correct the motion of raw tilt movies";
  command.description =
      "Reads tilt series (tilt_series.star) and writes, as RELION 5's motion correction does, the "
      "aligned sums of all movies and corrected_tilt_series.star, with report.html, logfile.pdf "
      "and summary.json. A movie that cannot be corrected is reported, the others go on (exit code "
      "3). Paths are relative to the working directory, which should be the folder of the RELION "
      "project.";
  command.examples = {
      "gimbal motion --i Import/job001/tilt_series.star --o MotionCorr/job002/ --j 8 --float16 "
      "--even_odd_split --grouping_for_ps 4",
      "gimbal motion --i Import/job001/tilt_series.star --o MotionCorr/job002/ --gainref gain.mrc "
      "--gain_rot auto --bin_factor 2 --only_do_unfinished"};
  command.table.add("i", settings->input,
                    {.help = "Tilt series: tilt_series.star", .required = true, .result = false});
  command.table.add(
      "o", settings->output,
      {.help = "Folder to write to, as in MotionCorr/job002/", .required = true, .result = false});
  describe(*settings, command.table);
  describe(*relion, command.table);
  command.uses_ranks = true;
  command.run = [settings, relion](const Command& self) {
    if (relion->use_motioncor2)
      throw UsageError(
          "--use_motioncor2: gimbal does not call MotionCor2; leave the option out to use gimbal's "
          "own method");
    note_ignored(self);
    return run_in_job_folder(*settings, "motion",
                             [&](const JobFolder& folder) { return run_job(*settings, folder); });
  };
  return command;
}

}  // namespace gimbal::app
