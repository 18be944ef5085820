// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/thumbnail.h"

#include "gimbal/core/parallel.h"
#include "gimbal/report/greyscale.h"
#include "gimbal/report/jpeg.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace gimbal {
namespace {

constexpr int jpeg_quality = 75;
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

// The pixels [first, last] that output pixel i covers, and how much of the outer two.
struct Span {
  int first = 0;
  int last = 0;
  double first_weight = 1.0;
  double last_weight = 1.0;
  double weight(int i) const { return i == first ? first_weight : i == last ? last_weight : 1.0; }
};

std::vector<Span> spans(int n_in, int n_out) {
  std::vector<Span> result(static_cast<std::size_t>(n_out));
  const double step = static_cast<double>(n_in) / n_out;
  for (int i = 0; i < n_out; ++i) {
    const double begin = i * step, end = std::min<double>(n_in, (i + 1) * step);
    Span& span = result[static_cast<std::size_t>(i)];
    span.first = std::min(n_in - 1, static_cast<int>(begin));
    span.last = std::clamp(static_cast<int>(std::ceil(end)) - 1, span.first, n_in - 1);
    span.first_weight = std::min(end, span.first + 1.0) - begin;
    span.last_weight = span.last == span.first ? span.first_weight : end - span.last;
  }
  return result;
}

std::string picture_of(View<const float> image, const Contrast& contrast) {
  return encode_jpeg(grey_levels(image, contrast).view(), jpeg_quality);
}

// 1-2-1 in both directions; neighbours outside or not finite do not count.
Image<float> smoothed(View<const float> image) {
  Image<float> result(image.nx(), image.ny());
  for (int y = 0; y < image.ny(); ++y)
    for (int x = 0; x < image.nx(); ++x) {
      double sum = 0.0, weights = 0.0;
      for (int v = std::max(0, y - 1); v <= std::min(image.ny() - 1, y + 1); ++v)
        for (int u = std::max(0, x - 1); u <= std::min(image.nx() - 1, x + 1); ++u) {
          if (!std::isfinite(image(u, v))) continue;
          const double weight = (u == x ? 2.0 : 1.0) * (v == y ? 2.0 : 1.0);
          sum += weight * static_cast<double>(image(u, v));
          weights += weight;
        }
      result(x, y) = weights > 0.0 ? static_cast<float>(sum / weights) : not_a_number;
    }
  return result;
}

// The mean of log amplitudes at each radius, smoothed so widely that Thon rings stay out of it.
class Background {
 public:
  Background(View<const float> logs, double core)
      : centre_x_(logs.nx() / 2), centre_y_(logs.ny() / 2) {
    const std::size_t n = static_cast<std::size_t>(std::hypot(centre_x_ + 1, centre_y_ + 1)) + 2;
    std::vector<double> sums(n, 0.0), counts(n, 0.0);
    for (int y = 0; y < logs.ny(); ++y)
      for (int x = 0; x < logs.nx(); ++x) {
        if (!std::isfinite(logs(x, y)) || radius(x, y) < core) continue;
        const auto ring = static_cast<std::size_t>(std::lround(radius(x, y)));
        sums[ring] += static_cast<double>(logs(x, y));
        counts[ring] += 1.0;
      }
    level_ = wide_mean(sums, counts, 0.05 * std::max(logs.nx(), logs.ny()));
  }
  double radius(int x, int y) const { return std::hypot(x - centre_x_, y - centre_y_); }
  double at(double radius) const {
    const auto i = std::min(static_cast<std::size_t>(radius), level_.size() - 2);
    const double f = std::min(1.0, radius - static_cast<double>(i));
    return level_[i] * (1.0 - f) + level_[i + 1] * f;
  }

 private:
  // At each radius, the value there of the straight line that fits its neighbourhood best.
  static std::vector<double> wide_mean(const std::vector<double>& sums,
                                       const std::vector<double>& counts, double sigma) {
    std::vector<double> result(sums.size(), 0.0);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      double w = 0.0, wd = 0.0, wdd = 0.0, wv = 0.0, wdv = 0.0;
      for (std::size_t k = 0; k < sums.size(); ++k) {
        if (counts[k] == 0.0) continue;
        const double distance = static_cast<double>(k) - static_cast<double>(i);
        const double weight = std::exp(-0.5 * distance * distance / (sigma * sigma));
        const double value = sums[k] / counts[k];
        w += weight;
        wd += weight * distance;
        wdd += weight * distance * distance;
        wv += weight * value;
        wdv += weight * distance * value;
      }
      const double determinant = w * wdd - wd * wd;
      if (determinant > 1e-9 * w * w)
        result[i] = (wdd * wv - wd * wdv) / determinant;
      else if (w > 0.0)
        result[i] = wv / w;
    }
    return result;
  }

