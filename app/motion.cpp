// SPDX-License-Identifier: GPL-3.0-or-later
// gimbal motion: raw tilt movies -> motion-corrected tilt series, as RELION 5's job.
#include "batch.h"
#include "command.h"
#include "external_program.h"
#include "job_folder.h"
#include "motion_detector.h"
#include "motion_external.h"
#include "motion_job.h"
#include "motion_movie.h"
#include "motion_results.h"
#include "relion_job.h"

#include "gimbal/core/text.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* motioncor_group = "MotionCor2 or MotionCor3";

// Options of RELION that have no meaning here, or will get one later.
struct RelionOptions {
  bool use_own = false, interpolate_shifts = false;
  bool early_binning = false, no_early_binning = false;
  int max_iter = 5;
  double ccf_downsample = 0.0, angpix = -1.0, voltage = -1.0;
};

void describe(RelionOptions& o, OptionTable& t) {
  const OptionGroup group(t, for_relion_group);
  const auto add = [&](const char* name, auto& value, const char* help) {
    group.add(name, value, {.help = help, .result = false});
  };
  add("use_own", o.use_own, "As without it: gimbal's own method");
  add("max_iter", o.max_iter, "No effect: gimbal's alignment converges by itself");
  add("interpolate_shifts", o.interpolate_shifts, "No effect: motion is always smooth in time");
  add("ccf_downsample", o.ccf_downsample, "No effect: there are no correlation maps to sample");
  add("early_binning", o.early_binning, "No effect: it is always done");
  add("no_early_binning", o.no_early_binning, "No effect: results do not depend on it");
  add("angpix", o.angpix, "No effect: the pixel size is in the tilt series");
  add("voltage", o.voltage, "No effect: the voltage is in the tilt series");
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
  const auto groups = gpu_groups_of_rank(settings.motioncor.gpu);
  GpuPool gpus(groups);
  const MotionWork shared{settings, detector, gpus, [&] { return folder.abort_requested(); }};
  const int at_once =
      settings.motioncor.use ? static_cast<int>(groups.size()) : std::max(1, settings.threads / 4);
  std::vector<BatchItem> items;
  for (MotionItem& item : plan.items)
    items.push_back({item.report.movie, [&item] { return is_done(item); },
                     [&item, &shared] { correct_item(item, shared); },
                     [&item](const std::string& reason) { fail_with(item, reason); },
                     [&item](const std::string& reason) { skip(item, reason); }});
  run_batch(items, "motion", at_once, settings, folder);
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
  if (summary.failed > 0)
    std::cout << fmt::format(
        "{} lists what failed. These tilts are left out of the tilt series; alignment goes on "
        "without them. Once the movies are whole, the same command with --only_do_unfinished adds "
        "them.\n",
        (folder / "failed_movies.star").string());
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
    write_settings(settings, "motion", settings.input, result_options(settings));
  correct_movies(plan, settings, detector, folder);
  if (!folder.is_mine()) return exit_done;
  if (folder.abort_requested()) return std::nullopt;
  const std::size_t n_series = write_corrected_series(plan, settings);
  const auto report = job_report(plan, settings, detector.warnings());
  write_reports(report, settings);
  print_summary(report, settings, n_series);
  return exit_code(report, plan, n_series);
}

void check(const MotionSettings& settings) {
  const int size = settings.motion.ps_size;
  if (settings.motion.grouping_for_ps > 0 && size % 2 != 0)
    throw UsageError(fmt::format("--ps_size is {} px, but must be even", size));
}

void note_ignored(const Command& command, const MotionSettings& settings) {
  for (const auto& option : command.table.options())
    if (command.given.contains(option.name) && option.spec.help.starts_with("No effect:"))
      std::cerr << fmt::format("note: --{}: {}\n", option.name, option.spec.help);
  if (!settings.motioncor.use) note_unused(command, motioncor_group, "without --use_motioncor2");
}

void prepare_motioncor(MotionSettings& settings, bool use_own) {
  auto& motioncor = settings.motioncor;
  if (use_own) throw UsageError("give only one of --use_own and --use_motioncor2");
  check(motioncor, settings.motion);
  motioncor.program =
      external_program("motioncor2_exe", motioncor.program, "RELION_MOTIONCOR2_EXECUTABLE",
                       {"MotionCor2", "MotionCor3"});
  // One thread waits for each program that runs.
  const int n_programs = static_cast<int>(gpu_groups_of_rank(motioncor.gpu).size());
  settings.threads = std::max(settings.threads, n_programs);
}

