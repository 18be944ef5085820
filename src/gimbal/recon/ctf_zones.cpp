// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/recon/ctf_zones.h"

#include "gimbal/core/parallel.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gimbal::recon {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double finest_detail_A = 3.0;
constexpr double blocks_bytes = 150e6;  // of blocks at work at the same time

double finest_per_A(double voxel_A) {
  return std::min(0.5 / voxel_A, 1.0 / finest_detail_A);
}

// How far the CTF carries the finest detail, and as much again for what flipping brings along.
double spread_A(const Series& series, const Defocus& defocus, const std::vector<Zone>& zones,
                double voxel_A) {
  constexpr double kernels_voxels = 8.0;
  const double most =
      std::max(std::abs(defocus.u_A), std::abs(defocus.v_A)) +
      std::max(std::abs(zones.front().extra_defocus_A), std::abs(zones.back().extra_defocus_A));
  const CtfSign ctf(series, defocus, 0.0);
  return 2.0 * most * ctf.spread_per_A(finest_per_A(voxel_A)) + kernels_voxels * voxel_A;
}

double bytes_of(const Window& window) {
  // The image, its transform and a copy of that.
  return 12.0 * static_cast<double>(window.nx + 2) * window.ny;
}

}  // namespace

std::vector<Zone> defocus_zones(const Series& series, const SeriesTilt& tilt, const LineView& view,
                                const VolumeGrid& grid) {
  constexpr double largest_phase_error = 0.5;  // radians, of the finest detail, within a zone
  constexpr int most = 256;
  const double reach =
      std::abs(view.ux) * std::max(std::abs(grid.first.x), std::abs(grid.first.x + grid.nx)) +
      std::abs(view.uz) * std::max(std::abs(grid.first.z), std::abs(grid.first.z + grid.nz));
  const double turn = CtfSign(series, *tilt.defocus, 0.0).phase_per_A(finest_per_A(grid.voxel_A));
  const double phase = reach * std::abs(view.depth_per_u) * grid.voxel_A * turn;
  const double wanted = std::ceil(phase / largest_phase_error);
  const int n = static_cast<int>(std::clamp(wanted, 1.0, double{most}));
  const double defocus_per_u = series.hand * view.depth_per_u * grid.voxel_A;
  std::vector<Zone> zones;
  for (int i = 0; i < n; ++i)
    zones.push_back({i > 0 ? reach * (2.0 * i / n - 1.0) : -infinite,
                     i + 1 < n ? reach * (2.0 * (i + 1.0) / n - 1.0) : infinite,
                     defocus_per_u * reach * ((2.0 * i + 1.0) / n - 1.0)});
  return zones;
}

ZonedLines::ZonedLines(const Series& series, const SeriesTilt& tilt, const LineView& view,
                       const VolumeGrid& grid, const WorkingGrid& working)
    : series_(series),
      tilt_(tilt),
      view_(view),
      working_(working),
      zones_(defocus_zones(series, tilt, view, grid)) {
  const double image_px_A = series.pixel_A * series.binning;
  working_px_A_ = {image_px_A * working.padded.nx / working.working.nx,
                   image_px_A * working.padded.ny / working.working.ny};
  const double spread = spread_A(series, *tilt.defocus, zones_, grid.voxel_A);
  const auto within = [&](double px_A, int n) {
    return static_cast<int>(std::min(std::ceil(spread / px_A), std::max(rim + 1.0, 0.5 * n)));
  };
  reach_x_ = within(working_px_A_.x, working.working.nx);
  reach_y_ = within(working_px_A_.y, working.working.ny);
  // Long enough for most of a block to be of use.
  constexpr double least = 256.0, most = 1e6;
  tile_ = static_cast<int>(std::clamp(4.0 * spread / grid.voxel_A, least, most));
}

