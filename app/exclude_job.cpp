// SPDX-License-Identifier: GPL-3.0-or-later
#include "exclude_job.h"

#include "completion.h"
#include "series_job.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/core/version.h"
#include "gimbal/data/excluded_tilts.h"
#include "gimbal/data/labels.h"
#include "gimbal/data/tilt_selection.h"
#include "gimbal/report/thumbnail.h"
#include "gimbal/tilt/bad_tilts.h"
#include "gimbal/tilt/survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

constexpr int picture_px = 160, n_cells = 16;

bool is_named_in(const std::vector<bool>& tilts, std::size_t i) {
  return i < tilts.size() && tilts[i];
}

// A series that an earlier job took out as a whole comes back with its row of data_global.
void add_whole_series(TiltSeriesSet& set, const std::vector<ExcludedFromSeries>& earlier) {
  for (const auto& excluded : earlier) {
    const auto& name = excluded.global.text(label::tomo_name);
    const auto is_it = [&](const TiltSeries& series) { return series.name() == name; };
    if (!excluded.is_whole || std::any_of(set.series.begin(), set.series.end(), is_it)) continue;
    TiltSeries& series = set.series.emplace_back();
    series.global = excluded.global;
  }
}

ExcludeItem make_item(TiltSeries series, const std::vector<ExcludedFromSeries>& earlier,
                      const ExcludeSettings& settings) {
  ExcludeItem item;
  item.series = std::move(series);
  item.earlier.resize(item.series.tilts.size());
  for (const auto& excluded : earlier)
    if (excluded.global.text(label::tomo_name) == item.name())
      item.earlier = put_back(item.series, excluded);
  check_keys(item.series);
  for (const auto& tilt : item.series.tilts) tilt.nominal_angle_deg();
  item.result.name = item.name();
  item.record = fs::path(settings.output) / "images" / (item.name() + ".json");
  item.fingerprint = fmt::format("gimbal {}; ", version);
  for (const auto& tilt : item.series.tilts) {
    const auto source = tilt::image_source(tilt);
    item.fingerprint += fmt::format("{}: {}; ", source.section, file_identity(source.path));
  }
  return item;
}

// Means of a grid of cells over the field, less the mean of all.
std::vector<float> cells_of(View<const float> small, double mean) {
  const int nx = small.nx() / n_cells, ny = small.ny() / n_cells;
  std::vector<float> cells;
  if (nx < 1 || ny < 1) return cells;
  for (int cy = 0; cy < n_cells; ++cy)
    for (int cx = 0; cx < n_cells; ++cx) {
      double sum = 0.0;
      for (int y = cy * ny; y < (cy + 1) * ny; ++y)
        for (int x = cx * nx; x < (cx + 1) * nx; ++x) sum += static_cast<double>(small(x, y));
      cells.push_back(static_cast<float>(sum / (static_cast<double>(nx) * ny) - mean));
    }
  return cells;
}

SurveyRecord look(const tilt::ImageSource& source) {
  const auto found = tilt::survey_image(source, picture_px);
  SurveyRecord record{found.size, found.mean, found.deviation, {}, {}, found.problem};
  if (found.small.empty()) return record;
  record.cells = cells_of(found.small.view(), found.mean);
  record.jpeg = sum_thumbnail(found.small.view(), picture_px);
  return record;
}

