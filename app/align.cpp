// SPDX-License-Identifier: GPL-3.0-or-later
// gimbal align: tilt series -> aligned tilt series, as RELION 5's job.
#include "align_external.h"
#include "align_job.h"
#include "align_results.h"
#include "align_series.h"
#include "batch.h"
#include "command.h"
#include "external_program.h"
#include "job_folder.h"
#include "relion_job.h"
#include "series_job.h"

#include "gimbal/core/text.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* external_group = "IMOD and AreTomo";

// RELION's own options that choose what gimbal's do.
struct RelionOptions {
  bool imod_fiducials = false, imod_patchtrack = false, aretomo2 = false;
  bool aretomo_tiltcorrect = false;
  double aretomo_tiltcorrect_angle = 999.0;
};

void describe(RelionOptions& o, OptionTable& t) {
  const OptionGroup group(t, for_relion_group);
  const auto add = [&](const char* name, auto& value, const char* help) {
    group.add(name, value, {.help = help, .result = false});
  };
  add("imod_fiducials", o.imod_fiducials, "As --method fiducials: it is gimbal's own method");
  add("imod_patchtrack", o.imod_patchtrack, "As --method patches: it is gimbal's own method");
  add("aretomo2", o.aretomo2, "As --method projection: it is gimbal's own method");
  add("aretomo_tiltcorrect", o.aretomo_tiltcorrect, "As --tilt_angle_offset auto");
  add("aretomo_tiltcorrect_angle", o.aretomo_tiltcorrect_angle,
      "As --tilt_angle_offset with this angle; 999: auto");
}

void apply(const RelionOptions& relion, const Command& command, AlignSettings& settings) {
  const std::pair<bool, const char*> methods[] = {{relion.imod_fiducials, "fiducials"},
                                                  {relion.imod_patchtrack, "patches"},
                                                  {relion.aretomo2, "projection"}};
  int chosen = command.given.contains("method") ? 1 : 0;
  for (const auto& [given, method] : methods)
    if (given) settings.align.method = method, ++chosen;
  if (chosen > 1)
    throw UsageError(
        "give only one of --method, --imod_fiducials, --imod_patchtrack and --aretomo2");
  if (command.given.contains("tilt_angle_offset")) return;
  if (relion.aretomo_tiltcorrect)
    settings.align.tilt_angle_offset = relion.aretomo_tiltcorrect_angle == 999.0
                                           ? "auto"
                                           : fmt::format("{}", relion.aretomo_tiltcorrect_angle);
  else if (relion.aretomo2)
    settings.align.tilt_angle_offset = "none";
}

void check(const AlignSettings& settings, const Command& command) {
  tilt::check(settings.align);
  if (settings.input.empty() == settings.stacks.empty())
    throw UsageError("give either --i with a tilt series, or --stack with images");
  if (settings.stacks.empty())
    for (const char* name : {"tlt", "angpix", "dose"})
      if (command.given.contains(name))
        throw UsageError(
            fmt::format("--{} goes with --stack: a tilt series says it by itself", name));
  if (settings.imports() && settings.from.empty())
    throw UsageError("--method import needs --from: the folder or file of the alignment");
  if (!settings.imports() && !settings.from.empty())
    throw UsageError("--from goes with --method import; to refine an alignment: --start_from");
  if (settings.imports() && !settings.start_from.empty())
    throw UsageError("--start_from does not go with --method import, which refines nothing");
}

void fail_with(AlignItem& item, const std::string& reason) {
  remove_outputs(item);
  item.result.alignment = {};
  item.result.pictures = {};
  set_status(item, SeriesStatus::failed, reason);
}

void work_on(AlignItem& item, const AlignWork& work) {
  remove_outputs(item);
  align_item(item, work);
  write_item(item);
}

// Runs what is to be done; every item's result says afterwards what became of it. One series at a
// time by gimbal's own methods: each uses all threads, and the images of one fill enough memory.
void align_all(AlignPlan& plan, const AlignSettings& settings, const JobFolder& folder) {
  GpuPool gpus(gpu_groups_of_rank(settings.external.gpu));
  const AlignWork shared{settings, gpus, [&] { return folder.abort_requested(); }};
  std::vector<BatchItem> items;
  for (AlignItem& item : plan.items)
    items.push_back(
        {item.name(), [&item] { return is_done(item); },
         [&item, &shared] { work_on(item, shared); },
         [&item](const std::string& reason) { fail_with(item, reason); },
         [&item](const std::string& reason) { set_status(item, SeriesStatus::skipped, reason); }});
  run_batch(items, "align", programs_at_once(settings), settings, folder);
}

void print_problems(const AlignPlan& plan) {
  app::print_problems(plan.set);
  for (const auto& item : plan.items)
    for (const auto& problem : item.result.problems)
      std::cerr << fmt::format("warning: {}: {}\n", item.name(), problem);
}

