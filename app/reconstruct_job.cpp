// SPDX-License-Identifier: GPL-3.0-or-later
#include "reconstruct_job.h"

#include "completion.h"
#include "series_job.h"

#include "gimbal/core/error.h"
#include "gimbal/data/labels.h"

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

constexpr Part all_parts[] = {Part::full, Part::half1, Part::half2};

std::string fingerprint(const ReconstructItem& item, const ReconstructSettings& settings) {
  std::string text = fingerprint_of(result_options(settings)) + fingerprint_of(item.series.global);
  for (const Tilt& row : item.series.tilts) {
    for (const auto& field : row.fields()) text += field.value + ' ';
    for (const Part part : item.parts) text += file_identity(image_of(row, part).path) + "; ";
  }
  for (const StarTable& table : item.series.other_blocks)
    for (std::size_t row = 0; row < table.n_rows(); ++row)
      for (const auto& name : table.labels()) text += table.at(row, name) + ' ';
  return text;
}

ReconstructItem make_item(TiltSeries series, const ReconstructSettings& settings) {
  check_keys(series);
  ReconstructItem item;
  item.result.name = series.name();
  item.folder = fs::path(settings.output) / "tomograms";
  item.parts = {Part::full};
  if (settings.split) item.parts = {Part::full, Part::half1, Part::half2};
  item.series = std::move(series);
  item.fingerprint = fingerprint(item, settings);
  return item;
}

}  // namespace

fs::path ReconstructItem::volume(Part part) const {
  const char* ends[] = {".mrc", "_half1.mrc", "_half2.mrc"};
  return folder / ("rec_" + name() + ends[static_cast<int>(part)]);
}

tilt::ImageSource image_of(const Tilt& row, Part part) {
  if (part == Part::full) return tilt::image_source(row);
  const auto* name = row.find(part == Part::half1 ? label::micrograph_even : label::micrograph_odd);
  return name == nullptr ? tilt::ImageSource{}
                         : tilt::image_source(Record().set(label::micrograph_name, *name));
}

ReconstructPlan plan_reconstruction(const ReconstructSettings& settings) {
  ReconstructPlan plan;
  plan.set = read_tilt_series(settings.input);
  make_items(plan.set, plan.items,
             [&](const TiltSeries& series) { return make_item(series, settings); });
  return plan;
}

bool is_done(ReconstructItem& item) {
  std::vector<fs::path> outputs;
  for (const Part part : all_parts) outputs.push_back(item.volume(part));
  const auto result = finished_result(item.record(), item.fingerprint, outputs);
  if (!result) return false;
  try {
    item.result = recon_record_from_json(*result);
  } catch (const Error&) {
    return false;
  }
  return true;
}

void remove_outputs(const ReconstructItem& item) {
  fs::remove(item.record());  // first: without it nothing counts as complete
  for (const Part part : all_parts) fs::remove(item.volume(part));
}

}  // namespace gimbal::app