// Images of another size than most cannot be used beside them.
Size2 common_size(const std::vector<SurveyRecord>& survey) {
  std::vector<std::pair<Size2, int>> counts;
  for (const auto& record : survey) {
    if (record.size.nx < 1) continue;
    const auto found = std::find_if(counts.begin(), counts.end(),
                                    [&](const auto& entry) { return entry.first == record.size; });
    if (found == counts.end())
      counts.emplace_back(record.size, 1);
    else
      ++found->second;
  }
  const auto most =
      std::max_element(counts.begin(), counts.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == counts.end() ? Size2{} : most->first;
}

Image<float> image_of(const SurveyRecord& record) {
  const bool has_cells = record.cells.size() == std::size_t{n_cells} * n_cells;
  Image<float> image(has_cells ? n_cells : 1, has_cells ? n_cells : 1);
  if (!has_cells) return image;
  for (int y = 0; y < n_cells; ++y)
    for (int x = 0; x < n_cells; ++x)
      image(x, y) = record.cells[static_cast<std::size_t>(y * n_cells + x)];
  return image;
}

// The series as the rules want it: images of a few cells, scores and what is decided already.
struct Judged {
  tilt::Stack stack;
  Alignment alignment;
  std::vector<double> motion_A;
};

Judged judged(const ExcludeItem& item) {
  Judged j;
  const Size2 size = common_size(item.survey);
  for (std::size_t i = 0; i < item.series.tilts.size(); ++i) {
    const Tilt& row = item.series.tilts[i];
    const SurveyRecord& seen = item.survey[i];
    tilt::StackTilt& image = j.stack.tilts.emplace_back();
    image.key = row.key();
    image.nominal_tilt_deg = row.nominal_angle_deg();
    image.pre_exposure_e_A2 = row.optional_number(label::pre_exposure).value_or(0.0);
    image.mean = seen.mean;
    image.deviation = seen.deviation;
    image.problem = seen.problem;
    if (image.problem.empty() && !(seen.size == size))
      image.problem = fmt::format("its image has {} x {} px, most of its series have {} x {}",
                                  seen.size.nx, seen.size.ny, size.nx, size.ny);
    if (image.problem.empty()) image.image = image_of(seen);
    AlignedTilt& tilt = j.alignment.tilts.emplace_back();
    tilt.key = image.key;
    tilt.nominal_tilt_deg = image.nominal_tilt_deg;
    tilt.pre_exposure_e_A2 = image.pre_exposure_e_A2;
    tilt.score = row.optional_number(label::alignment_score).value_or(TiltChoice::unknown);
    j.motion_A.push_back(row.optional_number(label::motion_total).value_or(TiltChoice::unknown));
  }
  // Methods that give no scores write zeros.
  if (std::all_of(j.alignment.tilts.begin(), j.alignment.tilts.end(),
                  [](const AlignedTilt& tilt) { return !(tilt.score > 0.0); }))
    for (AlignedTilt& tilt : j.alignment.tilts) tilt.score = TiltChoice::unknown;
  return j;
}

// What is decided before any rule: by hand, by an earlier job, by the alignment.
void apply_decided(const ExcludeItem& item, Alignment& alignment) {
  for (std::size_t i = 0; i < alignment.tilts.size(); ++i) {
    AlignedTilt& tilt = alignment.tilts[i];
    const Tilt& row = item.series.tilts[i];
    const auto* state = row.find(label::tilt_state);
    std::string reason;
    if (is_named_in(item.by_hand, i)) {
      reason = "excluded by hand";
    } else if (!item.earlier[i].empty()) {
      reason = item.earlier[i];
    } else if (state != nullptr && *state == "excluded") {
      const auto* why = row.find(label::tilt_reason);
      reason = why == nullptr || *why == "None" ? "the alignment excluded it" : *why;
    }
    if (reason.empty()) continue;
    tilt.state = TiltState::excluded;
    tilt.reason = std::move(reason);
  }
}

void report_problems(const Judged& j, ExcludeItem& item, const ExcludeSettings& settings) {
  auto& problems = item.result.problems;
  for (std::size_t i = 0; i < j.stack.tilts.size(); ++i)
    if (const auto& problem = j.stack.tilts[i].problem;
        !problem.empty() && !item.result.tilts[i].excluded)
      problems.push_back(fmt::format("{}: {}", j.stack.tilts[i].key, problem));
  const auto& r = settings.rules;
  const auto none = [&](double TiltChoice::*figure) {
    return std::none_of(item.result.tilts.begin(), item.result.tilts.end(),
                        [&](const TiltChoice& tilt) { return std::isfinite(tilt.*figure); });
  };
  if ((r.brightness_min > 0.0 || r.brightness_max > 0.0 || r.blocked_max > 0.0) &&
      none(&TiltChoice::brightness))
    problems.emplace_back(
        "brightness and shadows cannot be judged: the means of the images are not positive, so "
        "they have not kept their brightness");
  if (r.motion_max > 0.0 && none(&TiltChoice::motion_A))
    problems.push_back(fmt::format("--motion_max: there is no _{}", label::motion_total));
  if (r.score_min > 0.0 && none(&TiltChoice::score))
    problems.push_back(
        fmt::format("--score_min: there is no _{}: the series is not aligned, or not by gimbal",
                    label::alignment_score));
}

}  // namespace

