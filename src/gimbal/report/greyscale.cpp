// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/greyscale.h"

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

constexpr std::size_t enough_values = 4'000'000;

float quantile(const std::vector<float>& sorted, double fraction) {
  return sorted[static_cast<std::size_t>(fraction * static_cast<double>(sorted.size() - 1) + 0.5)];
}

}  // namespace

std::vector<float> sorted_values(const std::vector<View<const float>>& images) {
  std::size_t count = 0;
  for (const auto& image : images) count += image.count();
  const std::size_t step = count / enough_values + 1;
  std::vector<float> values;
  values.reserve(count / step + images.size());
  std::size_t next = 0;  // counts on over rows, so that no column is preferred
  for (const auto& image : images)
    for (int y = 0; y < image.ny(); ++y) {
      const auto row = image.row_span(y);
      for (; next < row.size(); next += step)
        if (std::isfinite(row[next])) values.push_back(row[next]);
      next -= row.size();
    }
  std::sort(values.begin(), values.end());
  return values;
}

Contrast contrast_of(const std::vector<float>& sorted, double low, double high, float reach) {
  if (sorted.empty()) return {};
  const float median = quantile(sorted, 0.5);
  std::vector<float> distances(sorted);
  for (float& value : distances) value = std::abs(value - median);
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::nth_element(distances.begin(), middle, distances.end());
  const float deviation = 1.4826F * *middle;
  Contrast contrast{quantile(sorted, low), quantile(sorted, high)};
  if (deviation > 0.0F) {
    contrast.black = std::max(contrast.black, median - reach * deviation);
    contrast.white = std::min(contrast.white, median + reach * deviation);
  }
  return contrast;
}

Image<std::uint8_t> grey_levels(View<const float> image, const Contrast& contrast) {
  constexpr float middle = 128.0F;
  const float range = contrast.white - contrast.black;
  Image<std::uint8_t> grey(image.nx(), image.ny());
  for (int y = 0; y < image.ny(); ++y)
    for (int x = 0; x < image.nx(); ++x) {
      const float value = image(x, image.ny() - 1 - y);
      float level = middle;
      if (std::isfinite(value) && range > 0.0F)
        level = std::clamp((value - contrast.black) / range * 255.0F, 0.0F, 255.0F);
      grey(x, y) = static_cast<std::uint8_t>(std::lround(level));
    }
  return grey;
}

}  // namespace gimbal
