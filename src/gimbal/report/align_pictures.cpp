// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/align_pictures.h"

#include "gimbal/core/units.h"
#include "gimbal/recon/slices.h"
#include "gimbal/report/thumbnail.h"
#include "gimbal/tilt/slab_views.h"

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

constexpr int picture_px = 300;
constexpr double near_A = 100.0;         // heights that count as one
constexpr double usual_voxel_A = 20.0;   // of the slices
constexpr double fewest_voxels = 150.0;  // along their longer side, where the images have as many
constexpr double usual_depth_A = 3000.0, room_A = 600.0;
constexpr int smoothness = 20;  // iterations of SIRT that the slices look like

std::vector<int> usable_tilts(const tilt::Stack& stack, const Alignment& alignment) {
  std::vector<int> tilts;
  for (std::size_t i = 0; i < std::min(stack.tilts.size(), alignment.tilts.size()); ++i)
    if (alignment.tilts[i].state == TiltState::used && !stack.tilts[i].image.empty() &&
        std::isfinite(stack.tilts[i].nominal_tilt_deg))
      tilts.push_back(static_cast<int>(i));
  std::stable_sort(tilts.begin(), tilts.end(), [&](int a, int b) {
    return stack.tilts[static_cast<std::size_t>(a)].nominal_tilt_deg <
           stack.tilts[static_cast<std::size_t>(b)].nominal_tilt_deg;
  });
  return tilts;
}

// The ends, the one nearest to 0 degrees, and those half way (by angle).
std::vector<int> shown_tilts(const tilt::Stack& stack, const std::vector<int>& usable) {
  const auto angle = [&](int tilt) {
    return stack.tilts[static_cast<std::size_t>(tilt)].nominal_tilt_deg;
  };
  std::vector<int> shown;
  if (usable.empty()) return shown;
  const double low = angle(usable.front()), high = angle(usable.back());
  const double middle = std::clamp(0.0, low, high);
  for (const double wanted : {low, 0.5 * (low + middle), middle, 0.5 * (middle + high), high}) {
    const int tilt = *std::min_element(usable.begin(), usable.end(), [&](int a, int b) {
      return std::abs(angle(a) - wanted) < std::abs(angle(b) - wanted);
    });
    if (shown.empty() || shown.back() != tilt) shown.push_back(tilt);
  }
  return shown;
}

bool is_finite(Vec3 p) {
  return std::isfinite(p.x) && std::isfinite(p.y) && std::isfinite(p.z);
}

// What the slices are made from: the used tilts, by the metadata alone or by the alignment.
recon::Series series_of(const tilt::Stack& stack, const Alignment& alignment,
                        const std::vector<int>& usable, bool aligned) {
  recon::Series series;
  series.full_size = stack.full_size;
  series.pixel_A = stack.full_pixel_A;
  series.binning = stack.binning;
  series.voltage_kV = stack.voltage_kV;
  if (aligned) series.deformation = alignment.deformation;
  for (const int tilt : usable) {
    const auto& view = stack.tilts[static_cast<std::size_t>(tilt)];
    Projection nominal;
    nominal.y_tilt_deg = view.nominal_tilt_deg;
    nominal.z_rot_deg = stack.nominal_axis_deg;
    series.tilts.push_back(
        {view.key, aligned ? alignment.tilts[static_cast<std::size_t>(tilt)].projection : nominal,
         view.pre_exposure_e_A2, std::nullopt});
  }
  return series;
}

// The field of view, as deep as the specimen with some room.
recon::VolumeGrid grid_of(const tilt::Stack& stack, const Alignment& alignment, double voxel_A) {
  const double angle = rad_from_deg(stack.nominal_axis_deg);
  const bool sideways = std::abs(std::sin(angle)) > std::sqrt(0.5);
  const Size2 size = stack.full_size;
  const bool known = alignment.thickness_A > 0.0 && std::isfinite(alignment.thickness_A);
  const double depth_A = std::min(known ? alignment.thickness_A + room_A : usual_depth_A,
                                  std::max(size.nx, size.ny) * stack.full_pixel_A);
  return recon::tomogram_grid(sideways ? size.ny : size.nx, sideways ? size.nx : size.ny,
                              static_cast<int>(depth_A / stack.full_pixel_A), stack.full_pixel_A,
                              voxel_A);
}

void add_slices(const tilt::Stack& stack, const Alignment& alignment,
                const std::vector<int>& usable, AlignPictures& pictures) {
  const double side_A = std::max(stack.full_size.nx, stack.full_size.ny) * stack.full_pixel_A;
  const double voxel_A = std::max(
      {std::min(usual_voxel_A, side_A / fewest_voxels), side_A / picture_px, stack.pixel_A()});
  const int factor = std::max(1, static_cast<int>(voxel_A / stack.pixel_A() + 1e-6));
  const tilt::Stack small = tilt::reduced(stack, factor);
  const auto grid = grid_of(small, alignment, voxel_A);
  const auto image_of = [&](int i) {
    return small.tilts[static_cast<std::size_t>(usable[static_cast<std::size_t>(i)])].image.clone();
  };
  recon::ReconOptions options;
  options.sirt_iterations = smoothness;
  pictures.slices_at_px = busiest_place_px(alignment);
  const Vec3 place = (stack.full_pixel_A / voxel_A) * pictures.slices_at_px;
  const auto slices = [&](bool aligned) {
    return recon::slices_at(place, series_of(small, alignment, usable, aligned), grid, options,
                            image_of);
  };
  const auto before = slices(false), after = slices(true);
  auto both = slice_pictures({&before, &after}, picture_px);
  pictures.before = std::move(both[0]);
  pictures.after = std::move(both[1]);
}

}  // namespace

Vec3 busiest_place_px(const Alignment& alignment) {
  const double near_px = near_A / alignment.pixel_A;
  Vec3 best;
  std::ptrdiff_t most = 0;
  for (const Track& track : alignment.tracks) {
    const Vec3 p = track.point_px;
    if (!is_finite(p)) continue;
    const auto n = std::count_if(
        alignment.tracks.begin(), alignment.tracks.end(),
        [&](const Track& other) { return std::abs(other.point_px.z - p.z) <= near_px; });
    if (n > most || (n == most && length(p) < length(best))) most = n, best = p;
  }
  return best;
}

AlignPictures align_pictures(const tilt::Stack& stack, const Alignment& alignment) {
  AlignPictures pictures;
  const auto usable = usable_tilts(stack, alignment);
  if (usable.empty()) return pictures;
  const int factor = std::max(1, std::max(stack.size.nx, stack.size.ny) / picture_px);
  const tilt::Stack small = tilt::reduced(stack, factor);
  pictures.covered_px = {small.size.nx * small.binning, small.size.ny * small.binning};
  for (const int tilt : shown_tilts(stack, usable))
    pictures.tilts.push_back(
        {tilt, sum_thumbnail(small.tilts[static_cast<std::size_t>(tilt)].image.view())});
  if (usable.size() < 2 || std::min(small.size.nx, small.size.ny) < 16) return pictures;

  add_slices(stack, alignment, usable, pictures);
  return pictures;
}

}  // namespace gimbal