int exit_code(const AlignJobReport& report, std::size_t n_aligned) {
  const bool trouble =
      std::any_of(report.series.begin(), report.series.end(), [](const SeriesAlignment& series) {
        return series.status == SeriesStatus::failed || !series.problems.empty();
      });
  if (!trouble) return exit_done;
  return n_aligned > 0 ? exit_some_failed : exit_failed;
}

// Nothing: it was stopped.
std::optional<int> run_job(const AlignSettings& settings, const JobFolder& folder) {
  AlignPlan plan = plan_alignment(settings);
  if (folder.is_mine()) write_settings(settings, "align", settings.input, result_options(settings));
  align_all(plan, settings, folder);
  if (!folder.is_mine()) return exit_done;
  print_problems(plan);
  if (folder.abort_requested()) return std::nullopt;
  const std::size_t n_aligned = write_aligned_series(plan, settings);
  const auto report = job_report(plan, settings);
  write_reports(report, settings);
  print_series(report);
  if (n_aligned > 0)
    std::cout << "Tilt series: "
              << (fs::path(settings.output) / "aligned_tilt_series.star").string() << '\n';
  return exit_code(report, n_aligned);
}

// RELION's window offers IMOD and AreTomo2 only: the nearest one is shown there. What it cannot say
// is among the other arguments, which win: other methods, and threads.
RelionJobKind relion_kind(const AlignSettings& settings) {
  const std::string& method = settings.align.method;
  const std::string& offset = settings.align.tilt_angle_offset;
  const auto yes_if = [](bool yes) { return yes ? "=Yes" : "=No"; };
  const bool beads = method == "fiducials" || method == "imod_fiducials";
  const bool patches = method == "patches" || method == "imod_patches";
  const bool has_field = method == "fiducials" || method == "patches" || method == "projection";
  RelionJobKind kind{"AlignTiltSeries", "relion.aligntiltseries", {}, {}, {}, {}};
  kind.outputs = {
      {"aligned_tilt_series.star", "TomogramGroupMetadata.star.relion.tomo.aligntiltseries"},
      {"logfile.pdf", "LogFile.pdf.relion.tomo.aligntiltseries"}};
  kind.fields = {{"in_tiltseries", "i"},
                 {"tomogram_thickness", "tomogram_thickness"},
                 {"do_imod_fiducials", yes_if(beads)},
                 {"fiducial_diameter", "gold_nm"},
                 {"do_imod_patchtrack", yes_if(patches)},
                 {"patch_size", "patch_nm"},
                 {"patch_overlap", "patch_overlap"},
                 {"do_aretomo2", yes_if(!beads && !patches)},
                 {"fn_batchtomo_exe", "batchtomo_exe"},
                 {"fn_aretomo_exe", "aretomo_exe"},
                 {"gpu_ids", "gpu"},
                 {"nr_mpi", "=1"}};
  kind.in_fields = {"method"};
  if (!has_field) kind.more_arguments = " --method " + method;
  if (settings.threads > 1) kind.more_arguments += fmt::format(" --j {}", settings.threads);
  if (beads || patches) return kind;
  kind.in_fields.emplace_back("tilt_angle_offset");
  kind.fields.emplace_back("do_aretomo_tiltcorrect", yes_if(offset != "none"));
  kind.fields.emplace_back("aretomo_tiltcorrect_angle",
                           "=" + (parse_double(offset) ? offset : "999"));
  return kind;
}

void describe_input(AlignSettings& s, OptionTable& t) {
  t.add("i", s.input,
        {.help = "Tilt series: corrected_tilt_series.star or selected_tilt_series.star",
         .aliases = {"in_mics"},
         .result = false});
  describe(static_cast<JobPlace&>(s), "Folder to write to, as in AlignTiltSeries/job004/", t);
}

void describe_stacks(AlignSettings& s, OptionTable& t) {
  const OptionGroup stacks(t, "Plain stacks");
  stacks.add("stack", s.stacks,
             {.help = "Stacks of images instead of --i; patterns are expanded, too"});
  stacks.add(
      "tlt", s.tlt,
      {.help = "Files of tilt angles, named as the stacks; without: .rawtlt or .tlt beside them"});
  stacks.add("angpix", s.angpix,
             {.help = "Pixel size; 0: as in the header", .unit = "A", .min = 0});
  stacks.add("dose", s.dose,
             {.help = "Dose of a tilt; the order of acquisition is the second column of --tlt",
              .unit = "e/A^2",
              .min = 0});
  stacks.add("kv", s.kv, {.help = "Acceleration voltage", .unit = "kV", .min = 20, .max = 2000});
  stacks.add("cs", s.cs, {.help = "Spherical aberration", .unit = "mm", .min = 0, .max = 100});
  stacks.add("q0", s.q0, {.help = "Fraction of amplitude contrast", .min = 0, .max = 1});
}

