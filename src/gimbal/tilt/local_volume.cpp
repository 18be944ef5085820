// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/local_volume.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/simd.h"

#include <algorithm>
#include <cmath>

namespace gimbal::tilt {
namespace {

constexpr int lanes = VolumeGrid::lanes;

// The voxels first .. end - 1 of a row of the volume that fall into a picture, at start + x step.
struct Ray {
  int first = 0, end = 0;
  double start = 0.0, step = 1.0;

  double at(int x) const { return start + x * step; }
};

Ray ray_of(const VolumeGrid& grid, int tilt, int z) {
  Ray ray;
  const auto t = static_cast<std::size_t>(tilt);
  ray.step = grid.cosines[t];
  ray.start = grid.n / 2 - (grid.nx / 2) * ray.step + (z - 0.5 * (grid.nz - 1)) * grid.sines[t];
  const auto holds = [&](int x) { return ray.at(x) >= 0.0 && ray.at(x) < grid.n - 1; };
  ray.end = grid.nx;
  while (ray.first < ray.end && !holds(ray.first)) ++ray.first;
  while (ray.first < ray.end && !holds(ray.end - 1)) --ray.end;
  return ray;
}

// The two columns that a voxel falls into stay in registers until the ray leaves them: the next
// voxel falls into the same ones, or one further.
GIMBAL_MULTIVERSION void add_to_picture(const Ray& ray, const float* row, const float* strengths,
                                        float* picture) {
  if (ray.first >= ray.end) return;
  int column = static_cast<int>(ray.at(ray.first));
  Float16 left = load16(picture + column * lanes), right = load16(picture + (column + 1) * lanes);
  for (int x = ray.first; x < ray.end; ++x) {
    const double at = ray.at(x);
    while (column < static_cast<int>(at)) {
      store16(picture + column * lanes, left);
      left = right;
      ++column;
      right = load16(picture + (column + 1) * lanes);
    }
    const Float16 value = load16(row + x * lanes) * load16(strengths + x * lanes);
    const Float16 second = value * splat16(static_cast<float>(at - column));
    left += value - second;
    right += second;
  }
  store16(picture + column * lanes, left);
  store16(picture + (column + 1) * lanes, right);
}

GIMBAL_MULTIVERSION void add_to_volume(const Ray& ray, const float* picture, float* row) {
  for (int x = ray.first; x < ray.end; ++x) {
    const double at = ray.at(x);
    const int column = static_cast<int>(at);
    const float* in = picture + column * lanes;
    const Float16 first = load16(in), second = load16(in + lanes);
    float* out = row + x * lanes;
    store16(out, load16(out) + first + splat16(static_cast<float>(at - column)) * (second - first));
  }
}

std::vector<float> gaussian(double sigma) {
  const int reach = static_cast<int>(std::ceil(3.0 * sigma));
  std::vector<float> weights;
  for (int i = -reach; i <= reach; ++i)
    weights.push_back(static_cast<float>(std::exp(-0.5 * i * i / (sigma * sigma))));
  return weights;
}

// Weighted means along a line of `n` values, `stride` apart; at its ends of what there is.
void smooth_line(float* values, int n, std::ptrdiff_t stride, const std::vector<float>& weights,
                 std::vector<float>& line) {
  line.resize(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) line[static_cast<std::size_t>(i)] = values[i * stride];
  const int reach = static_cast<int>(weights.size()) / 2;
  for (int i = 0; i < n; ++i) {
    const int from = std::max(0, i - reach), to = std::min(n - 1, i + reach);
    float sum = 0.0F, total = 0.0F;
    for (int j = from; j <= to; ++j) {
      const float w = weights[static_cast<std::size_t>(j - i + reach)];
      sum += w * line[static_cast<std::size_t>(j)];
      total += w;
    }
    values[i * stride] = sum / total;
  }
}

// A whole volume, [z][x][y].
struct Whole {
  int nx, ny, nz;
  std::vector<float> values;
  float* row(int x, int z) {
    return values.data() + (static_cast<std::ptrdiff_t>(z) * nx + x) * ny;
  }
};

void smooth(Whole& whole, double sigma, double sigma_z) {
  const auto lateral = gaussian(sigma), deep = gaussian(sigma_z);
  parallel_for(whole.nz, [&](int z) {
    std::vector<float> line;
    for (int x = 0; x < whole.nx; ++x) smooth_line(whole.row(x, z), whole.ny, 1, lateral, line);
    for (int y = 0; y < whole.ny; ++y)
      smooth_line(whole.row(0, z) + y, whole.nx, whole.ny, lateral, line);
  });
  parallel_for(whole.nx, [&](int x) {
    std::vector<float> line;
    for (int y = 0; y < whole.ny; ++y)
      smooth_line(whole.row(x, 0) + y, whole.nz, static_cast<std::ptrdiff_t>(whole.nx) * whole.ny,
                  deep, line);
  });
}

// Over the middle, which all tilts see; rows in order, whatever the threads do.
double middle_mean(Whole& whole) {
  std::vector<double> sums(static_cast<std::size_t>(whole.nz));
  const int x0 = whole.nx / 4, x1 = whole.nx - x0, y0 = whole.ny / 6, y1 = whole.ny - y0;
  parallel_for(whole.nz, [&](int z) {
    for (int x = x0; x < x1; ++x)
      for (int y = y0; y < y1; ++y)
        sums[static_cast<std::size_t>(z)] += static_cast<double>(whole.row(x, z)[y]);
  });
  double sum = 0.0;
  for (const double s : sums) sum += s;
  return sum / (static_cast<double>(whole.nz) * (x1 - x0) * (y1 - y0));
}

}  // namespace

void project(const VolumeGrid& grid, const float* values, const float* strengths, float* pictures) {
  for (int t = 0; t < grid.n_tilts(); ++t)
    for (int z = 0; z < grid.nz; ++z) {
      const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(z) * grid.nx * lanes;
      add_to_picture(ray_of(grid, t, z), values + row, strengths + row,
                     pictures + static_cast<std::ptrdiff_t>(t) * grid.n * lanes);
    }
}

void back_project(const VolumeGrid& grid, const float* pictures, float* volume) {
  for (int z = 0; z < grid.nz; ++z)
    for (int t = 0; t < grid.n_tilts(); ++t)
      add_to_volume(ray_of(grid, t, z), pictures + static_cast<std::ptrdiff_t>(t) * grid.n * lanes,
                    volume + static_cast<std::ptrdiff_t>(z) * grid.nx * lanes);
}

std::vector<std::vector<float>> local_strengths(const VolumeGrid& grid,
                                                const std::vector<std::vector<float>>& values,
                                                double mean_square) {
  constexpr double sigma = 1.6, sigma_z = 2.4, power = 1.5, floor = 0.03;
  Whole whole{grid.nx, grid.n, grid.nz, std::vector<float>(values.size() * grid.volume_size())};
  // Calls f(value, value of the whole) for all of a row.
  const auto for_rows = [&](auto& blocks, auto f) {
    parallel_for(grid.nz, [&](int z) {
      for (int x = 0; x < grid.nx; ++x)
        for (int y = 0; y < grid.n; ++y)
          f(blocks[static_cast<std::size_t>(y / lanes)]
                  [(static_cast<std::size_t>(z) * static_cast<std::size_t>(grid.nx) +
                    static_cast<std::size_t>(x)) *
                       lanes +
                   static_cast<std::size_t>(y % lanes)],
            whole.row(x, z)[y]);
    });
  };
  for_rows(values, [](float v, float& w) { w = v * v; });
  smooth(whole, sigma, sigma_z);
  const auto scale = static_cast<float>(1.0 / std::max(1e-30, middle_mean(whole)));
  parallel_for(grid.nz, [&](int z) {
    for (int i = 0; i < grid.nx * grid.n; ++i) {
      float& v = whole.row(0, z)[i];
      v = static_cast<float>(std::pow(v * scale, power) + floor);
    }
  });
  const auto to_mean = static_cast<float>(mean_square / middle_mean(whole));
  std::vector<std::vector<float>> strengths(values.size(), std::vector<float>(grid.volume_size()));
  for_rows(strengths, [&](float& v, float& w) { v = std::sqrt(w * to_mean); });
  return strengths;
}

}  // namespace gimbal::tilt
