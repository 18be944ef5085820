// SPDX-License-Identifier: GPL-3.0-or-later
#include "reconstruct_series.h"

#include "completion.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/data/alignment_star.h"
#include "gimbal/data/labels.h"
#include "gimbal/io/frame_reader.h"
#include "gimbal/io/mrc_volume.h"
#include "gimbal/recon/reconstruct.h"
#include "gimbal/recon/slices.h"

#include <algorithm>
#include <cmath>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

constexpr int picture_px = 400;

// The tilts that are used, and their rows.
struct UsedTilts {
  recon::Series series;
  std::vector<const Tilt*> rows;
};

// What a row says, or else `usual`; never NaN or infinite.
double finite_or(const Record& row, std::string_view name, double usual) {
  const double value = row.optional_number(name).value_or(usual);
  if (!std::isfinite(value))
    fail("_{} is {} in {}, but a number was expected", name, row.text(name), row.where);
  return value;
}

std::optional<recon::Defocus> defocus_of(const Tilt& row) {
  const auto u = row.optional_number(label::defocus_u), v = row.optional_number(label::defocus_v);
  if (!u || !v || !std::isfinite(*u) || !std::isfinite(*v)) return std::nullopt;
  return recon::Defocus{*u, *v, finite_or(row, label::defocus_angle, 0.0),
                        finite_or(row, label::phase_shift, 0.0)};
}

// Motion correction names the unweighted image, too, when it has weighted by dose.
bool images_are_weighted(const TiltSeries& series) {
  return std::any_of(series.tilts.begin(), series.tilts.end(), [](const Tilt& row) {
    const auto* name = row.find(label::micrograph_no_dw);
    return name != nullptr && *name != "None" && !name->empty();
  });
}

UsedTilts used_tilts(const ReconstructItem& item, const Alignment& alignment,
                     const ReconstructSettings& settings) {
  UsedTilts used;
  recon::Series& series = used.series;
  series.full_size = alignment.size;
  series.pixel_A = alignment.pixel_A;
  const Record& global = item.series.global;
  series.voltage_kV = finite_or(global, label::voltage, series.voltage_kV);
  series.cs_mm = finite_or(global, label::spherical_aberration, series.cs_mm);
  series.amplitude_contrast =
      finite_or(global, label::amplitude_contrast, series.amplitude_contrast);
  series.hand = finite_or(global, label::hand, series.hand);
  if (!settings.recon.no_deformation) series.deformation = alignment.deformation;
  for (std::size_t i = 0; i < alignment.tilts.size(); ++i) {
    const AlignedTilt& tilt = alignment.tilts[i];
    if (tilt.state != TiltState::used) continue;
    const Tilt& row = item.series.tilts[i];
    auto defocus = settings.recon.ctf ? defocus_of(row) : std::nullopt;
    if (settings.recon.ctf && !defocus)
      fail("{} has no _{} and _{}: estimate the CTF first, or leave out --ctf", tilt.key,
           label::defocus_u, label::defocus_v);
    if (!settings.recon.no_dose_weighting && !row.has(label::pre_exposure))
      fail("{} has no _{}: give --no_dose_weighting", tilt.key, label::pre_exposure);
    finite_or(row, label::pre_exposure, 0.0);
    series.tilts.push_back({tilt.key, tilt.projection, tilt.pre_exposure_e_A2, defocus});
    used.rows.push_back(&row);
  }
  if (used.rows.empty()) fail("all of its {} tilts are excluded", alignment.tilts.size());
  return used;
}

StackInfo info_of(const Tilt& row, Part part) {
  const auto image = image_of(row, part);
  if (image.path.empty())
    fail("{} names no {}", row.where,
         part == Part::full ? "image"
                            : "image of its even and odd frames: run motion correction with "
                              "--even_odd_split");
  const StackInfo info = open_frames(image.path)->info();
  if (image.section >= info.n_frames)
    fail("{} has {} images, but number {} was asked for", image.path.string(), info.n_frames,
         image.section + 1);
  return info;
}

