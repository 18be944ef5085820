// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/recon_report.h"

#include "gimbal/report/record_structures.h"
#include "gimbal/report/slice_pictures_members.h"
#include "gimbal/report/summary_values.h"
#include "gimbal/report/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace gimbal {
// Every member, once, for both directions.
template <record::Is<TomogramFacts> T, typename Member>
void each_member(T& f, const Member& member) {
  member("nx", f.nx);
  member("ny", f.ny);
  member("nz", f.nz);
  member("voxel_A", f.voxel_A);
  member("tilts", f.n_tilts);
  member("lowest_tilt_deg", f.lowest_tilt_deg);
  member("highest_tilt_deg", f.highest_tilt_deg);
  member("largest_pre_exposure_e_A2", f.largest_pre_exposure_e_A2);
  member("scale", f.scale);
  member("halves", f.halves);
  member("dose_weighted", f.dose_weighted);
  member("ctf_flipped", f.ctf_flipped);
  member("deformation_followed", f.deformation_followed);
}

template <record::Is<SeriesTomogram> T, typename Member>
void each_member(T& series, const Member& member) {
  member("name", series.name);
  member("notes", series.notes);
  member("facts", series.facts);
  member("pictures", series.pictures);
}

namespace {

using Json = nlohmann::ordered_json;
using summary::texts;
using summary::word;

constexpr int record_format = 1;

std::ptrdiff_t count(const ReconJobReport& report, SeriesStatus status) {
  return std::count_if(report.series.begin(), report.series.end(),
                       [&](const SeriesTomogram& series) { return series.status == status; });
}

}  // namespace

std::string recon_summary_json(const ReconJobReport& report) {
  Json json{{"program", "gimbal"},
            {"version", report.version},
            {"job", "reconstruct"},
            {"done", count(report, SeriesStatus::done)},
            {"failed", count(report, SeriesStatus::failed)},
            {"skipped", count(report, SeriesStatus::skipped)},
            {"warnings", texts(report.warnings)},
            {"options", summary::options(report.options)}};
  json["series"] = Json::array();
  for (const auto& series : report.series) {
    Json entry{{"name", printable(series.name)}, {"status", word(series.status)}};
    if (!series.reason.empty()) entry["reason"] = printable(series.reason);
    entry["notes"] = texts(series.notes);
    if (series.status == SeriesStatus::done) entry.update(record::to_json(series.facts));
    json["series"].push_back(std::move(entry));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string recon_record_to_json(const SeriesTomogram& series) {
  return record::text_of_record(series, record_format);
}

SeriesTomogram recon_record_from_json(const std::string& text) {
  return record::record_of_text<SeriesTomogram>(text, record_format, "a reconstruction");
}

std::string job_sentence(const ReconJobReport& report) {
  const auto all = static_cast<int>(report.series.size());
  const auto failed = static_cast<int>(count(report, SeriesStatus::failed));
  const auto skipped = static_cast<int>(count(report, SeriesStatus::skipped));
  if (all == 0) return "There was no tilt series";
  if (failed == 0 && skipped == 0)
    return all == 1 ? "The tomogram was made" : fmt::format("All {} tomograms were made", all);
  std::string text;
  if (failed > 0)
    text = fmt::format("{} of {} could not be reconstructed", failed, counted(all, "tilt series"));
  if (skipped > 0)
    text += fmt::format("{}{} of {} not done yet", text.empty() ? "" : ", ", skipped, all);
  return text;
}

std::vector<std::pair<std::string, std::string>> facts_of(const TomogramFacts& f) {
  std::vector<std::pair<std::string, std::string>> facts{
      {"Voxels", fmt::format("{} × {} × {}", f.nx, f.ny, f.nz)},
      {"Voxel size", fixed(f.voxel_A, 2) + " Å"},
      {"Width, height, depth",
       fmt::format("{} × {} × {} nm", fixed(0.1 * f.nx * f.voxel_A, 0),
                   fixed(0.1 * f.ny * f.voxel_A, 0), fixed(0.1 * f.nz * f.voxel_A, 0))},
      {"Tilts", fmt::format("{}, {}° to {}°", f.n_tilts, fixed_text(f.lowest_tilt_deg, 1),
                            fixed_text(f.highest_tilt_deg, 1))},
      {"Dose weights", f.dose_weighted
                           ? fmt::format("up to {} e/Å²", fixed(f.largest_pre_exposure_e_A2, 0))
                           : "none"},
      {"CTF", f.ctf_flipped ? "phases flipped" : "not corrected"},
      {"Deformation", f.deformation_followed ? "followed" : "none"},
      {"Half tomograms", f.halves ? "even and odd frames" : "none"}};
  return facts;
}

}  // namespace gimbal