RelionJobKind relion_kind(const MotionSettings& settings) {
  const char* rotations[] = {"No rotation (0)", "90 degrees (1)", "180 degrees (2)",
                             "270 degrees (3)"};
  const char* flips[] = {"No flipping (0)", "Flip upside down (1)", "Flip left to right (2)"};
  const auto& motion = settings.motion;
  const auto turn = parse_int(motion.gain_rot);
  const bool spectra = motion.grouping_for_ps > 0;
  RelionJobKind kind{"MotionCorr", "relion.motioncorr.own", {}, {}, {}, {}};
  if (settings.motioncor.use) kind.type = "relion.motioncorr.motioncor2";
  kind.outputs = {
      {"corrected_tilt_series.star", "TomogramGroupMetadata.star.relion.tomo.motioncorr"},
      {"logfile.pdf", "LogFile.pdf.relion.motioncorr"}};
  kind.fields = {{"input_star_mics", "i"},
                 {"eer_grouping", "eer_grouping"},
                 {"do_float16", "float16"},
                 {"do_even_odd_split", "even_odd_split"},
                 {"do_save_ps", spectra ? "=Yes" : "=No"},
                 {"group_for_ps", spectra ? "grouping_for_ps" : "=4"},
                 {"bfactor", "bfactor"},
                 {"patch_x", "patch_x"},
                 {"patch_y", "patch_y"},
                 {"group_frames", "group_frames"},
                 {"bin_factor", "bin_factor"},
                 {"fn_gain_ref", "gainref"},
                 {"gain_flip", std::string("=") + flips[motion.gain_flip]},
                 {"fn_defect", "defect_file"},
                 {"do_own_motioncor", settings.motioncor.use ? "=No" : "=Yes"},
                 {"fn_motioncor2_exe", "motioncor2_exe"},
                 {"other_motioncor2_args", "other_motioncor2_args"},
                 {"gpu_ids", "gpu"},
                 {"nr_mpi", "=1"},
                 {"nr_threads", "j"}};
  // RELION's window has no "auto": that goes to its other arguments.
  kind.in_fields = {"gain_flip", "use_motioncor2"};
  if (!turn) return kind;
  kind.fields.emplace_back("gain_rot", std::string("=") + rotations[*turn]);
  kind.in_fields.emplace_back("gain_rot");
  return kind;
}

}  // namespace

void describe(MotioncorSettings& s, OptionTable& t) {
  const OptionGroup group(t, motioncor_group);
  group.add("use_motioncor2", s.use,
            {.help = "Run MotionCor2 or MotionCor3 instead of gimbal's own method"});
  group.add(
      "motioncor2_exe", s.program,
      {.help = "The program; empty: the environment variable RELION_MOTIONCOR2_EXECUTABLE, else "
               "MotionCor2 or MotionCor3 in PATH"});
  group.add("gpu", s.gpu,
            {.help = "Its GPUs: 0:1 runs two programs at a time, 0,1:2,3 two with two GPUs each; "
                     "empty: the first GPU",
             .result = false});
  group.add("other_motioncor2_args", s.arguments,
            {.help = "More of its own arguments, as one text"});
  group.add(
      "archive", s.archive,
      {.help = "Folder where it shall put packed copies of the movies (-ArcDir)", .result = false});
  group.add("time_limit", s.time_limit_min,
            {.help = "Longest time it may take for one movie before it is ended and the movie has "
                     "failed; 0: none",
             .unit = "min",
             .min = 0,
             .result = false});
}

void describe(MotionSettings& settings, OptionTable& table) {
  describe(settings.motion, table);
  table.add("dose_motionstats_cutoff", settings.early_dose_e_A2,
            {.help = "Motion up to this dose is early (rlnAccumMotionEarly), the rest late",
             .unit = "e/A^2",
             .min = 0,
             .group = "Dose weighting"});
  describe(settings.motioncor, table);
  const OptionGroup job(table, "Job");
  describe(static_cast<JobSettings&>(settings), "movies", table);
  job.add("max_io_threads", settings.max_io_threads,
          {.help = "No effect: reading never takes more threads than --j", .result = false});
  job.add("skip_logfile", settings.skip_logfile,
          {.help = "Do not write logfile.pdf", .result = false});
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
                    {.help = "Tilt series: tilt_series.star",
                     .aliases = {"in_movies", "in_mics"},
                     .required = true,
                     .result = false});
  describe(static_cast<JobPlace&>(*settings), "Folder to write to, as in MotionCorr/job002/",
           command.table);
  describe(*settings, command.table);
  describe(*relion, command.table);
  command.uses_ranks = true;
  command.run = [settings, relion](const Command& self) {
    check(*settings);
    if (settings->motioncor.use) prepare_motioncor(*settings, relion->use_own);
    note_ignored(self, *settings);
    return run_relion_job(self, *settings, relion_kind(*settings),
                          [&](const JobFolder& folder) { return run_job(*settings, folder); });
  };
  return command;
}

}  // namespace gimbal::app
