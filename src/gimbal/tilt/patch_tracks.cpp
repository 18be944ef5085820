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

// measured * conj(predicted) of one patch, and the map of their correlation.
struct Correlation {
  Image<cfloat> product;
  Image<float> map;
};

// What all patches share: a sine window along both axes.
class PatchFrame {
 public:
  explicit PatchFrame(int side) : side_(side), fft_({side, side}) {
    for (int i = 0; i < side; ++i)
      window_.push_back(static_cast<float>(std::sin(std::numbers::pi * (i + 0.5) / side)));
  }

  Correlation correlation(View<const float> measured, View<const float> predicted,
                          Patch patch) const {
    Correlation c{spectrum(measured, patch), Image<float>(side_, side_)};
    const auto other = spectrum(predicted, patch);
    for (int y = 0; y < side_; ++y)
      for (int x = 0; x <= side_ / 2; ++x) {
        const cfloat a = c.product(x, y), b = other(x, y);
        c.product(x, y) = {a.real() * b.real() + a.imag() * b.imag(),
                           a.imag() * b.real() - a.real() * b.imag()};
      }
    fft_.backward(c.product, c.map);
    return c;
  }

 private:
  Image<cfloat> spectrum(View<const float> picture, Patch patch) const {
    Image<float> box(side_, side_);
    for (int y = 0; y < side_; ++y) {
      const float* in = picture.row(patch.y0 + y) + patch.x0;
      const float weight = window_[static_cast<std::size_t>(y)];
      for (int x = 0; x < side_; ++x)
        box(x, y) = weight * window_[static_cast<std::size_t>(x)] * in[x];
    }
    Image<cfloat> values(side_ / 2 + 1, side_);
    fft_.forward(box, values);
    return values;
  }

  int side_;
  Fft2d fft_;
  std::vector<float> window_;
};

std::vector<cfloat> phases(int n, double px) {
  std::vector<cfloat> result;
  for (int i = 0; i < n; ++i) {
    const double angle = 2.0 * std::numbers::pi * signed_frequency(i, n) * px / n;
    result.emplace_back(static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle)));
  }
  return result;
}

// Variance of the map's slopes at its peak. What the pictures share is symmetric around the peak,
// so that the imaginary part of the product, phases turned to put the peak in the middle, is noise
// alone, with half of its power. Its variance is largest in the middle, where the windows overlap
// fully: on average over the map it is (2/3)^2 of that.
Vec2 slope_variance(const Image<cfloat>& product, Vec2 peak) {
  constexpr double mean_overlap = 4.0 / 9.0;
  const int n = product.ny();
  const auto by_x = phases(n, peak.x), by_y = phases(n, peak.y);
  std::vector<double> slopes2;
  for (int i = 0; i < n; ++i)
    slopes2.push_back(std::pow(std::sin(2.0 * std::numbers::pi * i / n), 2));
  Vec2 sum;
  for (int y = 0; y < n; ++y)
    for (int x = 0; x <= n / 2; ++x) {
      const auto column = static_cast<std::size_t>(x), row = static_cast<std::size_t>(y);
      const cfloat p = product(x, y), a = by_x[column], b = by_y[row];
      const float re = a.real() * b.real() - a.imag() * b.imag(),
                  im = a.real() * b.imag() + a.imag() * b.real();
      const auto noise = static_cast<double>(p.real() * im + p.imag() * re);
      const double both = x == 0 || 2 * x == n ? 1.0 : 2.0;
      sum.x += both * slopes2[column] * noise * noise;
      sum.y += both * slopes2[row] * noise * noise;
    }
  return (2.0 / mean_overlap) * sum;
}

// Mean square of the map away from the peak.
double mean_square(const Correlation& c, int bx, int by, int reach) {
  const int n = c.map.nx();
  double near = 0.0, all = 0.0;
  for (int y = -reach; y <= reach; ++y)
    for (int x = -reach; x <= reach; ++x)
      near += std::pow(static_cast<double>(c.map((bx + x + n) % n, (by + y + n) % n)), 2);
  for (int y = 0; y < n; ++y) {
    const float* row = c.map.view().row(y);
    float sum = 0.0F;
    for (int x = 0; x < n; ++x) sum += row[x] * row[x];
    all += static_cast<double>(sum);
  }
  return (all - near) / (static_cast<double>(n) * n - std::pow(2.0 * reach + 1.0, 2));
}

