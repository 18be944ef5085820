// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/alignment_import.h"

#include "gimbal/core/error.h"
#include "gimbal/data/alignment_aretomo.h"
#include "gimbal/data/alignment_imod.h"
#include "gimbal/data/alignment_match.h"
#include "gimbal/data/alignment_star.h"
#include "gimbal/data/alignment_tracks.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace gimbal {
namespace {

namespace fs = std::filesystem;

constexpr double stretch_limit = 5e-4;  // 1 px at the edge of a 4K image

void note(Alignment& alignment, const std::string& text) {
  if (!text.empty()) alignment.notes.push_back(text);
}

void exclude(AlignedTilt& tilt, const std::string& reason) {
  tilt.state = TiltState::excluded;
  tilt.reason = reason;
}

// Tilts without a row get what their neighbours suggest, so that later programs do not stumble.
void fill_gaps(Alignment& alignment, const RowMatch& match, const std::string& source) {
  const AlignedTilt* known = nullptr;
  for (std::size_t i = 0; i < alignment.tilts.size(); ++i)
    if (match.row_of_tilt[i] >= 0 && known == nullptr) known = &alignment.tilts[i];
  for (std::size_t i = 0; i < alignment.tilts.size(); ++i) {
    AlignedTilt& tilt = alignment.tilts[i];
    if (match.row_of_tilt[i] >= 0) continue;
    tilt.projection = {};
    tilt.projection.y_tilt_deg = tilt.nominal_tilt_deg + match.offset_deg;
    if (known != nullptr) tilt.projection.z_rot_deg = known->projection.z_rot_deg;
    exclude(tilt, fmt::format("{} does not have it", source));
  }
}

fs::path beside(const fs::path& path, const char* extension) {
  return fs::path(path).replace_extension(extension);
}

std::vector<double> angles_of_views(const fs::path& path, const fs::path& xf, std::size_t n_views) {
  auto angles = read_angles(path);
  if (angles.size() != n_views)
    fail("{} has {} rows, but {} has {}: both must have one for each image", path.string(),
         angles.size(), xf.string(), n_views);
  return angles;
}

struct ImodFiles {
  std::vector<ImodTilt> rows;
  std::vector<double> refined_deg, nominal_deg;  // nominal: empty without .rawtlt
};

ImodFiles read_imod(const fs::path& xf) {
  ImodFiles files;
  const auto transforms = read_xf(xf);
  const fs::path tlt = beside(xf, ".tlt");
  if (!fs::exists(tlt))
    fail("{} is missing: {} alone has no tilt angles", tlt.string(), xf.string());
  files.refined_deg = angles_of_views(tlt, xf, transforms.size());
  std::vector<double> x_tilt(transforms.size(), 0.0);
  if (const auto path = beside(xf, ".xtilt"); fs::exists(path))
    x_tilt = angles_of_views(path, xf, transforms.size());
  if (const auto path = beside(xf, ".rawtlt"); fs::exists(path)) {
    files.nominal_deg = read_angles(path);
    // It may be of the stack before views were taken out.
    if (files.nominal_deg.size() != transforms.size()) files.nominal_deg.clear();
  }
  for (std::size_t i = 0; i < transforms.size(); ++i)
    files.rows.push_back({transforms[i], files.refined_deg[i], x_tilt[i]});
  return files;
}

// Shifts of images that are `scale` of ours per px; the centres of both are n/2 from the corner.
Projection scaled(const ImodTilt& row, Size2 size, double scale) {
  ImodTilt enlarged = row;
  enlarged.transform.d = scale * row.transform.d;
  return projection_of(enlarged, size);
}

void import_tracks(Alignment& alignment, const fs::path& xf, const RowMatch& match, double scale) {
  const fs::path fid = beside(xf, ".fid"), prexg = beside(xf, ".prexg");
  if (!fs::exists(fid) || scale != 1.0) return;
  try {
    std::vector<std::size_t> order(alignment.tilts.size());
    for (std::size_t i = 0; i < match.row_of_tilt.size(); ++i) {
      const int row = match.row_of_tilt[i];
      if (row < 0 || row >= static_cast<int>(order.size()))
        fail("the alignment has rows of other tilts");
      order[static_cast<std::size_t>(row)] = i;
    }
    const ImodModel model = read_imod_model(fid);
    std::vector<ImodTransform> prealigned;
    if (fs::exists(prexg))
      prealigned = read_xf(prexg);
    else if (Size2{model.nx, model.ny} != alignment.size)
      fail("it is on images of {} x {} px and {} is missing", model.nx, model.ny, prexg.string());
    alignment.tracks = tracks_of(model, order, prealigned, alignment.size);
    fit_points(alignment);
  } catch (const Error& error) {
    alignment.tracks.clear();
    note(alignment, fmt::format("The tracks in {} were left out: {}.", fid.string(), error.what()));
  }
}

void import_imod(Alignment& alignment, const fs::path& xf, double source_pixel_A) {
  const ImodFiles files = read_imod(xf);
  const double scale = source_pixel_A > 0.0 ? source_pixel_A / alignment.pixel_A : 1.0;
  RowMatch match =
      files.nominal_deg.empty()
          ? match_refined(alignment.tilts, files.refined_deg, beside(xf, ".tlt").string())
          : match_nominal(alignment.tilts, files.nominal_deg, beside(xf, ".rawtlt").string());
  double stretch = 0.0;
  std::vector<double> offsets;
  for (std::size_t i = 0; i < alignment.tilts.size(); ++i) {
    if (match.row_of_tilt[i] < 0) continue;
    const ImodTilt& row = files.rows[static_cast<std::size_t>(match.row_of_tilt[i])];
    const double found = stretch_of(row.transform);
    if (found < 0.0) fail("row {} of {} mirrors the image", match.row_of_tilt[i] + 1, xf.string());
    stretch = std::max(stretch, found);
    alignment.tilts[i].projection = scaled(row, alignment.size, scale);
    offsets.push_back(row.tilt_deg - alignment.tilts[i].nominal_tilt_deg);
  }
  std::nth_element(offsets.begin(),
                   offsets.begin() + static_cast<std::ptrdiff_t>(offsets.size() / 2),
                   offsets.end());
  match.offset_deg = offsets[offsets.size() / 2];
  note(alignment, match.note);
  if (stretch > stretch_limit)
    note(alignment, fmt::format("The transforms of {} stretch images by up to {:.2f} %, which "
                                "neither RELION's model nor gimbal's can express: it was left out.",
                                xf.string(), 100.0 * stretch));
  fill_gaps(alignment, match, xf.string());
  import_tracks(alignment, xf, match, scale);
}

// Our px per px of the images that AreTomo worked on.
double aretomo_scale(const Alignment& alignment, const AretomoAlignment& aln, const fs::path& path,
                     double source_pixel_A) {
  if (source_pixel_A > 0.0) return source_pixel_A / alignment.pixel_A;
  if (aln.nx <= 0 || aln.ny <= 0) return 1.0;
  const double x = static_cast<double>(alignment.size.nx) / aln.nx;
  const double y = static_cast<double>(alignment.size.ny) / aln.ny;
  if (std::abs(x / y - 1.0) > 0.01)
    fail("{} is of images of {} x {} px, but those of this series have {} x {}", path.string(),
         aln.nx, aln.ny, alignment.size.nx, alignment.size.ny);
  return x;
}

void import_aretomo(Alignment& alignment, const fs::path& path, double source_pixel_A) {
  const AretomoAlignment aln = read_aln(path);
  const RowMatch match = match_aretomo(alignment.tilts, aln, path.string());
  const double scale = aretomo_scale(alignment, aln, path, source_pixel_A);
  for (std::size_t i = 0; i < alignment.tilts.size(); ++i) {
    if (match.row_of_tilt[i] < 0) continue;
    Projection& p = alignment.tilts[i].projection;
    p = projection_of(aln.rows[static_cast<std::size_t>(match.row_of_tilt[i])]);
    p.shift_px = scale * p.shift_px;
    if (!(p.magnification > 0.01 && p.magnification < 100.0))
      fail("{} has the magnification (GMAG) {:g}", path.string(), p.magnification);
  }
  alignment.y_offset_deg = aln.alpha_offset_deg;
  if (aln.thickness_px) alignment.thickness_A = *aln.thickness_px * scale * alignment.pixel_A;
  note(alignment, match.note);
  if (scale != 1.0)
    note(alignment, fmt::format("{} is of images binned by {:g}: its shifts were multiplied by it.",
                                path.string(), scale));
  if (!aln.local.empty())
    note(alignment, fmt::format("The local alignment of {} was left out.", path.string()));
  fill_gaps(alignment, match, path.string());
}

std::string stem_of(const std::string& key) {
  return fs::path(key).stem().string();
}

// By the whole name, else by the name without folders and extension.
RowMatch match_names(const std::vector<AlignedTilt>& tilts, const std::vector<AlignedTilt>& rows,
                     const std::string& source) {
  std::map<std::string, int> by_key, by_stem;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    by_key.emplace(rows[row].key, static_cast<int>(row));
    const auto [known, is_new] = by_stem.emplace(stem_of(rows[row].key), static_cast<int>(row));
    if (!is_new) known->second = -1;  // not unique
  }
  RowMatch match;
  int found = 0;
  for (const AlignedTilt& tilt : tilts) {
    const auto exact = by_key.find(tilt.key);
    const auto near = by_stem.find(stem_of(tilt.key));
    const int row = exact != by_key.end()   ? exact->second
                    : near != by_stem.end() ? near->second
                                            : -1;
    match.row_of_tilt.push_back(row);
    if (row >= 0) ++found;
  }
  if (found == 0)
    fail("no image of this tilt series is in {}: {} is not, for example", source,
         tilts.front().key);
  return match;
}

