// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/bead_whiten.h"

#include "gimbal/num/fft.h"
#include "gimbal/num/fourier.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gimbal::tilt {
namespace {

int tile_side(Size2 size) {
  int side = 128;
  while (side > 16 && (side > size.nx || side > size.ny)) side /= 2;
  return side;
}

// Radially averaged power of one tile under a Hann window, its mean removed.
std::vector<double> tile_power(View<const float> tile, const Fft2d& fft, Image<float>& line,
                               Image<cfloat>& spectrum, const std::vector<double>& window,
                               const Image<int>& ring_of) {
  const int n = tile.nx();
  double mean = 0.0, weight = 0.0, energy = 0.0;
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x) {
      const double w = window[static_cast<std::size_t>(x)] * window[static_cast<std::size_t>(y)];
      mean += w * static_cast<double>(tile(x, y));
      weight += w;
      energy += w * w;
    }
  mean /= weight;
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x)
      line(x, y) = static_cast<float>(window[static_cast<std::size_t>(x)] *
                                      window[static_cast<std::size_t>(y)] *
                                      (static_cast<double>(tile(x, y)) - mean));
  fft.forward(line, spectrum);
  const int half = n / 2;
  std::vector<double> power(static_cast<std::size_t>(half + 1)), count(power.size());
  for (int ky = 0; ky < n; ++ky)
    for (int kx = 0; kx <= half; ++kx) {
      const auto bin = static_cast<std::size_t>(ring_of(kx, ky));
      if (bin >= power.size()) continue;
      power[bin] += static_cast<double>(std::norm(spectrum(kx, ky)));
      count[bin] += 1.0;
    }
  for (std::size_t i = 0; i < power.size(); ++i) power[i] /= count[i] * energy;
  return power;
}

double middle(std::vector<double>& values) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

double trimmed_mean(std::vector<double>& values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size() - values.size() / 10;
  double sum = 0.0;
  for (std::size_t i = 0; i < n; ++i) sum += values[i];
  return sum / static_cast<double>(n);
}

// 1 / sqrt(power) between its samples.
class WhiteningFilter {
 public:
  explicit WhiteningFilter(const std::vector<double>& power)
      : last_(static_cast<double>(power.size() - 1)) {
    const double least = 1e-9 * *std::max_element(power.begin(), power.end()) + 1e-30;
    for (const double value : power) weights_.push_back(1.0 / std::sqrt(std::max(value, least)));
  }
  float at(double u, double v) const {
    const double at = std::min(std::sqrt(u * u + v * v) * 2.0 * last_, last_ - 1e-6);
    const auto i = static_cast<std::size_t>(at);
    return static_cast<float>(weights_[i] +
                              (at - static_cast<double>(i)) * (weights_[i + 1] - weights_[i]));
  }

 private:
  double last_;
  std::vector<double> weights_;
};

// The transform of the image, scaled so that the inverse gives it back whitened, without its mean.
Image<cfloat> white_spectrum(View<const float> image, const Fft2d& fft,
                             const WhiteningFilter& filter) {
  const Size2 size = image.size();
  Image<cfloat> spectrum(fft.spectrum_size().nx, fft.spectrum_size().ny,
                         Image<cfloat>::Uninitialized{});
  fft.forward(image, spectrum);
  const float scale = 1.0F / static_cast<float>(image.count());
  for (int ky = 0; ky < size.ny; ++ky) {
    const double v = static_cast<double>(signed_frequency(ky, size.ny)) / size.ny;
    for (int kx = 0; kx < spectrum.nx(); ++kx)
      spectrum(kx, ky) *= scale * filter.at(static_cast<double>(kx) / size.nx, v);
  }
  spectrum(0, 0) = 0.0F;
  return spectrum;
}

// The low frequencies of a spectrum as an image of noise variance 1.
Image<float> cropped(const Image<cfloat>& spectrum, Size2 size, const Fft2d& fft) {
  const Size2 small = fft.size();
  Image<cfloat> low(small.nx / 2 + 1, small.ny);
  const auto gain = static_cast<float>(std::sqrt(static_cast<double>(size.nx) * size.ny /
                                                 (static_cast<double>(small.nx) * small.ny)));
  for (int ky = 0; ky < small.ny; ++ky) {
    const int fy = signed_frequency(ky, small.ny);
    if (2 * std::abs(fy) >= small.ny && small.ny < size.ny) continue;
    for (int kx = 0; kx < low.nx() && kx < spectrum.nx(); ++kx)
      low(kx, ky) = gain * spectrum(kx, fy >= 0 ? fy : fy + size.ny);
  }
  Image<float> result(small.nx, small.ny, Image<float>::Uninitialized{});
  fft.backward(low, result);
  return result;
}

}  // namespace

std::vector<double> noise_power(View<const float> image, NoiseFrom from) {
  const int side = tile_side(image.size());
  if (side > image.nx() || side > image.ny()) return {1.0, 1.0};
  const Fft2d fft({side, side});
  Image<float> line(side, side);
  Image<cfloat> spectrum(side / 2 + 1, side);
  std::vector<double> window(static_cast<std::size_t>(side));
  for (int i = 0; i < side; ++i)
    window[static_cast<std::size_t>(i)] =
        0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * (i + 0.5) / side);
  Image<int> ring_of(side / 2 + 1, side);
  for (int ky = 0; ky < side; ++ky)
    for (int kx = 0; kx <= side / 2; ++kx)
      ring_of(kx, ky) = static_cast<int>(std::hypot(kx, signed_frequency(ky, side)) + 0.5);
  std::vector<std::vector<double>> tiles;
  const int step = 3 * side / 4;
  for (int y = 0; y + side <= image.ny(); y += step)
    for (int x = 0; x + side <= image.nx(); x += step)
      tiles.push_back(
          tile_power(image.part(x, y, side, side), fft, line, spectrum, window, ring_of));
  std::vector<double> result(tiles.front().size()), values(tiles.size());
  for (std::size_t i = 0; i < result.size(); ++i) {
    for (std::size_t t = 0; t < tiles.size(); ++t) values[t] = tiles[t][i];
    result[i] = from == NoiseFrom::typical_tiles ? middle(values) : trimmed_mean(values);
  }
  result[0] = result[1];
  return result;
}

// Sizes that the binning does not divide make positions scale by (size / small), which callers take
// into account.
Whitener::Whitener(Size2 size, int small_binning)
    : full_(size),
      small_({(size.nx + small_binning - 1) / small_binning,
              (size.ny + small_binning - 1) / small_binning}) {}

WhiteTilt Whitener::whiten(View<const float> image) const {
  WhiteTilt result;
  if (image.nx() == 0) return result;
  const Image<cfloat> spectrum =
      white_spectrum(image, full_, WhiteningFilter(noise_power(image, NoiseFrom::typical_tiles)));
  result.image = Image<float>(image.nx(), image.ny(), Image<float>::Uninitialized{});
  result.small = cropped(spectrum, image.size(), small_);
  full_.backward(spectrum, result.image);
  return result;
}

Image<float> Whitener::whiten_again(View<const float> image,
                                    View<const float> without_beads) const {
  const Image<cfloat> spectrum = white_spectrum(
      image, full_, WhiteningFilter(noise_power(without_beads, NoiseFrom::all_tiles)));
  Image<float> result(image.nx(), image.ny(), Image<float>::Uninitialized{});
  full_.backward(spectrum, result);
  return result;
}

}  // namespace gimbal::tilt
