// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/error.h"
#include "gimbal/data/labels.h"
#include "gimbal/io/file.h"
#include "gimbal/report/project_jobs.h"
#include "gimbal/report/record_values.h"
#include "gimbal/report/slices.h"
#include "gimbal/report/thumbnail.h"
#include "gimbal/tilt/survey.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>

namespace gimbal {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int picture_px = 256;
constexpr int slices_shown = 5;                           // their mean
constexpr std::uintmax_t most_to_read_whole = 400 << 20;  // bytes

// A picture is not worth losing the report.
void unless_it_fails(const std::function<void()>& make) {
  try {
    make();
  } catch (const std::exception&) {  // there will be no picture
  }
}

void show_tilt(ProjectSeries& series) {
  if (series.shown_image.empty()) return;
  Record row;
  row.set(label::micrograph_name, series.shown_image);
  const auto found = tilt::survey_image(tilt::image_source(row), picture_px);
  if (!found.small.empty()) series.tilt_jpeg = sum_thumbnail(found.small.view(), picture_px);
}

void show_alignment(const fs::path& folder, ProjectSeries& series) {
  const auto path = folder / "external" / series.name / "alignment.json";
  if (!fs::exists(path)) return;
  const auto json = Json::parse(read_text(path));
  const auto& pictures = json.at("result").at("pictures");
  record::from_json(pictures.at("before").at("xy"), series.slice_before);
  record::from_json(pictures.at("after").at("xy"), series.slice_after);
}

std::string slice_jpeg(const FrameReader& volume, SliceAxis axis) {
  const int middle = n_slices(volume.info(), axis) / 2;
  const auto slices = read_slices(volume, axis, {middle}, slices_shown);
  return sum_thumbnail(slices.front().view(), picture_px);
}

void show_tomogram(ProjectSeries& series) {
  if (series.tomogram.empty() || !fs::exists(series.tomogram)) return;
  const auto volume = open_frames(series.tomogram);
  series.tomogram_xy = slice_jpeg(*volume, SliceAxis::z);
  if (fs::file_size(series.tomogram) <= most_to_read_whole)
    series.tomogram_xz = slice_jpeg(*volume, SliceAxis::y);
  series.tomogram_px = {volume->info().nx, volume->info().ny, volume->info().n_frames};
  if (volume->info().pixel_A > 0.0) series.tomogram_A = volume->info().pixel_A;
}

}  // namespace

void add_pictures(const ProjectReport& report, ProjectSeries& series) {
  unless_it_fails([&] { show_tilt(series); });
  if (const auto* align = series.at(Stage::align); align != nullptr)
    unless_it_fails([&] { show_alignment(report.jobs[align->job].folder, series); });
  unless_it_fails([&] { show_tomogram(series); });
}

}  // namespace gimbal
