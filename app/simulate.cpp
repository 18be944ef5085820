// SPDX-License-Identifier: GPL-3.0-or-later
// gimbal simulate: raw tilt series whose truth is known.
#include "command.h"
#include "progress.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/io/process.h"
#include "gimbal/sim/series_files.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

namespace gimbal::app {
namespace {

struct Settings {
  std::string preset = "small";
  std::string output;
  int threads = 2;
  sim::SeriesOptions series;
};

// The preset, with the options that were given on the command line on top.
sim::SeriesOptions chosen_options(const Settings& settings, const Command& command) {
  sim::SeriesOptions given = settings.series, chosen = sim::preset_options(settings.preset);
  OptionTable from, to;
  describe(given, from);
  describe(chosen, to);
  for (std::size_t i = 0; i < to.options().size(); ++i) {
    const Option& option = to.options()[i];
    if (!command.given.contains(option.name)) continue;
    std::visit([&](auto* value) { *value = *std::get<decltype(value)>(from.options()[i].value); },
               option.value);
  }
  return chosen;
}

void print_next_steps(const sim::SeriesOptions& o, const std::string& folder) {
  const bool is_here = std::filesystem::equivalent(folder, ".");
  std::cout << fmt::format(
      "Wrote {0}: frames/, mdoc/, truth.json\nTo process it:\n{1}"
      "  gimbal import --movies 'frames/*.{2}' --mdoc 'mdoc/*.mdoc' --angpix {3} --kv {4:g} --cs "
      "{5} "
      "--q0 {6} --dose {7} --tilt_axis {8} --invert_defocus_handedness --o Import/job001/\n"
      "  gimbal motion --i Import/job001/tilt_series.star --o MotionCorr/job002/",
      folder, is_here ? std::string() : "  cd " + shell_line({folder}) + '\n', o.format, o.pixel_A,
      o.voltage_kV, o.cs_mm, o.amplitude_contrast, o.dose_per_tilt_e_A2, o.tilt_axis_deg);
  const std::string gain = sim::gain_name(o);
  if (!gain.empty()) std::cout << " --gainref " << gain;
  if (!gain.empty() && o.gain_rot != 0) std::cout << " --gain_rot " << o.gain_rot;
  if (!gain.empty() && o.gain_flip != 0) std::cout << " --gain_flip " << o.gain_flip;
  if (std::filesystem::exists(std::filesystem::path(folder) / "defects.txt"))
    std::cout << " --defect_file defects.txt";
  if (o.format == "eer")
    std::cout << fmt::format(" --eer_grouping {} --eer_upsampling {}", o.eer_raw_frames,
                             o.eer_upsampling);
  std::cout << '\n';
}

int run(const Settings& settings, const Command& command) {
  const sim::SeriesOptions options = chosen_options(settings, command);
  Arena(settings.threads).run([&] {
    std::vector<sim::SeriesPlan> plans;
    for (int i = 0; i < options.n_series; ++i) plans.push_back(sim::plan_series(options, i));
    int n_movies = 0;
    for (const auto& plan : plans) n_movies += static_cast<int>(plan.tilts.size());
    Progress progress(standard_error(), "simulate", n_movies);
    sim::write_series(plans, settings.output,
                      [&](const std::string& movie) { progress.finished(movie); });
  });
  print_next_steps(options, settings.output);
  return exit_done;
}

}  // namespace

Command make_simulate() {
  auto settings = std::make_shared<Settings>();
  Command command;
  command.name = "simulate";
  command.summary = "Make raw tilt series whose truth is known";
  std::string list;
  std::vector<std::string> names;
  for (const auto& preset : sim::presets()) {
    list += fmt::format("\n  {:<13} {}", preset.name, preset.summary);
    names.push_back(preset.name);
  }
  command.description =
      "Simulates raw tilt series: specimen, microscope, camera and all that goes wrong. Writes "
      "frames/, mdoc/, a gain and a defect file where the camera has them, and truth.json.\n"
      "Presets; every other option given replaces the preset's value (defaults shown are those of "
      "'small'):" +
      list;
  command.examples = {
      "gimbal simulate --preset demo --o demo/",
      "gimbal simulate --preset 4k --n_series 3 --drift 20 --local_motion 5 --o run/"};
  OptionTable& t = command.table;
  t.add("o", settings->output, {.help = "Folder to write to", .required = true, .result = false});
  t.add("preset", settings->preset, {.help = "Where to start from", .choices = names});
  t.add("j", settings->threads, {.help = "Threads", .min = 1, .max = 1024, .result = false});
  describe(settings->series, t);
  command.run = [settings](const Command& self) { return run(*settings, self); };
  return command;
}

}  // namespace gimbal::app