  int centre_x_;
  int centre_y_;
  std::vector<double> level_;
};

// The middle of the spectrum, whose centre stays at floor(n/2).
View<const float> centre_part(View<const float> spectrum, int nx, int ny) {
  return spectrum.part(spectrum.nx() / 2 - nx / 2, spectrum.ny() / 2 - ny / 2, nx, ny);
}

Image<float> log_of(View<const float> amplitudes) {
  Image<float> logs(amplitudes.nx(), amplitudes.ny());
  for (int y = 0; y < amplitudes.ny(); ++y)
    for (int x = 0; x < amplitudes.nx(); ++x) {
      const float value = amplitudes(x, y);
      logs(x, y) = std::isfinite(value) && value > 0.0F ? std::log(value) : not_a_number;
    }
  return logs;
}

}  // namespace

Image<float> reduced(View<const float> image, int max_px) {
  const double factor =
      std::min(1.0, static_cast<double>(max_px) / std::max({1, image.nx(), image.ny()}));
  const int nx = std::max(1, static_cast<int>(std::lround(image.nx() * factor)));
  const int ny = std::max(1, static_cast<int>(std::lround(image.ny() * factor)));
  const auto columns = spans(image.nx(), nx), rows = spans(image.ny(), ny);
  Image<float> result(nx, ny);
  parallel_for(ny, [&](int y) {
    std::vector<double> sums(static_cast<std::size_t>(nx)), weights(sums.size());
    const Span& row_span = rows[static_cast<std::size_t>(y)];
    for (int v = row_span.first; v <= row_span.last; ++v) {
      const float* row = image.row(v);
      const double row_weight = row_span.weight(v);
      for (std::size_t x = 0; x < sums.size(); ++x)
        for (int u = columns[x].first; u <= columns[x].last; ++u) {
          if (!std::isfinite(row[u])) continue;
          const double weight = row_weight * columns[x].weight(u);
          sums[x] += weight * static_cast<double>(row[u]);
          weights[x] += weight;
        }
    }
    for (std::size_t x = 0; x < sums.size(); ++x)
      result.row(y)[x] = weights[x] > 0.0 ? static_cast<float>(sums[x] / weights[x]) : not_a_number;
  });
  return result;
}

std::string sum_thumbnail(View<const float> sum, int max_px) {
  if (sum.count() == 0) return {};
  const auto small = smoothed(reduced(sum, max_px));
  return picture_of(small, contrast_of(sorted_values({small.view()}), 0.01, 0.99, 3.5F));
}

std::vector<std::string> comparable_thumbnails(const std::vector<View<const float>>& images,
                                               int max_px) {
  std::vector<Image<float>> small;
  for (const auto& image : images) small.push_back(smoothed(reduced(image, max_px)));
  std::vector<std::string> jpegs;
  if (small.empty() || small.back().count() == 0) return jpegs;
  const Contrast contrast = contrast_of(sorted_values({small.back().view()}), 0.003, 0.997, 5.0F);
  for (const auto& image : small) jpegs.push_back(picture_of(image, contrast));
  return jpegs;
}

SpectrumThumbnail spectrum_thumbnail(View<const float> amplitudes, double pixel_A, double edge_A,
                                     int max_px) {
  SpectrumThumbnail result;
  if (amplitudes.count() == 0) return result;
  const double kept = edge_A > 0.0 ? std::min(1.0, 2.0 * pixel_A / edge_A) : 1.0;
  const int nx =
      std::clamp(static_cast<int>(std::lround(amplitudes.nx() * kept)), 1, amplitudes.nx());
  const int ny =
      std::clamp(static_cast<int>(std::lround(amplitudes.ny() * kept)), 1, amplitudes.ny());
  result.edge_A = 2.0 * pixel_A * amplitudes.nx() / nx;

  const auto small = reduced(centre_part(amplitudes, nx, ny), max_px);
  auto logs = log_of(smoothed(small));
  // The core holds the mean and uneven illumination: it would spoil the background and the
  // contrast.
  const double core = logs.nx() > 8 ? std::max(2.5, 0.02 * std::max(logs.nx(), logs.ny())) : 0.0;
  const Background background(logs, core);
  Image<float> judged(logs.nx(), logs.ny());
  for (int y = 0; y < logs.ny(); ++y)
    for (int x = 0; x < logs.nx(); ++x) {
      const double radius = background.radius(x, y);
      logs(x, y) -= static_cast<float>(background.at(radius));
      judged(x, y) = radius < core ? not_a_number : logs(x, y);
    }
  result.jpeg = picture_of(logs, contrast_of(sorted_values({judged.view()}), 0.01, 0.997, 3.0F));
  return result;
}

}  // namespace gimbal