struct Displacement {
  Vec2 px;  // of the picture: measured minus predicted
  double sigma_px = 0.0;
};

// The peak near the middle of the correlation. Its error: the noise's slope there over the
// curvature of the peak.
std::optional<Displacement> displacement(const Correlation& c) {
  const int n = c.map.nx(), reach = std::max(3, n / 6);
  const auto at = [&](int x, int y) {
    return static_cast<double>(c.map((x + n) % n, (y + n) % n));
  };
  int bx = 0, by = 0;
  for (int y = -reach; y <= reach; ++y)
    for (int x = -reach; x <= reach; ++x)
      if (at(x, y) > at(bx, by)) bx = x, by = y;
  if (std::abs(bx) == reach || std::abs(by) == reach) return std::nullopt;
  const double curve_x = 2.0 * at(bx, by) - at(bx - 1, by) - at(bx + 1, by),
               curve_y = 2.0 * at(bx, by) - at(bx, by - 1) - at(bx, by + 1);
  constexpr double least_height = 4.5;  // standard deviations of the map
  if (curve_x <= 0.0 || curve_y <= 0.0 ||
      at(bx, by) <= least_height * std::sqrt(mean_square(c, bx, by, reach)))
    return std::nullopt;
  Displacement d;
  d.px = {bx + 0.5 * (at(bx + 1, by) - at(bx - 1, by)) / curve_x,
          by + 0.5 * (at(bx, by + 1) - at(bx, by - 1)) / curve_y};
  const Vec2 variance = slope_variance(c.product, d.px);
  d.sigma_px =
      std::sqrt(0.5 * (variance.x / (curve_x * curve_x) + variance.y / (curve_y * curve_y)));
  return d;
}

// Correlation of sums under two squared sine windows that lie `u` of their side apart.
double common_share(double u) {
  const double turn = 2.0 * std::numbers::pi * u;
  return u >= 1.0 ? 0.0
                  : ((1.0 - u) * (1.0 + 0.5 * std::cos(turn)) +
                     0.75 / std::numbers::pi * std::sin(turn)) /
                        1.5;
}

}  // namespace

double patch_redundancy(double overlap) {
  const double stride = std::max(0.05, 1.0 - overlap);
  double sum = 1.0;
  for (int k = 1; k * stride < 1.0; ++k) sum += 2.0 * common_share(k * stride);
  return sum * sum;
}

std::vector<Track> patch_tracks(const Stack& stack, const std::vector<Projection>& projections,
                                const std::vector<bool>& used, double thickness_A,
                                const PatchOptions& options) {
  const SlabPictures pictures =
      slab_pictures(stack, projections, used, thickness_A, options.finest_A);
  int n = 0;
  for (const auto& picture : pictures.measured) n = std::max(n, picture.nx());
  const double step_A = pictures.step_px * stack.full_pixel_A;
  int side = std::clamp(2 * static_cast<int>(std::lround(0.5 * options.side_A / step_A)), 16,
                        std::max(16, n / 2 / 2 * 2));
  while (!has_only_small_primes(side, 13)) side -= 2;
  const int stride = std::max(4, static_cast<int>(std::lround(side * (1.0 - options.overlap))));
  std::vector<Patch> patches;
  const int margin = n / 20;  // the grid is that much wider than the field
  for (int y0 = margin; y0 + side <= n - margin; y0 += stride)
    for (int x0 = margin; x0 + side <= n - margin; x0 += stride) patches.push_back({x0, y0});
  std::vector<Track> tracks(patches.size());
  const PatchFrame frame(side);
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
      const auto d =
          displacement(frame.correlation(pictures.measured[t], pictures.predicted[t], patch));
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
