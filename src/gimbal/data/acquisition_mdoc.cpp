// SPDX-License-Identifier: GPL-3.0-or-later
// What mdoc files say.
#include "gimbal/core/text.h"
#include "gimbal/data/acquisition.h"
#include "gimbal/io/mdoc.h"
#include "gimbal/io/pattern.h"

#include <algorithm>

namespace gimbal {
namespace {

namespace fs = std::filesystem;

std::string movie_of(const Mdoc& mdoc, const MdocSection& image) {
  for (const char* key : {"SubFramePath", "SubFrameName", "ImageFile"})
    if (const auto name = image.text(key); !name.empty()) return name;
  if (iequals(image.type, "Image")) return image.name;
  if (mdoc.images.size() > 1) return {};
  std::string name = fs::path(mdoc.source).filename().string();  // x.mrc.mdoc of one movie
  return name.substr(0, name.size() - fs::path(name).extension().string().size());
}

std::optional<AcquiredTilt> tilt_of(const Mdoc& mdoc, const MdocSection& image,
                                    Findings& findings) {
  AcquiredTilt tilt;
  tilt.where = fmt::format("{} line {} [{} = {}]", mdoc.source, image.line, image.type, image.name);
  const auto angle = image.number("TiltAngle");
  if (!angle) {
    findings.push_back({Severity::warning, Defect::inconsistent,
                        fmt::format("{} has no TiltAngle: this entry is left out", tilt.where)});
    return std::nullopt;
  }
  tilt.angle_deg = *angle;
  tilt.movie = movie_of(mdoc, image);
  tilt.time_s = parse_mdoc_time(image.text("DateTime"));
  tilt.prior_dose_e_A2 = image.number("PriorRecordDose");
  tilt.defocus_um = image.number("TargetDefocus");
  if (const auto dose = image.number("ExposureDose"); dose && *dose > 0) tilt.dose_e_A2 = dose;
  if (const auto frames = image.number("NumSubFrames"); frames && *frames >= 1 && *frames < 1e6)
    tilt.n_frames = static_cast<long>(*frames);
  return tilt;
}

void take_header(AcquiredSeries& series, const Mdoc& mdoc) {
  const auto& image = mdoc.images.front();
  series.title_axis_deg = mdoc.title_axis_deg;
  series.rotation_deg = image.number("RotationAngle");
  series.tomography5 = mdoc.tomography5;
  series.voltage_kV = mdoc.global.number("Voltage");
  series.pixel_A = image.number("PixelSpacing");
  if (!series.pixel_A) series.pixel_A = mdoc.global.number("PixelSpacing");
  series.stack_binning = image.number("Binning").value_or(1.0);
}

bool is_of_one_movie(const Mdoc& mdoc) {
  if (mdoc.images.size() != 1) return false;
  const auto own = image_stem(fs::path(mdoc.source).filename().string());
  return mdoc.kind == MdocKind::frame_set ||
         iequals(own, image_stem(file_name_of(movie_of(mdoc, mdoc.images.front()))));
}

void add_series(const Mdoc& mdoc, Acquisition& acquisition) {
  AcquiredSeries series;
  series.name = image_stem(fs::path(mdoc.source).filename().string());
  series.source = mdoc.source;
  series.findings = mdoc.findings;
  take_header(series, mdoc);
  for (const auto& image : mdoc.images)
    if (auto tilt = tilt_of(mdoc, image, series.findings)) series.tilts.push_back(std::move(*tilt));
  if (series.tilts.empty())
    acquisition.failed.push_back({mdoc.source, "none of its sections has a TiltAngle"});
  else
    acquisition.series.push_back(std::move(series));
}

// Headers of the first movie's mdoc stand for the series.
void add_single_movies(const std::vector<Mdoc>& mdocs, Acquisition& acquisition) {
  std::vector<AcquiredTilt> tilts;
  Findings findings;
  for (const auto& mdoc : mdocs)
    if (auto tilt = tilt_of(mdoc, mdoc.images.front(), findings)) tilts.push_back(std::move(*tilt));
  for (auto& series : group_by_name(std::move(tilts), acquisition.failed)) {
    series.source = fmt::format("{} mdoc files of single movies", series.tilts.size());
    const auto first = std::find_if(mdocs.begin(), mdocs.end(), [&](const Mdoc& mdoc) {
      return series.tilts.front().where.starts_with(mdoc.source + " ");
    });
    if (first != mdocs.end()) take_header(series, *first);
    acquisition.series.push_back(std::move(series));
  }
  for (const auto& finding : findings) acquisition.failed.push_back({"mdoc entry", finding.text});
}

}  // namespace

Acquisition acquisition_from_mdocs(const std::vector<fs::path>& mdocs) {
  Acquisition acquisition;
  std::vector<Mdoc> of_one_movie;
  for (const auto& path : mdocs) {
    try {
      Mdoc mdoc = read_mdoc(path);
      if (mdoc.kind == MdocKind::montage)
        acquisition.failed.push_back(
            {path.string(), fmt::format("it is a montage: {} pieces of a map side by side, not the "
                                        "tilts of a series",
                                        mdoc.images.size())});
      else if (is_of_one_movie(mdoc))
        of_one_movie.push_back(std::move(mdoc));
      else
        add_series(mdoc, acquisition);
    } catch (const Error& error) {
      acquisition.failed.push_back({path.string(), error.what()});
    }
  }
  add_single_movies(of_one_movie, acquisition);
  std::stable_sort(acquisition.series.begin(), acquisition.series.end(),
                   [](const auto& a, const auto& b) { return natural_less(a.name, b.name); });
  return acquisition;
}

}  // namespace gimbal
