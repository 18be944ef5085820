// SPDX-License-Identifier: GPL-3.0-or-later
#include "align_job.h"

#include "align_stacks.h"
#include "completion.h"
#include "series_job.h"

#include "gimbal/data/alignment_import.h"
#include "gimbal/data/failed_movies.h"
#include "gimbal/data/labels.h"
#include "gimbal/io/file.h"
#include "gimbal/io/process.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

std::string identity_of_alignment(const AlignSettings& settings, const AlignItem& item) {
  const std::string from = other_alignment(settings);
  if (from.empty()) return "none";
  try {
    const auto source = find_alignment(from, item.name(), item.only_one);
    std::string text = file_identity(source.path);
    if (source.format == AlignmentSource::Format::imod)
      for (const char* extension : {".tlt", ".xtilt", ".rawtlt", ".fid", ".prexg"})
        text += "; " + file_identity(fs::path(source.path).replace_extension(extension));
    if (source.format == AlignmentSource::Format::star)
      text += "; " + file_identity(tilt_series_path(source.path.parent_path(), item.name()));
    return text;
  } catch (const Error& error) {
    return error.what();  // running the item says so, too
  }
}

std::string fingerprint(const AlignItem& item, const AlignSettings& settings) {
  std::string text = fingerprint_of(result_options(settings));
  text += fmt::format("alignment {}; ", identity_of_alignment(settings, item));
  if (settings.runs_program()) {
    const auto& external = settings.external;
    const bool aretomo = settings.align.method == "aretomo";
    text += fmt::format(
        "program {}; directives {}; ",
        file_identity(find_program(aretomo ? external.aretomo_exe : external.batchtomo_exe)),
        file_identity(external.adoc_template));
  }
  text += fingerprint_of(item.series.global);
  for (std::size_t i = 0; i < item.images.size(); ++i) {
    for (const auto& field : item.series.tilts[i].fields()) text += field.value + ' ';
    text += file_identity(item.images[i].path) + "; ";
  }
  return text;
}

// Of movies that failed in the job of motion correction: no row of the series tells of them.
std::string note_on_missing(const TiltSeries& series, const fs::path& list) {
  std::vector<std::string> movies;
  for (const auto& failed : read_failed_movies(list))
    if (failed.series == series.name() && series.find(failed.movie) == nullptr)
      movies.push_back(failed.movie);
  if (movies.empty()) return {};
  return fmt::format(
      "{} missing, because motion correction failed: {} ({} says why); once the movies are whole, "
      "gimbal motion with --only_do_unfinished adds them, then repeat the steps after it",
      movies.size() == 1 ? "1 tilt is" : fmt::format("{} tilts are", movies.size()),
      fmt::join(movies, ", "), list.string());
}

// Whole series, of the job whose result `input` is.
void find_missing_series(const fs::path& input, TiltSeriesSet& set) {
  std::set<std::string> missing;
  for (const auto& failed : read_failed_movies(input.parent_path() / failed_movies_file))
    missing.insert(failed.series);
  for (const auto& series : set.series) missing.erase(series.name());
  for (const auto& [name, reason] : set.unreadable) missing.erase(name);
  for (const auto& name : missing)
    set.findings.push_back(
        {Severity::warning, Defect::none,
         fmt::format("the tilt series {} is missing: motion correction failed for all of it ({})",
                     name, (input.parent_path() / failed_movies_file).string())});
}

AlignItem make_item(TiltSeries series, const AlignSettings& settings) {
  check_keys(series);
  image_pixel_A(series);
  AlignItem item;
  item.result.name = series.name();
  item.folder = fs::path(settings.output) / "external" / series.name();
  for (const auto& tilt : series.tilts) {
    tilt.nominal_angle_deg();
    item.images.push_back(tilt::image_source(tilt));
  }
  if (const auto list = find_failed_movies(settings.input, series); !list.empty())
    item.missing = note_on_missing(series, list);
  item.series = std::move(series);
  return item;
}

}  // namespace

fs::path AlignItem::file(const char* extension) const {
  return folder / (name() + extension);
}

std::vector<fs::path> AlignItem::outputs() const {
  std::vector<fs::path> files;
  for (const char* extension : {".xf", ".tlt", ".xtilt", ".rawtlt", ".fid", ".resid", ".aln"})
    files.push_back(file(extension));
  return files;
}

std::string other_alignment(const AlignSettings& settings) {
  return settings.imports() ? settings.from : settings.start_from;
}

AlignPlan plan_alignment(const AlignSettings& settings) {
  AlignPlan plan;
  plan.set = settings.input.empty() ? series_of_stacks(settings) : read_tilt_series(settings.input);
  if (!settings.input.empty()) find_missing_series(settings.input, plan.set);
  make_items(plan.set, plan.items,
             [&](const TiltSeries& series) { return make_item(series, settings); });
  for (auto& item : plan.items) {
    item.only_one = plan.items.size() == 1;
    item.fingerprint = fingerprint(item, settings);
  }
  return plan;
}

Alignment unaligned(const AlignItem& item, Size2 size) {
  Alignment alignment;
  alignment.size = size;
  alignment.pixel_A = image_pixel_A(item.series);
  for (const auto& row : item.series.tilts) {
    AlignedTilt& tilt = alignment.tilts.emplace_back();
    tilt.key = row.key();
    tilt.nominal_tilt_deg = row.nominal_angle_deg();
    tilt.pre_exposure_e_A2 = row.optional_number(label::pre_exposure).value_or(0.0);
    tilt.projection.y_tilt_deg = tilt.nominal_tilt_deg;
    tilt.projection.z_rot_deg = row.optional_number(label::nominal_axis).value_or(0.0);
  }
  return alignment;
}

bool is_done(AlignItem& item) {
  const auto result = finished_result(item.record(), item.fingerprint, item.outputs());
  if (!result) return false;
  try {
    item.result = align_record_from_json(*result);
  } catch (const Error&) {
    return false;
  }
  return true;
}

}  // namespace gimbal::app
