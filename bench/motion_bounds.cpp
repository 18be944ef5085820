// SPDX-License-Identifier: GPL-3.0-or-later
#include "motion_bounds.h"

#include "gimbal/core/parallel.h"
#include "gimbal/num/fft.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace gimbal {
namespace {

// Expected frame i, its drift taken away but for `offset` (its blur stays).
Image<float> still_frame(const sim::Field& field, const sim::Plane& spectrum,
                         const sim::Exposure& exposure, const sim::Sensor& sensor, int i,
                         Vec2 offset) {
  sim::Exposure still = exposure;
  still.motion.local = nullptr;
  auto& drift = still.motion.drift_px;
  drift.resize(static_cast<std::size_t>(exposure.n_frames));
  const Vec2 away = offset - drift[static_cast<std::size_t>(i)];
  for (Vec2& d : drift) d = d + away;
  return sim::expected_frame(field, spectrum.clone(), still, sensor, i);
}

// Information on a frame's shift along one axis, per px^2: two frames a little apart.
double known_information(View<const float> before, View<const float> after, double distance_px) {
  std::vector<double> rows(static_cast<std::size_t>(before.ny()));
  parallel_for(before.ny(), [&](int y) {
    double total = 0;
    for (int x = 0; x < before.nx(); ++x) {
      const auto a = static_cast<double>(before.row(y)[x]),
                 b = static_cast<double>(after.row(y)[x]);
      total += 2.0 * (b - a) * (b - a) / (distance_px * distance_px * std::max(a + b, 1e-12));
    }
    rows[static_cast<std::size_t>(y)] = total;
  });
  double total = 0;
  for (const double row : rows) total += row;
  return total;
}

// 1 in the middle, falling as a cosine over `rim` px at both ends.
std::vector<float> window(int n, int rim) {
  std::vector<float> w(static_cast<std::size_t>(n), 1.0F);
  for (int i = 0; i < rim; ++i) {
    const auto value = static_cast<float>(std::sin(0.5 * std::numbers::pi * (i + 0.5) / rim));
    w[static_cast<std::size_t>(i)] *= value;
    w[static_cast<std::size_t>(n - 1 - i)] *= value;
  }
  return w;
}

struct Box {
  int x0, y0, nx, ny, rim;
};

// sum over frequencies of 2 n w S (2 pi f)^2, the mean of x and y, per independent pixel of the box
// times `pixels`; w = S / (N (N + n S)), S from the mean of the frames in this box, by rings.
double unknown_information(View<const float> image, const Box& box, double noise, int n,
                           double pixels) {
  const auto wx = window(box.nx, box.rim), wy = window(box.ny, box.rim);
  double squares = 0, mean = 0, weights = 0;
  for (int y = 0; y < box.ny; ++y)
    for (int x = 0; x < box.nx; ++x) {
      const double w = static_cast<double>(wx[static_cast<std::size_t>(x)]) *
                       static_cast<double>(wy[static_cast<std::size_t>(y)]);
      squares += w * w;
      weights += w;
      mean += w * static_cast<double>(image.row(box.y0 + y)[box.x0 + x]);
    }
  mean /= weights;
  Image<float> cut(box.nx, box.ny);
  for (int y = 0; y < box.ny; ++y)
    for (int x = 0; x < box.nx; ++x)
      cut.row(y)[x] = wx[static_cast<std::size_t>(x)] * wy[static_cast<std::size_t>(y)] *
                      (image.row(box.y0 + y)[box.x0 + x] - static_cast<float>(mean));
  const Fft2d fft({box.nx, box.ny});
  Image<cfloat> spectrum(box.nx / 2 + 1, box.ny);
  fft.forward(cut, spectrum);
  const int n_box = std::min(box.nx, box.ny);
  const auto n_rings = static_cast<std::size_t>(n_box / 2 + 1);
  std::vector<double> power(n_rings), count(n_rings), turns(n_rings);
  for (int ky = 0; ky < box.ny; ++ky)
    for (int kx = 0; kx <= box.nx / 2; ++kx) {
      const double fx = static_cast<double>(kx) / box.nx, fy = sim::frequency(ky, box.ny);
      const double f = std::hypot(fx, fy);
      const auto r = static_cast<std::size_t>(f * n_box + 0.5);
      if (r >= n_rings || r < 1 || (kx == 0 && fy < 0)) continue;
      power[r] += static_cast<double>(std::norm(spectrum(kx, ky))) / squares;
      count[r] += 1.0;
      turns[r] += 0.5 * std::pow(2.0 * std::numbers::pi * f, 2);
    }
  double information = 0;
  for (std::size_t r = 1; r < n_rings; ++r) {
    if (count[r] < 1.0) continue;
    const double s = power[r] / count[r];
    information += 2.0 * n * s * s / (noise * (noise + n * s)) * turns[r];
  }
  return information * pixels / (static_cast<double>(box.nx) * box.ny);
}

}  // namespace

ShiftBounds shift_bounds(const sim::Field& field, const sim::Exposure& exposure,
                         const sim::Sensor& sensor) {
  constexpr double apart_px = 0.2;
  sim::Plane spectrum = field.image.clone();
  spectrum.to_fourier();
  const auto [nx, ny] = field.camera;
  Image<float> mean(nx, ny);
  const int n = exposure.n_frames;
  const double relative = 1.0 - 1.0 / n;
  ShiftBounds bounds;
  for (int i = 0; i < n; ++i) {
    for (const Vec2 axis : {Vec2{1, 0}, Vec2{0, 1}}) {
      const auto before = still_frame(field, spectrum, exposure, sensor, i, -0.5 * apart_px * axis);
      const auto after = still_frame(field, spectrum, exposure, sensor, i, 0.5 * apart_px * axis);
      bounds.known += relative / (2.0 * n * known_information(before, after, apart_px));
      for (int y = 0; y < ny; ++y)
        for (int x = 0; x < nx; ++x)
          mean.row(y)[x] += static_cast<float>(0.25 / n) * (before.row(y)[x] + after.row(y)[x]);
    }
  }
  double noise = 0;
  for (int y = 0; y < ny; ++y)
    for (const float value : mean.view().row_span(y)) noise += static_cast<double>(value);
  noise /= static_cast<double>(nx) * ny;
  const double all = static_cast<double>(nx) * ny;
  bounds.rings = relative / unknown_information(mean, {0, 0, nx, ny, nx / 16}, noise, n, all);
  const int columns = std::max(1, nx / 128), rows = std::max(1, ny / 128);
  const Size2 step{nx / columns, ny / rows};
  double information = 0;
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column)
      information += unknown_information(
          mean, {column * step.nx, row * step.ny, step.nx, step.ny, step.nx / 4}, noise, n,
          static_cast<double>(step.nx) * step.ny);
  bounds.patches = relative / information;
  for (double* value : {&bounds.known, &bounds.rings, &bounds.patches}) *value = std::sqrt(*value);
  return bounds;
}

}  // namespace gimbal