ExcludePlan plan_exclusion(const ExcludeSettings& settings) {
  const auto folder = fs::path(settings.input).parent_path();
  if (fs::exists(settings.output) && fs::equivalent(folder.empty() ? "." : folder, settings.output))
    fail(
        "--i {} lies in the folder of --o, where the result would overwrite it: choose another "
        "--o, or give the tilt series that job was made from",
        settings.input);
  ExcludePlan plan;
  plan.set = read_tilt_series(settings.input);
  const auto earlier = read_excluded_tilts(folder / excluded_tilts_file);
  add_whole_series(plan.set, earlier);
  make_items(plan.set, plan.items,
             [&](const TiltSeries& series) { return make_item(series, earlier, settings); });
  std::vector<TiltSeries> good;
  for (const auto& item : plan.items) good.push_back(item.series);
  if (good.empty())
    fail("no tilt series of {} can be used; the first one: {}", settings.input,
         plan.set.unreadable.front().reason);
  const auto by_hand = select_tilts(settings.tilts, good, "--tilts");
  const auto kept = select_tilts(settings.keep, good, "--keep");
  for (std::size_t i = 0; i < plan.items.size(); ++i) {
    plan.items[i].by_hand = by_hand[i];
    plan.items[i].kept = kept[i];
  }
  return plan;
}

bool is_surveyed(ExcludeItem& item) {
  const auto known = finished_result(item.record, item.fingerprint, {});
  if (!known) return false;
  try {
    item.survey = survey_records_from_json(*known);
  } catch (const Error&) {
    return false;  // damaged
  }
  return item.survey.size() == item.series.tilts.size();
}

void survey_item(ExcludeItem& item) {
  const auto& tilts = item.series.tilts;
  item.survey.assign(tilts.size(), {});
  parallel_for(static_cast<int>(tilts.size()), [&](int index) {
    const auto i = static_cast<std::size_t>(index);
    item.survey[i] = look(tilt::image_source(tilts[i]));
  });
  fs::create_directories(item.record.parent_path());
  write_completion(item.record, {item.fingerprint, {}, survey_records_to_json(item.survey)});
}

void decide(ExcludeItem& item, const ExcludeSettings& settings) {
  Judged j = judged(item);
  apply_decided(item, j.alignment);
  const auto light = tilt::light_of(j.stack, j.alignment);
  tilt::exclude_by_rules(j.stack, j.motion_A, j.alignment, settings.rules);
  for (std::size_t i = 0; i < j.alignment.tilts.size(); ++i) {
    const AlignedTilt& tilt = j.alignment.tilts[i];
    TiltChoice& choice = item.result.tilts.emplace_back();
    choice.key = tilt.key;
    choice.number = static_cast<int>(i) + 1;
    choice.nominal_tilt_deg = tilt.nominal_tilt_deg;
    choice.pre_exposure_e_A2 =
        item.series.tilts[i].optional_number(label::pre_exposure).value_or(TiltChoice::unknown);
    choice.motion_A = j.motion_A[i];
    choice.brightness = light[i].brightness;
    choice.shadow = light[i].shadow;
    choice.score = tilt.score;
    choice.excluded = tilt.state == TiltState::excluded;
    choice.reason = tilt.reason;
    choice.problem = j.stack.tilts[i].problem;
    choice.jpeg = item.survey[i].jpeg;
    if (choice.excluded && is_named_in(item.kept, i)) {
      choice.excluded = false;
      choice.reason = "kept by hand, although: " + tilt.reason;
    }
  }
  item.result.status = SeriesStatus::done;
  report_problems(j, item, settings);
}

}  // namespace gimbal::app
