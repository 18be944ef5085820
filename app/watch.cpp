// SPDX-License-Identifier: GPL-3.0-or-later
// gimbal watch: follows a running data collection. Each round imports what is complete, corrects
// the movies that are new and aligns the series that have ended, by the same commands as users
// call, which do only what is unfinished: all state is on disk, so a restart loses nothing.
#include "command.h"
#include "command_line.h"
#include "job_folder.h"
#include "mpi_session.h"
#include "settled_files.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/data/import.h"
#include "gimbal/data/labels.h"
#include "gimbal/io/file.h"
#include "gimbal/io/pattern.h"
#include "gimbal/io/process.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <set>
#include <thread>

namespace gimbal::app {

Command make_align();
Command make_motion();

namespace {

namespace fs = std::filesystem;

struct WatchSettings {
  ImportOptions import;
  JobSettings job;
  std::string motion, align;  // further options of these commands
  bool no_align = false;
  double every_s = 15.0, settle_s = 15.0, series_ends_s = 600.0, until_idle_s = 0.0;
};

void describe(WatchSettings& s, OptionTable& t) {
  describe(s.import, t);
  t.add("o", s.job.output,
        {.help = "Folder to write to: the jobs import, motion and align are made in it",
         .required = true,
         .result = false});
  t.add("motion", s.motion, {.help = "Further options of gimbal motion, as one text"});
  t.add("align", s.align, {.help = "Further options of gimbal align, as one text"});
  t.add("no_align", s.no_align, {.help = "Correct the movies only"});
  const auto seconds = [&](const char* name, double& value, const char* help) {
    t.add(name, value, {.help = help, .unit = "s", .min = 0, .result = false, .group = "Patience"});
  };
  seconds("every", s.every_s, "Time between two looks");
  seconds("settle", s.settle_s, "A file that has not changed for so long is complete");
  seconds("series_ends", s.series_ends_s,
          "A series of which nothing has changed for so long has ended, and is aligned");
  seconds("until_idle", s.until_idle_s,
          "Stop when nothing new came for so long; 0: go on for ever");
  describe_running(s.job, t);
}

double clock_s() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

std::vector<std::string> texts(const std::vector<fs::path>& paths) {
  std::vector<std::string> list;
  for (const auto& path : paths) list.push_back(path.string());
  return list;
}

class Watch {
 public:
  Watch(const WatchSettings& settings, const JobFolder& folder)
      : settings_(settings), folder_(folder) {
    if (settings.import.images_are_motion_corrected)
      throw UsageError("--images_are_motion_corrected: watch corrects movies; use gimbal align");
  }

  // Nothing: RELION asked for the end.
  std::optional<int> run() {
    double busy_at_s = clock_s();
    for (;;) {
      if (folder_.abort_requested()) return std::nullopt;
      if (look()) busy_at_s = clock_s();
      const bool idle = clock_s() - busy_at_s >= settings_.until_idle_s;
      if (settings_.until_idle_s > 0 && idle) return code_;
      std::this_thread::sleep_for(std::chrono::duration<double>(settings_.every_s));
    }
  }

 private:
  // Whether there was anything to do.
  bool look() {
    const auto now_s = clock_s();
    const auto movies =
        files_.settled(expand_patterns(settings_.import.movies), settings_.settle_s, now_s);
    const auto mdocs = files_.settled(sources(), settings_.settle_s, now_s);
    if (movies.empty() || (mdocs.empty() && !settings_.import.angles_from_names)) return false;
    const bool news = correct(movies, mdocs);
    return (settings_.no_align || motion_.series.empty() ? false : align(now_s)) || news;
  }

  std::vector<fs::path> sources() const {
    auto files = expand_patterns(settings_.import.mdoc);
    const auto tables = expand_patterns(settings_.import.table);
    files.insert(files.end(), tables.begin(), tables.end());
    return files;
  }

  bool correct(const std::vector<fs::path>& movies, const std::vector<fs::path>& records) {
    ImportOptions options = settings_.import;
    options.movies = texts(movies);
    if (!options.mdoc.empty()) options.mdoc = texts(records);
    if (!options.table.empty()) options.table = texts(records);
    std::string identity;
    for (const auto* files : {&movies, &records})
      for (const auto& file : *files) identity += file_identity(file) + '\n';
    if (identity == seen_) return false;
    motion_ = import_tilt_series(options);
    for (const auto& [item, reason] : motion_.failed)
      std::cerr << fmt::format("warning: {} is left out for now: {}\n", item, reason);
    if (motion_.series.empty()) return false;
    write_tilt_series(path("import", "tilt_series.star"), motion_.set);
    run_job(make_motion(), "motion", path("import", "tilt_series.star"), settings_.motion);
    seen_ = identity;
    return true;
  }

