// SPDX-License-Identifier: GPL-3.0-or-later
// Lines along y lie in memory as the vectors of the processor want them: for each line of voxels
// and each tilt, three rows (and, when lines are shifted, three places in each) are added with
// weights that are the same for all of the line. Tiles are small enough that the rows they need
// stay in the cache.
#include "gimbal/recon/back_projection.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/simd.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace gimbal::recon {
namespace {

constexpr int tile = 16;    // voxels along x and z
constexpr int lanes = 16;   // of Float16
constexpr int vectors = 4;  // along y at once
constexpr int chunk = lanes * vectors;
constexpr int taps = 3;

// What the loops need to know of a tilt; u and v in half voxels from the first row and place.
struct Source {
  const float* rows;
  std::ptrdiff_t pitch, half;
  int n_rows;
  double u0, ux, uz, uxx, uxy, uyy;
  double v0, vx, vz, vxx, vxy, vyy;
  float factor;
};

Source source_of(const LineView& view, const LineSet& lines, double factor) {
  return {lines.rows.data(),
          lines.rows.pitch(),
          lines.half,
          lines.rows.ny(),
          -2.0 * lines.first_u,
          2.0 * view.ux,
          2.0 * view.uz,
          2.0 * view.uxx,
          2.0 * view.uxy,
          2.0 * view.uyy,
          -2.0 * lines.first_v,
          2.0 * view.vx,
          2.0 * view.vz,
          2.0 * view.vxx,
          2.0 * view.vxy,
          2.0 * view.vyy,
          static_cast<float>(factor)};
}

// Three neighbouring samples and their weights.
struct Taps {
  int first = 0;
  std::array<float, taps> weight{};
};

[[gnu::always_inline]] inline float kernel_at(float d) {
  const float t = d * d * static_cast<float>(1.0 / (LineKernel::reach * LineKernel::reach));
  return (1.0F - t) * (1.0F + t * (static_cast<float>(LineKernel::c1) +
                                   t * (static_cast<float>(LineKernel::c2) +
                                        t * static_cast<float>(LineKernel::c3))));
}

// Places outside are moved to the zeros at the ends.
[[gnu::always_inline]] inline Taps taps_at(double place, int n) {
  const double inside = std::min(std::max(place, 0.5), n - (1.5 + 1e-6));
  const int centre = static_cast<int>(inside + 0.5);
  const auto d = static_cast<float>(inside - centre);
  return {centre - 1, {kernel_at(d + 1.0F), kernel_at(d), kernel_at(d - 1.0F)}};
}

// The line at (x, z), of all tilts: where its rows begin, and weights.
struct Along {
  std::ptrdiff_t row = 0;  // of the first tap
  std::array<float, taps> u{}, v{};
  std::array<std::ptrdiff_t, taps> place{};  // within a row
};

[[gnu::always_inline]] inline Along along_straight(const Source& s, double x, double y0, double z) {
  const Taps u = taps_at(s.u0 + (s.ux + s.uxx * x) * x + s.uz * z, s.n_rows);
  Along a;
  a.u = u.weight;
  a.row = u.first * s.pitch + static_cast<std::ptrdiff_t>(y0 + 0.5 * s.v0 + 0.5);
  return a;
}

[[gnu::always_inline]] inline Along along_shifted(const Source& s, double x, double y0, double z) {
  const Taps u = taps_at(s.u0 + (s.ux + s.uxx * x) * x + s.uz * z, s.n_rows);
  const Taps v =
      taps_at(s.v0 + 2.0 * y0 + (s.vx + s.vxx * x) * x + s.vz * z, static_cast<int>(2 * s.half));
  Along a;
  a.row = u.first * s.pitch;
  a.u = u.weight;
  a.v = v.weight;
  for (std::size_t tap = 0; tap < taps; ++tap) {
    const int place = v.first + static_cast<int>(tap);
    a.place[tap] = (place & 1) * s.half + (place >> 1);
  }
  return a;
}

using Sums = std::array<Float16, vectors>;

[[gnu::always_inline]] inline void add_straight(const Source& s, const Along& a, Sums& sums) {
  const float* row = s.rows + a.row;
  const Float16 w0 = splat16(s.factor * a.u[0]), w1 = splat16(s.factor * a.u[1]),
                w2 = splat16(s.factor * a.u[2]);
  for (int i = 0; i < vectors; ++i)
    sums[static_cast<std::size_t>(i)] += w0 * load16(row + lanes * i) +
                                         w1 * load16(row + s.pitch + lanes * i) +
                                         w2 * load16(row + 2 * s.pitch + lanes * i);
}

[[gnu::always_inline]] inline void add_shifted(const Source& s, const Along& a, Sums& sums) {
  const Float16 v0 = splat16(a.v[0]), v1 = splat16(a.v[1]), v2 = splat16(a.v[2]);
  for (std::size_t tap = 0; tap < taps; ++tap) {
    const float* row = s.rows + a.row + static_cast<std::ptrdiff_t>(tap) * s.pitch;
    const Float16 u = splat16(s.factor * a.u[tap]);
    for (int i = 0; i < vectors; ++i)
      sums[static_cast<std::size_t>(i)] += u * (v0 * load16(row + a.place[0] + lanes * i) +
                                                v1 * load16(row + a.place[1] + lanes * i) +
                                                v2 * load16(row + a.place[2] + lanes * i));
  }
}

// What one vector's worth of a line of voxels along y, whose u changes along it, needs to know at
// any z.
struct Bend {
  double u = 0.0, v = 0.0;  // at z = 0: u in the vector's middle, v of its first lane
  float slope = 0.0F;       // of u, per lane
  double reach = 0.0;       // of the rows that its lanes need, about u
};

Bend bend_at(const Source& s, double x, double y) {
  const double middle = y + 0.5 * (lanes - 1);
  Bend bend;
  bend.u = s.u0 + (s.ux + s.uxx * x + s.uxy * middle) * x + s.uyy * middle * middle;
  bend.v = s.v0 + 2.0 * y + (s.vx + s.vxx * x + s.vxy * middle) * x + s.vyy * middle * middle;
  const double slope = s.uxy * x + 2.0 * s.uyy * middle;
  bend.slope = static_cast<float>(slope);
  bend.reach = 0.5 * (lanes - 1) * std::abs(slope) + LineKernel::reach;
  return bend;
}

// As many rows as the line crosses, with weights of each lane's own.
[[gnu::always_inline]] inline void add_bent(const Source& s, const Bend& bend, double z,
                                            Float16 lane, Float16& sum) {
  const double u = bend.u + s.uz * z;
  const int first = std::max(0, static_cast<int>(u - bend.reach + 65536.0) - 65535);
  const int last = std::min(s.n_rows - 1, static_cast<int>(u + bend.reach + 65536.0) - 65536);
  if (first > last) return;
  const Taps v = taps_at(bend.v + s.vz * z, static_cast<int>(2 * s.half));
  std::array<std::ptrdiff_t, taps> place;
  for (std::size_t tap = 0; tap < taps; ++tap) {
    const int at = v.first + static_cast<int>(tap);
    place[tap] = (at & 1) * s.half + (at >> 1);
  }
  constexpr auto per_reach = static_cast<float>(1.0 / LineKernel::reach);
  constexpr auto c1 = static_cast<float>(LineKernel::c1), c2 = static_cast<float>(LineKernel::c2),
                 c3 = static_cast<float>(LineKernel::c3);
  const Float16 v0 = splat16(s.factor * v.weight[0]), v1 = splat16(s.factor * v.weight[1]),
                v2 = splat16(s.factor * v.weight[2]);
  // Distances from the rows, in units of the kernel's reach.
  Float16 d = (static_cast<float>(u - first) + bend.slope * lane) * per_reach;
  const float* at = s.rows + first * s.pitch;
  for (int row = first; row <= last; ++row) {
    const Float16 t = d * d;
    const Float16 part = 1.0F - t;
    const Float16 left = part > 0.0F ? part : Float16{};
    const Float16 weight = left * (1.0F + t * (c1 + t * (c2 + t * c3)));
    sum += weight *
           (v0 * load16(at + place[0]) + v1 * load16(at + place[1]) + v2 * load16(at + place[2]));
    d -= per_reach;
    at += s.pitch;
  }
}

struct Tile {
  int x0, n_x, z0, n_z, y0, n_y;  // n_y: at most a chunk
};

struct Job {
  const std::vector<Source>* sources;
  const VolumeGrid* grid;
  const Box* box;
};

// Lines along y become rows along x.
void put_plane(const Job& job, const Tile& t, int z, const float* lines) {
  const Box& box = *job.box;
  for (int y = 0; y < t.n_y; ++y) {
    float* out =
        box.out + (z - box.first_z) * box.plane + (t.y0 + y - box.first_y) * box.pitch + t.x0;
    for (int x = 0; x < t.n_x; ++x) out[x] = lines[x * chunk + y];
  }
}

template <bool shifted>
[[gnu::always_inline]] inline void project_tile(const Job& job, const Tile& t) {
  const auto& sources = *job.sources;
  const Vec3 first = job.grid->first;
  alignas(64) float lines[tile * chunk];
  for (int k = 0; k < t.n_z; ++k) {
    const double z = first.z + t.z0 + k, y = first.y + t.y0;
    for (int i = 0; i < t.n_x; ++i) {
      const double x = first.x + t.x0 + i;
      Sums sums{};
      for (const Source& s : sources) {
        if constexpr (shifted)
          add_shifted(s, along_shifted(s, x, y, z), sums);
        else
          add_straight(s, along_straight(s, x, y, z), sums);
      }
      for (int n = 0; n < vectors; ++n)
        store16(lines + i * chunk + lanes * n, sums[static_cast<std::size_t>(n)]);
    }
    put_plane(job, t, t.z0 + k, lines);
  }
}

GIMBAL_MULTIVERSION void straight_tile(const Job& job, const Tile& t) {
  project_tile<false>(job, t);
}

GIMBAL_MULTIVERSION void shifted_tile(const Job& job, const Tile& t) {
  project_tile<true>(job, t);
}

// Of all sources at (x, y), for all x and vectors of the tile.
std::vector<Bend> bends_of(const Job& job, const Tile& t) {
  const Vec3 first = job.grid->first;
  std::vector<Bend> bends;
  for (int i = 0; i < t.n_x; ++i)
    for (int y = 0; y < t.n_y; y += lanes)
      for (const Source& s : *job.sources)
        bends.push_back(bend_at(s, first.x + t.x0 + i, first.y + t.y0 + y));
  return bends;
}

GIMBAL_MULTIVERSION void curved_tile(const Job& job, const Tile& t) {
  const auto bends = bends_of(job, t);
  const auto& sources = *job.sources;
  Float16 lane;
  for (int l = 0; l < lanes; ++l) lane[l] = static_cast<float>(l) - 0.5F * (lanes - 1);
  alignas(64) float lines[tile * chunk];
  for (int k = 0; k < t.n_z; ++k) {
    const double z = job.grid->first.z + t.z0 + k;
    const Bend* bend = bends.data();
    for (int i = 0; i < t.n_x; ++i)
      for (int y = 0; y < t.n_y; y += lanes) {
        Float16 sum{};
        for (const Source& s : sources) add_bent(s, *bend++, z, lane, sum);
        store16(lines + i * chunk + y, sum);
      }
    put_plane(job, t, t.z0 + k, lines);
  }
}

int blocks(int n, int size) {
  return (n + size - 1) / size;
}

}  // namespace

void back_project(const std::vector<LineView>& views, const std::vector<LineSet>& lines,
                  const std::vector<double>& factors, const VolumeGrid& grid, LineShape shape,
                  const Box& box) {
  std::vector<Source> sources;
  for (std::size_t i = 0; i < views.size(); ++i)
    sources.push_back(source_of(views[i], lines[i], factors[i]));
  const Job job{&sources, &grid, &box};
  const auto project = shape == LineShape::straight  ? straight_tile
                       : shape == LineShape::shifted ? shifted_tile
                                                     : curved_tile;
  const int along = shape == LineShape::curved ? lanes : chunk;
  const int n_x = blocks(grid.nx, tile), n_z = blocks(box.n_z, tile), n_y = blocks(box.n_y, along);
  parallel_for(n_x * n_y * n_z, [&](int index) {
    const int x0 = index % n_x * tile, z0 = box.first_z + index / n_x % n_z * tile,
              y0 = box.first_y + index / n_x / n_z * along;
    project(job, {x0, std::min(tile, grid.nx - x0), z0, std::min(tile, box.first_z + box.n_z - z0),
                  y0, std::min(along, box.first_y + box.n_y - y0)});
  });
}

}  // namespace gimbal::recon