// Before anything is made: what can be known without reading the pixels.
void check_images(const UsedTilts& used, const std::vector<Part>& parts) {
  const Size2 expected = used.series.full_size;
  parallel_for(static_cast<int>(used.rows.size()), [&](int i) {
    for (const Part part : parts) {
      const Tilt& row = *used.rows[static_cast<std::size_t>(i)];
      const StackInfo info = info_of(row, part);
      if (Size2{info.nx, info.ny} != expected)
        fail("{} has {} x {} px, but the first image of the series has {} x {}",
             image_of(row, part).path.string(), info.nx, info.ny, expected.nx, expected.ny);
    }
  });
}

Image<float> read_named(const tilt::ImageSource& source) {
  const auto reader = open_frames(source.path);
  RawFrame frame;
  reader->read(source.section, frame);
  Image<float> image(frame.nx, frame.ny, Image<float>::Uninitialized{});
  for (int y = 0; y < frame.ny; ++y) frame.row_to_float(y, image.row(y));
  return image;
}

struct Made {
  recon::Outcome outcome;
  recon::Slices slices;
};

Made make_volume(const UsedTilts& used, Part part, const fs::path& path, recon::Request request,
                 const ReconstructSettings& settings) {
  const recon::VolumeGrid& grid = request.grid;
  MrcWriteOptions options;
  options.mode = settings.float16 ? MrcMode::float16 : MrcMode::float32;
  options.pixel_A = grid.voxel_A;
  options.survive = Survive::kill;
  MrcVolumeWriter writer(path, grid.nx, grid.ny, grid.nz, options);
  recon::SliceCollector collector(grid);
  const auto outcome = recon::reconstruct(
      used.series, request, settings.recon,
      [&](int tilt) {
        return read_named(image_of(*used.rows[static_cast<std::size_t>(tilt)], part));
      },
      [&](int z, int first_y, View<const float> rows) {
        writer.write_rows(z, first_y, rows);
        collector.take(z, first_y, rows);
      });
  writer.finish();
  return {outcome, collector.slices()};
}

TomogramFacts facts_of(const UsedTilts& used, const recon::VolumeGrid& grid,
                       const ReconstructSettings& settings) {
  TomogramFacts facts;
  facts.nx = grid.nx, facts.ny = grid.ny, facts.nz = grid.nz;
  facts.voxel_A = grid.voxel_A;
  facts.n_tilts = static_cast<int>(used.series.tilts.size());
  facts.lowest_tilt_deg = facts.highest_tilt_deg = used.series.tilts[0].projection.y_tilt_deg;
  for (const auto& tilt : used.series.tilts) {
    facts.lowest_tilt_deg = std::min(facts.lowest_tilt_deg, tilt.projection.y_tilt_deg);
    facts.highest_tilt_deg = std::max(facts.highest_tilt_deg, tilt.projection.y_tilt_deg);
    facts.largest_pre_exposure_e_A2 =
        std::max(facts.largest_pre_exposure_e_A2, tilt.pre_exposure_e_A2);
  }
  facts.halves = settings.split;
  facts.dose_weighted = !settings.recon.no_dose_weighting && facts.largest_pre_exposure_e_A2 > 0.0;
  facts.ctf_flipped = settings.recon.ctf;
  facts.deformation_followed = !used.series.deformation.empty();
  return facts;
}

void check_aligned(const TiltSeries& series) {
  const bool aligned = std::any_of(series.tilts.begin(), series.tilts.end(),
                                   [](const Tilt& row) { return row.has(label::y_tilt); });
  if (!series.tilts.empty() && !aligned)
    fail(
        "it is not aligned: {} has no _{}; give the aligned_tilt_series.star of gimbal align or of "
        "RELION's alignment as --i",
        series.tilts.front().where, label::y_tilt);
}