  bool has_ended(const ImportResult::Series& report, const TiltSeries& series, double now_s) {
    const auto rests = [&](const fs::path& file) {
      return files_.rests_s(file, now_s) >= settings_.series_ends_s;
    };
    const bool by_record = !fs::exists(report.source) || rests(report.source);
    return by_record && std::all_of(series.tilts.begin(), series.tilts.end(),
                                    [&](const Tilt& tilt) { return rests(tilt.key()); });
  }

  bool align(double now_s) {
    std::set<std::string> ended;
    for (std::size_t i = 0; i < motion_.series.size(); ++i)
      if (has_ended(motion_.series[i], motion_.set.series[i], now_s))
        ended.insert(motion_.series[i].name);
    if (ended.empty() || (ended == aligned_ && seen_ == aligned_of_)) return false;
    const auto corrected = path("motion", "corrected_tilt_series.star");
    if (!fs::exists(corrected)) return false;
    TiltSeriesSet set = read_tilt_series(corrected);
    std::erase_if(set.series, [&](const auto& one) { return !ended.contains(one.name()); });
    if (set.series.empty()) return false;
    const auto input = path("ended", "corrected_tilt_series.star");
    write_tilt_series(input, set);
    run_job(make_align(), "align", input, settings_.align);
    aligned_ = ended;
    aligned_of_ = seen_;
    return true;
  }

  fs::path path(const char* job, const char* file) const { return folder_.path() / job / file; }

  void run_job(Command command, const std::string& name, const fs::path& input,
               const std::string& more) {
    std::vector<std::string> words{"--i",
                                   input.string(),
                                   "--o",
                                   (folder_.path() / name).string(),
                                   "--j",
                                   std::to_string(settings_.job.threads),
                                   "--only_do_unfinished"};
    for (auto& word : shell_words(more)) words.push_back(std::move(word));
    std::jthread messenger([&](const std::stop_token& stop) { pass_on_abort(name, stop); });
    const int code = run_command(command, words);
    if (code == exit_usage)
      throw UsageError(fmt::format("--{} \"{}\" is not what gimbal {} takes", name, more, name));
    code_ = code == exit_done ? code_ : exit_some_failed;
  }

  // RELION asks this job to end, not those in it.
  void pass_on_abort(const std::string& job, const std::stop_token& stop) const {
    while (!stop.stop_requested() && !folder_.abort_requested())
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    if (!stop.stop_requested()) write_text_atomically(path(job.c_str(), abort_marker), "");
  }

  const WatchSettings& settings_;
  const JobFolder& folder_;
  SettledFiles files_;
  ImportResult motion_;            // what was imported last
  std::string seen_;               // the files that it was imported from
  std::set<std::string> aligned_;  // series that were aligned last,
  std::string aligned_of_;         // from these files
  int code_ = exit_done;
};

}  // namespace

Command make_watch() {
  auto settings = std::make_shared<WatchSettings>();
  Command command;
  command.name = "watch";
  command.summary = "Follow a data collection: correct and align what is complete";
  command.description =
      "Looks again and again for movies and records that are complete, corrects each movie as it "
      "comes and aligns each series when it has ended. Makes the jobs <o>/import, <o>/motion and "
      "<o>/align, whose reports grow. What has been done is not done again, also after a restart; "
      "a movie that arrives late or is replaced is worked in.";
  command.examples = {
      "gimbal watch --movies 'frames/*.eer' --mdoc 'mdoc/*.mdoc' --angpix 1.96 --dose 3 "
      "--tilt_axis 85 --o Live/ --motion '--gainref gain.gain --float16' --j 8"};
  describe(*settings, command.table);
  command.run = [settings](const Command&) {
    if (mpi_size() > 1) throw UsageError("gimbal watch is one process: start it without mpirun");
    return run_in_job_folder(settings->job, "watch", [&](const JobFolder& folder) {
      return Watch(*settings, folder).run();
    });
  };
  return command;
}

}  // namespace gimbal::app