void describe_other(AlignSettings& s, OptionTable& t) {
  const OptionGroup other(t, "Alignments made elsewhere");
  other.add("from", s.from,
            {.help = "For --method import: an .xf of IMOD, an .aln of AreTomo, an "
                     "aligned_tilt_series.star, or the folder of one"});
  other.add("start_from", s.start_from, {.help = "Alignment to refine, as --from"});
  other.add(
      "from_angpix", s.from_angpix,
      {.help = "Pixel size of the images that --from or --start_from was made on; 0: the same, "
               "or as the file says",
       .unit = "A",
       .min = 0});
}

void describe_job(AlignSettings& s, OptionTable& t) {
  const OptionGroup job(t, "Job");
  job.add(
      "excluded", s.excluded,
      {.help = "Tilts that are kept out of the alignment: 'drop' leaves them out of the output, "
               "'keep' marks them in the column gimbalTiltState",
       .choices = {"drop", "keep"}});
  describe(s, "series", t);
}

}  // namespace

void describe(ExternalAlignSettings& s, OptionTable& t) {
  const OptionGroup external(t, external_group);
  external.add(
      "batchtomo_exe", s.batchtomo_exe,
      {.help = "batchruntomo of IMOD; empty: the environment variable RELION_BATCHTOMO_EXECUTABLE, "
               "else the one in PATH"});
  external.add(
      "adoc_template", s.adoc_template,
      {.help = "Directives for it instead of RELION's; axis, pixel, bead and patch sizes are set "
               "by gimbal"});
  external.add("aretomo_exe", s.aretomo_exe,
               {.help = "AreTomo2, or AreTomo3 by its name; empty: the environment variable "
                        "RELION_ARETOMO_EXECUTABLE, else the one in PATH"});
  external.add(
      "aretomo_patches", s.aretomo_patches,
      {.help = "Patches along each side for its local alignment (-Patch), which is then said but "
               "not used; 0: none",
       .min = 0,
       .max = 20});
  external.add("aretomo_ctf", s.aretomo_ctf, {.help = "Let it measure the CTF, too; not read"});
  external.add("aretomo_phaseshift", s.aretomo_phaseshift,
               {.help = "Let it look for a phase shift, too; not read"});
  external.add(
      "gpu", s.gpu,
      {.help = "GPUs of AreTomo: 0:1:2 runs three series at a time, 0,1 one on two GPUs; empty: "
               "the first GPU",
       .result = false});
  external.add("other_wrapper_args", s.arguments,
               {.help = "More arguments of the program, as one text"});
  external.add(
      "time_limit", s.time_limit_min,
      {.help = "Longest time it may take for one series before it is ended and the series has "
               "failed; 0: none",
       .unit = "min",
       .min = 0,
       .result = false});
}

void describe(AlignSettings& s, OptionTable& t) {
  tilt::describe(s.align, t);
  describe(s.external, t);
  describe_stacks(s, t);
  describe_other(s, t);
  describe_job(s, t);
}

Command make_align() {
  auto settings = std::make_shared<AlignSettings>();
  auto relion = std::make_shared<RelionOptions>();
  Command command;
  command.name = "align";
  command.summary = "Align tilt series";
  command.description =
      "Reads tilt series with motion-corrected images, or plain stacks, and writes "
      "aligned_tilt_series.star and tilt_series/<name>.star as RELION 5's alignment does, with "
      "standard errors and scores, and for each series external/<name>/ with the alignment in the "
      "formats of IMOD and AreTomo. A series that cannot be aligned is reported, the others go on "
      "(exit code 3). Paths are relative to the working directory, which should be the folder of "
      "the RELION project.";
  command.examples = {
      "gimbal align --i ExcludeTiltImages/job003/selected_tilt_series.star --o "
      "AlignTiltSeries/job004/ --j 8",
      "gimbal align --i MotionCorr/job002/corrected_tilt_series.star --o AlignTiltSeries/job005/ "
      "--method import --from imod/",
      "gimbal align --stack TS_01.mrc --tlt TS_01.rawtlt --angpix 2.7 --tilt_axis 85 --o aligned/"};
  describe_input(*settings, command.table);
  describe(*settings, command.table);
  describe(*relion, command.table);
  command.uses_ranks = true;
  command.run = [settings, relion](const Command& self) {
    apply(*relion, self, *settings);
    check(*settings, self);
    if (settings->runs_program()) prepare(*settings);
    if (!settings->runs_program())
      note_unused(self, external_group, "on --method " + settings->align.method);
    return run_relion_job(self, *settings, relion_kind(*settings),
                          [&](const JobFolder& folder) { return run_job(*settings, folder); });
  };
  return command;
}

}  // namespace gimbal::app