TiltSeries series_in(const fs::path& path, const std::string& name) {
  auto set = read_tilt_series(path);
  for (auto& series : set.series)
    if (series.name() == name) return std::move(series);
  for (const auto& [unreadable, reason] : set.unreadable)
    if (unreadable == name) fail("{}", reason);
  fail("{} has no tilt series {}", path.string(), name);
}

void import_star(Alignment& alignment, const std::string& name, const fs::path& path) {
  const Alignment other = alignment_of(series_in(path, name), alignment.size, alignment.pixel_A);
  const RowMatch match = match_names(alignment.tilts, other.tilts, path.string());
  for (std::size_t i = 0; i < alignment.tilts.size(); ++i) {
    if (match.row_of_tilt[i] < 0) continue;
    AlignedTilt& tilt = alignment.tilts[i];
    const AlignedTilt& row = other.tilts[static_cast<std::size_t>(match.row_of_tilt[i])];
    if (tilt.state == TiltState::used) tilt.state = row.state, tilt.reason = row.reason;
    tilt.projection = row.projection;
    tilt.standard_error = row.standard_error;
    tilt.score = row.score;
    tilt.residual_px = row.residual_px;
  }
  alignment.deformation = other.deformation;
  alignment.residual_px = other.residual_px;
  alignment.leave_out_px = other.leave_out_px;
  alignment.score = other.score;
  alignment.verdict = other.verdict;
  alignment.thickness_A = other.thickness_A;
  alignment.y_offset_deg = other.y_offset_deg;
  alignment.x_offset_deg = other.x_offset_deg;
  fill_gaps(alignment, match, path.string());
}

}  // namespace

void import_alignment(Alignment& alignment, const std::string& name, const AlignmentSource& source,
                      double source_pixel_A) {
  if (alignment.tilts.empty()) fail("the tilt series {} has no tilts", name);
  alignment.method = "import";
  switch (source.format) {
    case AlignmentSource::Format::imod:
      return import_imod(alignment, source.path, source_pixel_A);
    case AlignmentSource::Format::aretomo:
      return import_aretomo(alignment, source.path, source_pixel_A);
    case AlignmentSource::Format::star:
      return import_star(alignment, name, source.path);
  }
}

}  // namespace gimbal
