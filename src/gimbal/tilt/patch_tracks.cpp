// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/patch_tracks.h"

#include "gimbal/core/parallel.h"
#include "gimbal/num/fft.h"
#include "gimbal/tilt/slab_views.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

namespace gimbal::tilt {
namespace {

struct Patch {
  int x0, y0;  // first px of the picture
};

Image<cfloat> windowed_spectrum(View<const float> picture, Patch patch, int side,
                                const Fft2d& fft) {
  Image<float> box(side, side);
  const auto weight = [side](int i) {
    return static_cast<float>(std::sin(std::numbers::pi * (i + 0.5) / side));
  };
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x)
      box(x, y) = weight(x) * weight(y) * picture(patch.x0 + x, patch.y0 + y);
  Image<cfloat> spectrum(side / 2 + 1, side);
  fft.forward(box, spectrum);
  return spectrum;
}

struct Displacement {
  Vec2 px;  // of the picture: measured minus predicted
  double sigma_px = 0.0;
};

// The peak near the middle of the correlation. Its error: the noise's slope there, seen elsewhere
// in the map, over the curvature of the peak.
std::optional<Displacement> displacement(const Image<float>& map) {
  const int n = map.nx(), reach = std::max(3, n / 6);
  const auto at = [&](int x, int y) {
    return static_cast<double>(map((x % n + n) % n, (y % n + n) % n));
  };
  int bx = 0, by = 0;
  for (int y = -reach; y <= reach; ++y)
    for (int x = -reach; x <= reach; ++x)
      if (at(x, y) > at(bx, by)) bx = x, by = y;
  if (std::abs(bx) == reach || std::abs(by) == reach) return std::nullopt;
  double slope2 = 0.0, square = 0.0;
  int count = 0;
  for (int y = -n / 2 + 1; y < n / 2; ++y)
    for (int x = -n / 2 + 1; x < n / 2; ++x) {
      if (std::abs(x - bx) <= reach && std::abs(y - by) <= reach) continue;
      const double d = 0.5 * (at(x + 1, y) - at(x - 1, y));
      slope2 += d * d, square += at(x, y) * at(x, y), ++count;
    }
  const double curve_x = 2.0 * at(bx, by) - at(bx - 1, by) - at(bx + 1, by),
               curve_y = 2.0 * at(bx, by) - at(bx, by - 1) - at(bx, by + 1);
  constexpr double least_height = 4.5;  // standard deviations of the map
  if (count == 0 || curve_x <= 0.0 || curve_y <= 0.0 ||
      at(bx, by) < least_height * std::sqrt(square / count))
    return std::nullopt;
  Displacement d;
  d.px = {bx + 0.5 * (at(bx + 1, by) - at(bx - 1, by)) / curve_x,
          by + 0.5 * (at(bx, by + 1) - at(bx, by - 1)) / curve_y};
  d.sigma_px = std::sqrt(slope2 / count) / std::sqrt(curve_x * curve_y);
  return d;
}

}  // namespace

std::vector<Track> patch_tracks(const Stack& stack, const std::vector<Projection>& projections,
                                const std::vector<bool>& used, double thickness_A,
                                const PatchOptions& options) {
  const SlabPictures pictures =
      slab_pictures(stack, projections, used, thickness_A, options.finest_A);
  int n = 0;
  for (const auto& picture : pictures.measured) n = std::max(n, picture.nx());
  const double step_A = pictures.step_px * stack.full_pixel_A;
  const int side = std::clamp(2 * static_cast<int>(std::lround(0.5 * options.side_A / step_A)), 16,
                              std::max(16, n / 2 / 2 * 2));
  const int stride = std::max(4, static_cast<int>(std::lround(side * (1.0 - options.overlap))));
  std::vector<Patch> patches;
  const int margin = n / 20;  // the grid is that much wider than the field
  for (int y0 = margin; y0 + side <= n - margin; y0 += stride)
    for (int x0 = margin; x0 + side <= n - margin; x0 += stride) patches.push_back({x0, y0});
  std::vector<Track> tracks(patches.size());
  const Fft2d fft({side, side});
  parallel_for(static_cast<int>(patches.size()), [&](int p) {
    const Patch patch = patches[static_cast<std::size_t>(p)];
    Track& track = tracks[static_cast<std::size_t>(p)];
    const auto middle = [&](int first) {
      return (first + 0.5 * (side - 1) - n / 2) * pictures.step_px;
    };
    track.point_px = {middle(patch.x0), middle(patch.y0), 0.0};
    for (std::size_t t = 0; t < projections.size(); ++t) {
      if (pictures.measured[t].empty()) continue;
      const Vec2 place = project(projections[t], track.point_px, stack.full_size);
      const double edge = 0.25 * side * pictures.step_px;
      if (place.x < edge || place.y < edge || place.x > stack.full_size.nx - edge ||
          place.y > stack.full_size.ny - edge)
        continue;
      auto measured = windowed_spectrum(pictures.measured[t], patch, side, fft);
      const auto predicted = windowed_spectrum(pictures.predicted[t], patch, side, fft);
      for (int y = 0; y < side; ++y)
        for (int x = 0; x <= side / 2; ++x) measured(x, y) *= std::conj(predicted(x, y));
      Image<float> map(side, side);
      fft.backward(measured, map);
      const auto d = displacement(map);
      if (!d) continue;
      const PlaneView view(projections[t]);
      const double scale = pictures.step_px;
      track.observations.push_back({static_cast<int>(t),
                                    place + view.to_image(scale * d->px),
                                    std::max(0.02, d->sigma_px) * scale,
                                    1.0,
                                    {}});
    }
  });
  std::erase_if(tracks, [](const Track& track) { return track.observations.size() < 5; });
  return tracks;
}

}  // namespace gimbal::tilt
