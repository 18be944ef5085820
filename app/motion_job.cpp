// SPDX-License-Identifier: GPL-3.0-or-later
#include "motion_job.h"

#include "completion.h"
#include "series_job.h"

#include "gimbal/data/labels.h"
#include "gimbal/data/output_names.h"
#include "gimbal/io/file.h"
#include "gimbal/io/process.h"
#include "gimbal/report/motion_record.h"

#include <algorithm>
#include <map>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

std::string fingerprint(const MotionItem& item, const MotionSettings& settings) {
  std::string text = fingerprint_of(result_options(settings));
  text += fmt::format("gain {}; defects {}; ", file_identity(settings.motion.gainref),
                      file_identity(settings.motion.defect_file));
  if (settings.motioncor.use)
    text += fmt::format("program {}; ", file_identity(find_program(settings.motioncor.program)));
  return text + fmt::format("movie {}; {} A, {} kV, {} + {} e/A^2", file_identity(item.movie.path),
                            item.movie.pixel_A, item.movie.voltage_kV, item.movie.pre_exposure_e_A2,
                            item.tilt_dose_e_A2);
}

MotionItem make_item(const TiltSeries& series, std::size_t index, int order, double dose_e_A2,
                     const MotionSettings& settings) {
  const Tilt& tilt = series.tilts[index];
  MotionItem item;
  item.movie = series.movie(tilt);
  item.movie.pre_exposure_e_A2 += settings.motion.preexposure;
  item.tilt_dose_e_A2 = dose_e_A2;
  item.root = output_root(settings.output, item.movie.path);
  item.files = motion_files(item.root, settings.motion);
  item.fingerprint = fingerprint(item, settings);
  item.report.movie = tilt.movie_name();
  item.report.order = order;
  item.report.tilt_angle_deg =
      tilt.optional_number(label::nominal_angle).value_or(MovieReport::unknown);
  item.report.pre_exposure_e_A2 = item.movie.pre_exposure_e_A2;
  if (dose_e_A2 > 0.0) item.report.dose_e_A2 = dose_e_A2;
  item.report.pixel_A = item.movie.pixel_A;
  return item;
}

void check_dose(const TiltSeries& series, const MotionItem& item, const MotionSettings& settings) {
  if (!settings.motion.dose_weighting || settings.motion.dose_per_frame > 0.0 ||
      item.tilt_dose_e_A2 > 0.0)
    return;
  fail(
      "the dose of {} ({}) is not known, so it cannot be dose-weighted: rlnMicrographPreExposure "
      "does not rise from tilt to tilt; give the dose of a frame with --dose_per_frame",
      item.movie.path.string(), series.name());
}

// All movies of a series, added to the plan; the index of each tilt's item.
class ItemList {
 public:
  explicit ItemList(MotionPlan& plan) : plan_(plan) {}

  std::size_t add(MotionItem item) {
    const auto [known, is_new] = by_movie_.try_emplace(item.report.movie, plan_.items.size());
    if (!is_new) {
      if (plan_.items[known->second].fingerprint != item.fingerprint)
        fail(
            "the movie {} stands in two rows that differ in pixel size, voltage or dose: a movie "
            "can only be corrected once",
            item.report.movie);
      return known->second;
    }
    for (const auto& file : possible_motion_files(item.root)) claim(file, item.report.movie);
    plan_.items.push_back(std::move(item));
    return known->second;
  }

  void claim(const fs::path& file, const std::string& owner) {
    const auto [other, is_new] = owner_.try_emplace(file.lexically_normal(), owner);
    if (!is_new && other->second != owner)
      fail("the outputs of {} and of {} would have the same name, {}: rename one of them",
           other->second, owner, file.string());
  }

 private:
  MotionPlan& plan_;
  std::map<std::string, std::size_t> by_movie_;
  std::map<fs::path, std::string> owner_;
};

std::vector<MotionItem> items_of(const TiltSeries& series, const MotionSettings& settings) {
  for (const auto& tilt : series.tilts)
    if (!tilt.has(label::movie_name))
      fail("{} has no rlnMicrographMovieName: only movies can be corrected, not images",
           tilt.where);
  const auto order = series.acquisition_order();
  const auto doses = series.tilt_doses_e_A2();
  std::vector<int> rank(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = static_cast<int>(i) + 1;
  std::vector<MotionItem> items;
  for (std::size_t i = 0; i < series.tilts.size(); ++i) {
    items.push_back(make_item(series, i, rank[i], doses[i], settings));
    check_dose(series, items.back(), settings);
  }
  return items;
}

void claim_job_files(ItemList& items, const MotionPlan& plan, const fs::path& folder) {
  for (const char* name : {"corrected_tilt_series.star", "failed_movies.star", "gain.mrc",
                           "gimbal-motion.json", "logfile.pdf", "report.html", "summary.json"})
    items.claim(folder / name, "the job itself");
  for (const auto& series : plan.set.series)
    items.claim(tilt_series_path(folder, series.name()), "the tilt series " + series.name());
}

// The outputs whose sizes the record holds.
std::vector<fs::path> without_record(const MotionItem& item) {
  auto files = item.files.wanted();
  files.erase(std::remove(files.begin(), files.end(), item.files.record), files.end());
  return files;
}

}  // namespace

MotionPlan plan_motion(const MotionSettings& settings) {
  MotionPlan plan;
  plan.set = read_tilt_series(settings.input);
  ItemList list(plan);
  claim_job_files(list, plan, settings.output);
  std::vector<TiltSeries> usable;
  for (auto& series : plan.set.series) {
    std::vector<MotionItem> items;
    try {
      items = items_of(series, settings);
    } catch (const Error& error) {
      if (settings.motion.dose_weighting) throw;
      plan.set.unreadable.push_back({series.name(), error.what()});
      continue;
    }
    auto& indices = plan.item_of.emplace_back();
    for (auto& item : items) indices.push_back(list.add(std::move(item)));
    usable.push_back(std::move(series));
  }
  plan.set.series = std::move(usable);
  return plan;
}

bool is_done(MotionItem& item) {
  const auto wanted = item.files.wanted();
  const auto exists = [](const fs::path& file) { return fs::exists(file); };
  if (!std::all_of(wanted.begin(), wanted.end(), exists)) return false;
  const auto result = finished_result(item.files.record, item.fingerprint, without_record(item));
  if (!result) return false;
  const int order = item.report.order;  // movies that came later may have changed it
  try {
    item.report = movie_record_from_json(*result);
    item.report.order = order;
  } catch (const Error&) {
    return false;
  }
  return true;
}

void complete(const MotionItem& item, const std::string& star) {
  Completion completion{item.fingerprint, {}, movie_record_to_json(item.report)};
  for (const auto& file : without_record(item))
    completion.bytes[file.filename().string()] =
        file == item.files.star ? star.size() : fs::file_size(file);
  write_completion(item.files.record, completion);
  write_text_atomically(item.files.star, star, Survive::kill);
}

}  // namespace gimbal::app
