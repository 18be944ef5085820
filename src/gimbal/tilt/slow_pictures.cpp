// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/slow_pictures.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/units.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gimbal::tilt {
namespace {

constexpr double step_A = 25.0;
// Resolution, in steps: of the images that the pictures are made from, and of the pictures.
constexpr double image_steps = 2.6, finest_steps = 2.3, coarsest_steps = 16.0;
// Voxels times tilts: more for the last word than for another method's start.
constexpr double most_voxel_views = 200e6, most_for_start = 45e6;

// Steps along a side of the pictures: whole blocks, a tenth wider than the field.
int picture_side(const Stack& stack, double step_px) {
  constexpr int lanes = VolumeGrid::lanes;
  const double field_px = 1.1 * std::max(stack.full_size.nx, stack.full_size.ny);
  return static_cast<int>(std::ceil(field_px / step_px / lanes)) * lanes;
}

// The part of a ring's power that is signal; 0 outside the band.
double share_of(const SlowLevel& level, int ring) {
  const double k = ring / level.slab.grid.period_px();
  if (ring < 0 || k < level.slab.band.lowest || k > level.slab.band.highest) return 0.0;
  return std::min(0.9, level.share[static_cast<std::size_t>(ring)]);
}

Projection turned_and_shifted(const Projection& projection) {
  Projection flat;
  flat.z_rot_deg = projection.z_rot_deg;
  flat.shift_px = projection.shift_px;
  return flat;
}

// Takes the motion across the axis with which the specimen bends out of a picture.
void unbend(const DeformationModel& model, const StackTilt& tilt, const Projection& projection,
            const SincTable& table, double step_px, Image<float>& picture) {
  const double angle = rad_from_deg(projection.y_tilt_deg), cosine = std::cos(angle),
               sine = std::sin(angle);
  undo_motion(
      [&](int x, int y) {
        const Vec3 place{x * step_px / cosine, y * step_px, 0.0};
        return sine / step_px * model.at(place, tilt.pre_exposure_e_A2).z;
      },
      table, picture);
}

// Weighted to the signal; of each tilt of the state.
std::vector<Image<float>> pictures_of(const SlowLevel& level, const SlabState& state) {
  std::vector<Projection> flat;
  for (const Projection& p : state.projections) flat.push_back(turned_and_shifted(p));
  auto spectra = slab_spectra(level.slab.stack, flat, state.tilts, level.slab.grid);
  const int n = level.slab.grid.n;
  const Fft2d fft({n, n});
  std::vector<Image<float>> pictures(state.tilts.size());
  const SincTable table;
  parallel_for(spectra.count(), [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    for (int row = 0; row < n; ++row)
      for (int kx = 0; kx <= n / 2; ++kx)
        spectra.values[at](kx, row) *=
            static_cast<float>(std::sqrt(share_of(level, spectra.ring(at, kx, row))) / n);
    pictures[at] = Image<float>(n, n);
    fft.backward(spectra.values[at], pictures[at]);
    const auto tilt = static_cast<std::size_t>(state.tilts[at]);
    if (!state.deformation.empty())
      unbend(state.deformation, level.slab.stack.tilts[tilt], state.projections[tilt], table,
             level.slab.grid.step_px, pictures[at]);
  });
  return pictures;
}

// Of the part of a picture through the volume's ends, which depth makes wider.
constexpr double end_share = 0.4;

// So wide that at the highest tilt the rays of enough of a picture cross it.
double volume_width_px(double field_px, double depth_px, double least_cosine) {
  constexpr double wider = 1.4, widest = 4.0, crossed = 0.3;
  const double sine = std::sqrt(1.0 - least_cosine * least_cosine);
  const double needed_px =
      (crossed * field_px + 2.0 * end_share * depth_px * sine) / std::max(0.1, least_cosine);
  return std::clamp(needed_px, wider * field_px, widest * field_px);
}

// Where the rays of a picture cross the volume and not its ends: 1, falling to 0.
float crossing(const VolumeGrid& grid, std::size_t tilt, int column) {
  const double reach =
      0.5 * grid.nx * grid.cosines[tilt] - end_share * grid.nz * std::abs(grid.sines[tilt]);
  const double inside = reach - std::abs(column - grid.n / 2), width = 0.06 * grid.n;
  if (inside <= 0.0) return 0.0F;
  if (inside >= width) return 1.0F;
  return static_cast<float>(0.5 - 0.5 * std::cos(std::numbers::pi * inside / width));
}

}  // namespace