void check_voxel(double voxel_A, double pixel_A) {
  if (voxel_A < 0.999 * pixel_A)
    fail("voxels of {:g} A (--binned_angpix) are smaller than the images' pixels of {:g} A",
         voxel_A, pixel_A);
}

}  // namespace

Size2 image_size(const ReconstructItem& item) {
  if (item.series.tilts.empty()) fail("it has no tilts");
  const StackInfo info = info_of(item.series.tilts.front(), Part::full);
  return {info.nx, info.ny};
}

TomogramSize tomogram_size(const TiltSeries& series, const Alignment& alignment,
                           const ReconstructSettings& settings) {
  constexpr double assumed_nm = 300.0, room_nm = 60.0;
  TomogramSize size;
  // x is across the tilt axis, y along it.
  const double turn = alignment.tilts.empty() ? 0.0 : alignment.tilts[0].projection.z_rot_deg;
  const bool sideways = std::abs(std::sin(rad_from_deg(turn))) > std::sqrt(0.5);
  size.w = settings.w > 0 ? settings.w : sideways ? alignment.size.ny : alignment.size.nx;
  size.h = settings.h > 0 ? settings.h : sideways ? alignment.size.nx : alignment.size.ny;
  size.d = settings.d;
  if (size.d > 0) return size;
  double depth_nm = settings.thickness_nm;
  if (depth_nm <= 0.0 && alignment.thickness_A > 0.0) {
    depth_nm = 0.1 * alignment.thickness_A + room_nm;
    size.note = fmt::format(
        "The depth is {:.0f} nm: the thickness that the alignment found, and {:.0f} nm of room.",
        depth_nm, room_nm);
  } else if (depth_nm <= 0.0) {
    depth_nm = assumed_nm;
    size.note = fmt::format(
        "The alignment does not tell how thick {} is: a depth of {:.0f} nm was assumed "
        "(--thickness).",
        series.name(), depth_nm);
  }
  size.d = std::max(1, static_cast<int>(std::lround(10.0 * depth_nm / alignment.pixel_A)));
  return size;
}

void reconstruct_item(ReconstructItem& item, const ReconstructSettings& given) {
  ReconstructSettings settings = given;
  std::vector<std::string> notes;
  if (!settings.recon.no_dose_weighting && images_are_weighted(item.series)) {
    settings.recon.no_dose_weighting = true;
    notes.emplace_back("Motion correction has weighted the images by dose: it is not done again.");
  }
  check_aligned(item.series);
  const double pixel_A = image_pixel_A(item.series);
  check_voxel(settings.binned_angpix, pixel_A);
  const Alignment alignment = alignment_of(item.series, image_size(item), pixel_A);
  const UsedTilts used = used_tilts(item, alignment, settings);
  check_images(used, item.parts);
  const TomogramSize size = tomogram_size(item.series, alignment, settings);
  recon::Request request;
  request.grid = recon::tomogram_grid(size.w, size.h, size.d, pixel_A, settings.binned_angpix);
  request.filter_thickness_A = 10.0 * settings.recon.filter_thickness_nm;

  Completion completion{item.fingerprint, {}, {}};
  item.result.facts = facts_of(used, request.grid, settings);
  item.result.notes = std::move(notes);
  if (!size.note.empty()) item.result.notes.push_back(size.note);
  for (const Part part : item.parts) {
    const fs::path path = item.volume(part);
    const Made made = make_volume(used, part, path, request, settings);
    completion.bytes[path.filename().string()] = fs::file_size(path);
    if (part != Part::full) continue;
    request.scale = item.result.facts.scale = made.outcome.scale;
    item.result.pictures = slice_pictures({&made.slices}, picture_px).front();
  }
  item.result.status = SeriesStatus::done;
  completion.result = recon_record_to_json(item.result);
  write_completion(item.record(), completion);
}

}  // namespace gimbal::app
