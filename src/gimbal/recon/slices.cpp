// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/recon/slices.h"

#include "gimbal/num/rows.h"

#include <algorithm>
#include <cmath>

namespace gimbal::recon {
namespace {

constexpr double shown_A = 50.0;
constexpr double most_bytes = 60e6;
constexpr int largest_bin = 16;

Image<float> mean_of(const std::vector<Image<float>>& images) {
  Image<float> mean = images.front().clone();
  for (std::size_t i = 1; i < images.size(); ++i)
    for (int y = 0; y < mean.ny(); ++y) add_row(images[i].row(y), mean.nx(), mean.row(y));
  for (int y = 0; y < mean.ny(); ++y)
    for (float& value : mean.view().row_span(y)) value /= static_cast<float>(images.size());
  return mean;
}

// Adds up `bin` values at a time, times `share`; what is left at the end is dropped.
void add_binned(const float* values, int n, int bin, float share, float* out) {
  for (int i = 0; i < n / bin; ++i, values += bin) {
    float sum = 0.0F;
    for (int k = 0; k < bin; ++k) sum += values[k];
    out[i] += share * sum;
  }
}

// Means of `bin` rows.
Image<float> binned_rows(const Image<float>& image, int bin) {
  Image<float> out(image.nx(), std::max(1, image.ny() / bin));
  for (int y = 0; y < std::min(image.ny(), out.ny() * bin); ++y)
    add_row(image.row(y), image.nx(), out.row(y / bin));
  for (int y = 0; y < out.ny(); ++y)
    for (float& value : out.view().row_span(y)) value /= static_cast<float>(bin);
  return out;
}

std::vector<Image<float>> empty_images(int count, int nx, int ny) {
  std::vector<Image<float>> images;
  for (int i = 0; i < count; ++i) images.emplace_back(nx, ny);
  return images;
}

// The part of an axis that a slice shows.
struct Part {
  int first, count;
};
Part part_about(int centre, int n, int near) {
  const int first = std::max(0, centre - near);
  return {first, std::min(n, centre + near + 1) - first};
}
Part middle_part(int n, int near) {
  return part_about(n / 2, n, near);
}

// The voxel at this place along an axis, or the nearest one.
int voxel_at(double place, double first, int n) {
  return static_cast<int>(std::lround(std::clamp(place - first, 0.0, n - 1.0)));
}

VolumeGrid part_of(VolumeGrid grid, Part x, Part y, Part z) {
  grid.first = grid.first + Vec3{1.0 * x.first, 1.0 * y.first, 1.0 * z.first};
  grid.nx = x.count, grid.ny = y.count, grid.nz = z.count;
  return grid;
}

}  // namespace

SliceCollector::SliceCollector(const VolumeGrid& grid, int most_px)
    : grid_(grid), near_(static_cast<int>(0.5 * shown_A / grid.voxel_A)) {
  while (bin_ < largest_bin && std::max(grid.nx, grid.ny) / bin_ > most_px &&
         std::min({grid.nx, grid.ny, grid.nz}) >= 2 * bin_)
    bin_ *= 2;
  const int nx = grid.nx / bin_, ny = grid.ny / bin_;
  while (near_ > 0 && 8.0 * near_ * nx * ny > most_bytes) --near_;
  planes_ = empty_images(middle_part(grid.nz, near_).count, nx, ny);
  sections_ = empty_images(middle_part(grid.ny, near_).count, nx, grid.nz);
  across_ = Image<float>(grid.nz, ny);
}

void SliceCollector::take(int z, int first_y, View<const float> rows) {
  const Part x = middle_part(grid_.nx, near_), y = middle_part(grid_.ny, near_),
             of_z = middle_part(grid_.nz, near_);
  for (int i = 0; i < rows.ny(); ++i) {
    const int row = first_y + i, binned = row / bin_;
    const float share = 1.0F / static_cast<float>(bin_);
    if (row >= y.first && row < y.first + y.count)
      add_binned(rows.row(i), grid_.nx, bin_, share,
                 sections_[static_cast<std::size_t>(row - y.first)].row(z));
    if (binned >= across_.ny()) continue;
    if (z >= of_z.first && z < of_z.first + of_z.count)
      add_binned(rows.row(i), grid_.nx, bin_, share * share,
                 planes_[static_cast<std::size_t>(z - of_z.first)].row(binned));
    float sum = 0.0F;
    for (int k = x.first; k < x.first + x.count; ++k) sum += rows(k, i);
    across_(z, binned) += share * sum / static_cast<float>(x.count);
  }
}

Slices SliceCollector::slices() const {
  const Image<float> xz = mean_of(sections_);
  Image<float> yz(std::max(1, across_.nx() / bin_), across_.ny());
  for (int y = 0; y < yz.ny(); ++y)
    add_binned(across_.row(y), yz.nx() * bin_, bin_, 1.0F / static_cast<float>(bin_), yz.row(y));
  return {mean_of(planes_), binned_rows(xz, bin_), std::move(yz), grid_.voxel_A * bin_};
}

Slices slices_at(Vec3 place, const Series& series, const VolumeGrid& grid,
                 const ReconOptions& options, const ImageGiver& image_of) {
  const int near = static_cast<int>(0.5 * shown_A / grid.voxel_A);
  const Part all_x{0, grid.nx}, all_y{0, grid.ny}, all_z{0, grid.nz};
  Request request;
  request.filter_thickness_A = grid.nz * grid.voxel_A;
  const auto slice = [&](Part x, Part y, Part z) {
    request.grid = part_of(grid, x, y, z);
    SliceCollector collector(request.grid, SliceCollector::never_binned);
    const Outcome outcome = reconstruct(
        series, request, options, image_of,
        [&](int plane, int row, View<const float> rows) { collector.take(plane, row, rows); });
    request.scale = outcome.scale;  // the same for all three
    return collector.slices();
  };
  const Part x = part_about(voxel_at(place.x, grid.first.x, grid.nx), grid.nx, near);
  const Part y = part_about(voxel_at(place.y, grid.first.y, grid.ny), grid.ny, near);
  const Part z = part_about(voxel_at(place.z, grid.first.z, grid.nz), grid.nz, near);
  Slices slices;
  slices.xy = slice(all_x, all_y, z).xy;
  slices.xz = slice(all_x, y, all_z).xz;
  slices.yz = slice(x, all_y, all_z).yz;
  slices.voxel_A = grid.voxel_A;
  return slices;
}

}  // namespace gimbal::recon