SlowLevel slow_level(const Stack& stack, const SlabState& state, double step_px) {
  SlowLevel level;
  const double full_A = stack.full_pixel_A;
  level.slab = slab_level(stack, image_steps * step_px * full_A);
  level.slab.grid.step_px = step_px;
  level.slab.grid.n = picture_side(stack, step_px);
  level.slab.band.lowest = std::max(level.slab.band.lowest, 1.0 / (coarsest_steps * step_px));
  level.slab.band.highest = 1.0 / (finest_steps * step_px);
  const auto spectra =
      slab_spectra(level.slab.stack, state.projections, state.tilts, level.slab.grid);
  level.share = measured_signal(spectra, state.thickness_px, level.slab.band).share;
  return level;
}

Variances variances_of(const SlowLevel& level) {
  Variances v;
  const int n = level.slab.grid.n;
  const auto rings =
      rings_of(PlaneView(Projection{}), level.slab.grid, 0.5 / level.slab.stack.binning);
  for (int row = 0; row < n; ++row)
    for (int kx = 0; kx <= n / 2; ++kx) {
      const double share = share_of(level, rings(kx, row));
      const double both = (kx == 0 || 2 * kx == n ? 1.0 : 2.0) / (static_cast<double>(n) * n);
      v.signal += both * share * share;
      v.noise += both * share * (1.0 - share);
    }
  return v;
}

VolumeGrid volume_grid(const Stack& stack, const SlabState& state, double step_px) {
  VolumeGrid grid;
  grid.step_px = step_px;
  const Size2 size = stack.full_size;
  const double field_px = std::max(size.nx, size.ny);
  double slope = 0.0, least_cosine = 1.0;
  for (const int t : state.tilts) {
    const auto& p = state.projections[static_cast<std::size_t>(t)];
    grid.cosines.push_back(std::cos(rad_from_deg(p.y_tilt_deg)));
    grid.sines.push_back(std::sin(rad_from_deg(p.y_tilt_deg)));
    slope = std::max(slope, std::abs(std::tan(rad_from_deg(p.x_tilt_deg))));
    least_cosine = std::min(least_cosine, grid.cosines.back());
  }
  constexpr double thicker = 1.2;
  const double depth_px = thicker * state.thickness_px + slope * field_px;
  grid.nx = static_cast<int>(volume_width_px(field_px, depth_px, least_cosine) / step_px);
  grid.nz = static_cast<int>(depth_px / step_px) + 1;
  grid.n = picture_side(stack, step_px);
  return grid;
}

double slow_step_px(const Stack& stack, bool is_start, const SlabState& state) {
  double step_px = std::max(step_A / stack.full_pixel_A, static_cast<double>(stack.binning));
  const VolumeGrid grid = volume_grid(stack, state, step_px);
  const double views = static_cast<double>(grid.nx) * grid.nz * grid.n * grid.n_tilts();
  return step_px * std::cbrt(std::max(1.0, views / (is_start ? most_for_start : most_voxel_views)));
}

void set_pictures(const SlowLevel& level, const SlabState& state, SlowSystem& system) {
  const auto pictures = pictures_of(level, state);
  constexpr int lanes = VolumeGrid::lanes;
  parallel_for(system.grid.n_tilts(), [&](int t) {
    const auto tilt = static_cast<std::size_t>(t);
    const auto window = comparison_window(
        level.slab.stack,
        turned_and_shifted(state.projections[static_cast<std::size_t>(state.tilts[tilt])]),
        level.slab.grid);
    for (int x = 0; x < system.grid.n; ++x) {
      const float share = crossing(system.grid, tilt, x);
      for (int y = 0; y < system.grid.n; ++y) {
        VolumeBlock& block = system.blocks[static_cast<std::size_t>(y / lanes)];
        const auto at = system.grid.picture_index(tilt, x, y);
        block.pictures[at] = pictures[tilt](x, y);
        block.weights[at] = share * window(x, y);
      }
    }
  });
}

}  // namespace gimbal::tilt
