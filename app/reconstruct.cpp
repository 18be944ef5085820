// SPDX-License-Identifier: GPL-3.0-or-later
// gimbal reconstruct: aligned tilt series -> tomograms, as RELION 5's job.
#include "batch.h"
#include "command.h"
#include "reconstruct_job.h"
#include "reconstruct_results.h"
#include "reconstruct_series.h"
#include "relion_job.h"
#include "series_job.h"

#include <algorithm>
#include <iostream>
#include <memory>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

void set_aside(ReconstructItem& item, SeriesStatus status, const std::string& reason) {
  set_status(item, status, reason);
  item.result.notes.clear();
  item.result.pictures = {};
}

// Runs what is to be done; every item's result says afterwards what became of it. One series at a
// time: each uses all threads.
void reconstruct_all(ReconstructPlan& plan, const ReconstructSettings& settings,
                     const JobFolder& folder) {
  std::vector<BatchItem> items;
  for (ReconstructItem& item : plan.items)
    items.push_back(
        {item.name(), [&item] { return is_done(item); },
         [&item, &settings] {
           remove_outputs(item);
           reconstruct_item(item, settings);
         },
         [&item](const std::string& reason) {
           remove_outputs(item);
           set_aside(item, SeriesStatus::failed, reason);
         },
         [&item](const std::string& reason) { set_aside(item, SeriesStatus::skipped, reason); }});
  run_batch(items, "reconstruct", 1, settings, folder);
}

int exit_code(const ReconJobReport& report, std::size_t n_done) {
  const bool trouble = std::any_of(
      report.series.begin(), report.series.end(),
      [](const SeriesTomogram& series) { return series.status == SeriesStatus::failed; });
  if (!trouble) return exit_done;
  return n_done > 0 ? exit_some_failed : exit_failed;
}

// Nothing: it was stopped.
std::optional<int> run_job(const ReconstructSettings& settings, const JobFolder& folder) {
  ReconstructPlan plan = plan_reconstruction(settings);
  if (folder.is_mine())
    write_settings(settings, "reconstruct", settings.input, result_options(settings));
  reconstruct_all(plan, settings, folder);
  if (!folder.is_mine()) return exit_done;
  print_problems(plan.set);
  if (folder.abort_requested()) return std::nullopt;
  const std::size_t n_done = write_tomograms(plan, settings);
  const auto report = job_report(plan, settings);
  write_reports(report, settings);
  print_series(report);
  if (n_done > 0)
    std::cout << "Tomograms: " << (fs::path(settings.output) / "tomograms.star").string() << '\n';
  return exit_code(report, n_done);
}

RelionJobKind relion_kind() {
  RelionJobKind kind{"Tomograms", "relion.reconstructtomograms", {}, {}, {}, {}};
  kind.outputs = {{"tomograms.star", "TomogramGroupMetadata.star.relion.tomo.reconstruct"},
                  {"logfile.pdf", "LogFile.pdf.relion.tomo.reconstruct"}};
  kind.fields = {{"in_tiltseries", "i"}, {"binned_angpix", "binned_angpix"}, {"nr_mpi", "=1"}};
  return kind;
}

}  // namespace

void describe(ReconstructSettings& s, OptionTable& t) {
  const OptionGroup tomogram(t, "Tomogram");
  tomogram.add("binned_angpix", s.binned_angpix,
               {.help = "Voxel size", .unit = "A", .min = 0.1, .max = 1000, .aliases = {"angpix"}});
  tomogram.add(
      "thickness", s.thickness_nm,
      {.help = "Depth of the tomogram; 0: the specimen's, if the alignment tells, and some room",
       .unit = "nm",
       .min = 0,
       .max = 10000});
  const auto size = [&](const char* name, int& value, const char* help) {
    tomogram.add(name, value, {.help = help, .unit = "px", .min = 0, .max = 100000});
  };
  size("w", s.w, "Width in pixels of the images; 0: the field of view, across the tilt axis");
  size("h", s.h, "Height in pixels of the images; 0: the field of view, along the tilt axis");
  size("d", s.d, "Depth in pixels of the images; 0: as --thickness says");
  tomogram.add(
      "generate_split_tomograms", s.split,
      {.help = "Also make half tomograms from the sums of even and odd frames, for denoising",
       .aliases = {"even_odd_split"}});
  tomogram.add("float16", s.float16, {.help = "Write 16-bit floats"});
  recon::describe(s.recon, t);
  describe(s, "series", t);
}

Command make_reconstruct() {
  auto settings = std::make_shared<ReconstructSettings>();
  Command command;
  command.name = "reconstruct";
  command.summary = "Reconstruct tomograms";
  command.description =
      "Reads aligned tilt series and writes tomograms/rec_<name>.mrc by weighted back-projection, "
      "tomograms.star and tilt_series/<name>.star as RELION 5's reconstruction does. Dense matter "
      "is dark, as in the images. A series that cannot be reconstructed is reported, the others go "
      "on (exit code 3). Paths are relative to the working directory, which should be the folder "
      "of the RELION project.";
  command.examples = {
      "gimbal reconstruct --i AlignTiltSeries/job004/aligned_tilt_series.star --o "
      "Tomograms/job005/ --binned_angpix 10 --j 8",
      "gimbal reconstruct --i AlignTiltSeries/job004/aligned_tilt_series.star --o "
      "Tomograms/job006/ --binned_angpix 5 --thickness 300 --generate_split_tomograms --float16"};
  command.table.add("i", settings->input,
                    {.help = "Aligned tilt series: aligned_tilt_series.star, or with CTF columns",
                     .aliases = {"t", "in_mics"},
                     .required = true,
                     .result = false});
  describe(static_cast<JobPlace&>(*settings), "Folder to write to, as in Tomograms/job005/",
           command.table);
  describe(*settings, command.table);
  command.uses_ranks = true;
  command.run = [settings](const Command& self) {
    return run_relion_job(self, *settings, relion_kind(),
                          [&](const JobFolder& folder) { return run_job(*settings, folder); });
  };
  return command;
}

}  // namespace gimbal::app
