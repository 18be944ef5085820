// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/align_pictures.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/units.h"
#include "gimbal/num/fft.h"
#include "gimbal/report/thumbnail.h"
#include "gimbal/tilt/slab_views.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace gimbal {
namespace {

constexpr int picture_px = 300;
constexpr double near_A = 100.0;    // heights that one slice shows
constexpr double rim_share = 0.06;  // of a side, where an image fades out before it is filtered

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

double fade(int i, int n) {
  const double width = std::max(1.0, rim_share * n);
  const double distance = std::min(i, n - 1 - i) + 0.5;
  return distance >= width ? 1.0 : 0.5 - 0.5 * std::cos(std::numbers::pi * distance / width);
}

// Ramp across the tilt axis, without what is wider than a quarter of the field (uneven ice) and
// without the highest frequencies; then to a standard deviation of 1.
Image<float> ramp_filtered(View<const float> image, double axis_deg) {
  const Fft2d fft({image.nx(), image.ny()});
  Image<float> work(image.nx(), image.ny());
  for (int y = 0; y < image.ny(); ++y)
    for (int x = 0; x < image.nx(); ++x)
      work(x, y) = image(x, y) * static_cast<float>(fade(x, image.nx()) * fade(y, image.ny()));
  Image<cfloat> spectrum(fft.spectrum_size().nx, fft.spectrum_size().ny);
  fft.forward(work.view(), spectrum.view());
  const double axis = rad_from_deg(axis_deg);
  const double field = std::max(image.nx(), image.ny()), wide = 4.0 / field;
  for (int y = 0; y < spectrum.ny(); ++y)
    for (int x = 0; x < spectrum.nx(); ++x) {
      const double kx = static_cast<double>(x) / image.nx();
      const double ky = static_cast<double>(signed_frequency(y, image.ny())) / image.ny();
      const double k2 = kx * kx + ky * ky;
      const double across = std::abs(kx * std::cos(axis) + ky * std::sin(axis));
      const double weight = std::max(across, 1.0 / field) * (1.0 - std::exp(-k2 / (wide * wide))) *
                            std::exp(-0.5 * k2 / (0.25 * 0.25));
      spectrum(x, y) *= static_cast<float>(weight);
    }
  fft.backward(spectrum.view(), work.view());
  double sum2 = 0.0;
  for (int y = 0; y < work.ny(); ++y)
    for (const float value : work.view().row_span(y)) sum2 += static_cast<double>(value) * value;
  const double deviation = std::sqrt(sum2 / static_cast<double>(work.count()));
  const auto scale = deviation > 0.0 ? static_cast<float>(1.0 / deviation) : 0.0F;
  for (int y = 0; y < work.ny(); ++y)
    for (float& value : work.view().row_span(y)) value *= scale;
  return work;
}

// The same view, of a plane at another height.
Projection at_height(Projection projection, double z_px) {
  const Vec3 moved = rotation_of(projection) * Vec3{0.0, 0.0, z_px};
  projection.shift_px.x += projection.magnification * moved.x;
  projection.shift_px.y += projection.magnification * moved.y;
  return projection;
}

// A stack of one image.
tilt::Stack alone(const tilt::Stack& stack, Image<float> image) {
  tilt::Stack one;
  one.full_size = stack.full_size;
  one.full_pixel_A = stack.full_pixel_A;
  one.binning = stack.binning;
  one.size = stack.size;
  one.tilts.resize(1);
  one.tilts[0].image = std::move(image);
  return one;
}

Image<float> ones(Size2 size) {
  Image<float> image(size.nx, size.ny);
  for (int y = 0; y < size.ny; ++y)
    for (float& value : image.view().row_span(y)) value = 1.0F;
  return image;
}

Image<float> slice(const tilt::Stack& stack, const std::vector<int>& tilts,
                   const std::vector<Projection>& projections, const tilt::PlaneGrid& grid) {
  std::vector<Image<float>> views(tilts.size()), seen(tilts.size());
  const tilt::Stack blank = alone(stack, ones(stack.size));
  parallel_for(static_cast<int>(tilts.size()), [&](int index) {
    const auto i = static_cast<std::size_t>(index);
    const auto& image = stack.tilts[static_cast<std::size_t>(tilts[i])].image;
    const auto one = alone(stack, ramp_filtered(image.view(), projections[i].z_rot_deg));
    views[i] = tilt::plane_picture(one, 0, projections[i], grid);
    seen[i] = tilt::plane_picture(blank, 0, projections[i], grid);
  });
  const float least = 0.25F * static_cast<float>(tilts.size());
  Image<float> result(grid.n, grid.n);
  for (int y = 0; y < grid.n; ++y)
    for (int x = 0; x < grid.n; ++x) {
      float sum = 0.0F, weight = 0.0F;
      for (std::size_t i = 0; i < views.size(); ++i) sum += views[i](x, y), weight += seen[i](x, y);
      result(x, y) = weight > least ? sum / weight : std::numeric_limits<float>::quiet_NaN();
    }
  return result;
}

}  // namespace

double busiest_height_px(const Alignment& alignment) {
  const double near_px = near_A / alignment.pixel_A;
  double best = 0.0;
  std::ptrdiff_t most = 0;
  for (const Track& track : alignment.tracks) {
    const double z = track.point_px.z;
    if (!std::isfinite(z)) continue;
    const auto n = std::count_if(
        alignment.tracks.begin(), alignment.tracks.end(),
        [&](const Track& other) { return std::abs(other.point_px.z - z) <= near_px; });
    if (n > most || (n == most && std::abs(z) < std::abs(best))) most = n, best = z;
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

  const double side_px = std::max(stack.full_size.nx, stack.full_size.ny);
  const int n = std::min(picture_px, std::max(small.size.nx, small.size.ny));
  const tilt::PlaneGrid grid{n, side_px / n};
  pictures.slice_px = side_px;
  pictures.slice_z_px = busiest_height_px(alignment);
  std::vector<Projection> before, after;
  for (const int tilt : usable) {
    Projection nominal;
    nominal.y_tilt_deg = stack.tilts[static_cast<std::size_t>(tilt)].nominal_tilt_deg;
    nominal.z_rot_deg = stack.nominal_axis_deg;
    before.push_back(at_height(nominal, pictures.slice_z_px));
    after.push_back(
        at_height(alignment.tilts[static_cast<std::size_t>(tilt)].projection, pictures.slice_z_px));
  }
  const auto slice_before = slice(small, usable, before, grid),
             slice_after = slice(small, usable, after, grid);
  auto jpegs = comparable_thumbnails({slice_before.view(), slice_after.view()}, picture_px);
  pictures.slice_before = std::move(jpegs[0]);
  pictures.slice_after = std::move(jpegs[1]);
  return pictures;
}

}  // namespace gimbal