std::vector<ZonedLines::Block> ZonedLines::blocks_of(const LineSet& lines) const {
  const double first_u = lines.first_u, last_u = first_u + 0.5 * lines.size.ny;
  const int n_tiles = (lines.n_v + tile_ - 1) / tile_;
  std::vector<Block> blocks;
  for (const Zone& zone : zones_) {
    if (zone.to_u <= first_u || zone.from_u >= last_u) continue;
    for (int i = 0; i < n_tiles; ++i) {
      Block block;
      block.part = {zone.from_u, zone.to_u, lines.n_v * i / n_tiles, lines.n_v * (i + 1) / n_tiles};
      block.core = recon::window_of(lines, working_, view_, series_, block.part);
      block.all = {block.core.x0 - reach_x_, block.core.y0 - reach_y_,
                   fast_length(block.core.nx + 2.0 * reach_x_),
                   fast_length(block.core.ny + 2.0 * reach_y_)};
      block.extra_defocus_A = zone.extra_defocus_A;
      blocks.push_back(block);
    }
  }
  return blocks;
}

Window ZonedLines::window_of(const LineSet& lines) const {
  const Window core = recon::window_of(lines, working_, view_, series_, {});
  return {core.x0 - reach_x_, core.y0 - reach_y_, core.nx + 2 * reach_x_, core.ny + 2 * reach_y_};
}

double ZonedLines::bytes(const LineSet& lines) const {
  double largest = 0.0;
  for (const Block& block : blocks_of(lines)) largest = std::max(largest, bytes_of(block.all));
  return std::max(largest, blocks_bytes);
}

void ZonedLines::fill(View<const float> image, const Window& window, const ImageKernel& kernel,
                      LineSet& lines) const {
  const std::vector<Block> blocks = blocks_of(lines);
  double largest = 1.0;
  for (const Block& block : blocks) largest = std::max(largest, bytes_of(block.all));
  const int n = static_cast<int>(blocks.size());
  const int group = static_cast<int>(std::clamp(blocks_bytes / largest, 1.0, 64.0));
  for (int first = 0; first < n; first += group)
    parallel_for(std::min(group, n - first), [&](int i) {
      fill_block(image, window, kernel, blocks[static_cast<std::size_t>(first + i)], lines);
    });
}

void ZonedLines::fill_block(View<const float> image, const Window& window,
                            const ImageKernel& kernel, const Block& block, LineSet& lines) const {
  const Window& all = block.all;
  // What is beyond the window is too far away to matter.
  Image<float> values(all.nx, all.ny);
  const int from_x = std::max(all.x0, window.x0 - rim);
  const int from_y = std::max(all.y0, window.y0 - rim);
  const int n_x = std::min(all.x0 + all.nx, window.x0 + window.nx + rim) - from_x;
  const int n_y = std::min(all.y0 + all.ny, window.y0 + window.ny + rim) - from_y;
  for (int y = 0; y < n_y; ++y)
    std::copy_n(image.row(from_y + y - window.y0 + rim) + from_x - window.x0 + rim, n_x,
                values.row(from_y + y - all.y0) + from_x - all.x0);
  const Fft2d fft({all.nx, all.ny});
  Image<cfloat> spectrum(all.nx / 2 + 1, all.ny, Image<cfloat>::Uninitialized{});
  fft.forward(values, spectrum);
  flip(block, spectrum);
  fft.backward(spectrum, values);
  const Window& core = block.core;
  fill_lines(
      values.view().part(reach_x_ - rim, reach_y_ - rim, core.nx + 2 * rim, core.ny + 2 * rim),
      core, working_, view_, series_, kernel, block.part, lines);
}

void ZonedLines::flip(const Block& block, View<cfloat> spectrum) const {
  const CtfSign ctf(series_, *tilt_.defocus, block.extra_defocus_A);
  const int n_x = block.all.nx, n_y = block.all.ny;
  const double step_x = 1.0 / (n_x * working_px_A_.x), step_y = 1.0 / (n_y * working_px_A_.y);
  const auto norm = static_cast<float>(1.0 / (static_cast<double>(n_x) * n_y));
  Image<float> signs(spectrum.nx(), 1);
  for (int y = 0; y < n_y; ++y) {
    ctf.row(step_x, signed_frequency(y, n_y) * step_y, spectrum.nx(), signs.data());
    cfloat* row = spectrum.row(y);
    for (int x = 0; x < spectrum.nx(); ++x) row[x] *= norm * signs(x, 0);
  }
}

}  // namespace gimbal::recon
