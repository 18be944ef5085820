// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/texture.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/random.h"

#include <cmath>
#include <vector>

namespace gimbal::sim {

void fill_with_noise(Plane& plane, std::uint64_t seed) {
  // The sum of four uniform 16-bit numbers has variance 4 * (2^32 - 1) / 12.
  const double scale = 1.0 / std::sqrt((4294967296.0 - 1.0) / 3.0);
  const View<float> image = plane.real();
  parallel_for(plane.ny(), [&](int y) {
    Random random(seed, static_cast<std::uint64_t>(y));
    for (float& value : image.row_span(y)) {
      const std::uint64_t bits = random.bits();
      const auto sum = static_cast<double>((bits & 0xffff) + ((bits >> 16) & 0xffff) +
                                           ((bits >> 32) & 0xffff) + (bits >> 48));
      value = static_cast<float>((sum - 2.0 * 65535.0) * scale);
    }
  });
}

Plane random_texture(int nx, int ny, std::uint64_t seed,
                     const std::function<double(double)>& amplitude) {
  Plane plane(nx, ny);
  fill_with_noise(plane, seed);
  plane.to_fourier();
  plane.filter([&](double k) { return k > 0.0 ? amplitude(k) : 0.0; });
  plane.to_real();
  normalise(plane.real());
  return plane;
}

void normalise(View<float> image) {
  const auto rows = static_cast<std::size_t>(image.ny());
  std::vector<double> sums(rows), squares(rows);
  parallel_for(image.ny(), [&](int y) {
    double sum = 0.0, square = 0.0;
    for (float value : image.row_span(y)) {
      sum += static_cast<double>(value);
      square += static_cast<double>(value) * static_cast<double>(value);
    }
    sums[static_cast<std::size_t>(y)] = sum;
    squares[static_cast<std::size_t>(y)] = square;
  });
  double sum = 0.0, square = 0.0;
  for (std::size_t y = 0; y < rows; ++y) {
    sum += sums[y];
    square += squares[y];
  }
  const auto n = static_cast<double>(image.count());
  const double mean = sum / n, variance = square / n - mean * mean;
  const double scale = variance > 0.0 ? 1.0 / std::sqrt(variance) : 0.0;
  parallel_for(image.ny(), [&](int y) {
    for (float& value : image.row_span(y))
      value = static_cast<float>((static_cast<double>(value) - mean) * scale);
  });
}

}  // namespace gimbal::sim
