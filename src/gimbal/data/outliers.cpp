// SPDX-License-Identifier: GPL-3.0-or-later
// One pass for statistics on strips of about 8 x 32 px, one pass to compare every pixel with the
// bounds of its tile, then an exact test of the few candidates against their own neighbours.
#include "gimbal/data/outliers.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/data/counting_noise.h"
#include "gimbal/data/outlier_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace gimbal {
namespace {

constexpr int neighbourhood_px = 4;  // neighbours within +-4 px
constexpr std::size_t min_neighbours = 8;
constexpr int line_tiles = 4;       // columns and rows are judged over 4 tiles, 128 px
constexpr int line_neighbours = 6;  // on either side

// Mean of the sorted values between two fractions. For hot pixels the upper middle, for dead ones
// the lower middle: half a neighbourhood of bright (dark) specimen explains a bright (dark) pixel,
// while up to a sixth of the neighbours may be bad themselves.
double middle_mean(std::span<float> values, bool upper) {
  const std::size_t n = values.size();
  const std::size_t begin = upper ? n / 2 : n / 6,
                    end = std::max(begin + 1, n - n / (upper ? 6 : 2));
  std::sort(values.begin(), values.end());
  double sum = 0.0;
  for (std::size_t i = begin; i < end; ++i) sum += static_cast<double>(values[i]);
  return sum / static_cast<double>(end - begin);
}

bool is_hot(double value, double reference, const CountingNoise& noise) {
  return value > noise.upper(reference);
}
bool is_dead(double value, double reference, const CountingNoise& noise) {
  return value <= noise.lower(reference);
}

class Judge {
 public:
  Judge(View<const float> sum, const DefectMask& mask, const TileStatistics& tiles,
        const CountingNoise& noise)
      : sum_(sum), mask_(mask), tiles_(tiles), noise_(noise) {}

  // Judges the pixels of one row of tiles.
  void tile_row(int ty, OutlierPixels& found) const {
    const TileGrid& grid = tiles_.grid;
    std::vector<float> lower(static_cast<std::size_t>(grid.n_x)), upper(lower.size());
    for (int tx = 0; tx < grid.n_x; ++tx) {
      const double mean = tiles_.tile_mean(tx, ty);
      lower[static_cast<std::size_t>(tx)] = static_cast<float>(noise_.lower(mean));
      upper[static_cast<std::size_t>(tx)] = static_cast<float>(noise_.upper(mean));
    }
    for (int y = grid.begin_y(ty); y < grid.begin_y(ty + 1); ++y) {
      for (int tx = 0; tx < grid.n_x; ++tx) {
        const float low = lower[static_cast<std::size_t>(tx)];
        const float high = upper[static_cast<std::size_t>(tx)];
        const int x0 = grid.begin_x(tx), x1 = grid.begin_x(tx + 1);
        const float* row = sum_.row(y);
        unsigned any = 0;  // no branches: the loop becomes vector code
        for (int x = x0; x < x1; ++x)
          any |= static_cast<unsigned>(!(row[x] <= high)) | static_cast<unsigned>(row[x] <= low);
        if (any == 0) continue;
        for (int x = x0; x < x1; ++x)
          if (!(row[x] <= high) || row[x] <= low) pixel(x, y, tiles_.tile_mean(tx, ty), found);
      }
    }
  }

 private:
  bool good(int x, int y) const {
    return (mask_.empty() || mask_(x, y) == 0) && std::isfinite(sum_(x, y));
  }

  void pixel(int x, int y, double tile_mean, OutlierPixels& found) const {
    if (!mask_.empty() && mask_(x, y) != 0) return;
    const double value = static_cast<double>(sum_(x, y));
    if (!std::isfinite(value)) {
      found.dead.push_back({x, y});
      return;
    }
    std::vector<float> values;
    values.reserve(81);
    for (int v = std::max(0, y - neighbourhood_px);
         v <= std::min(sum_.ny() - 1, y + neighbourhood_px); ++v)
      for (int u = std::max(0, x - neighbourhood_px);
           u <= std::min(sum_.nx() - 1, x + neighbourhood_px); ++u)
        if ((u != x || v != y) && good(u, v)) values.push_back(sum_(u, v));
    const bool hot = value > tile_mean;
    const double reference = values.size() < min_neighbours ? tile_mean : middle_mean(values, hot);
    if (hot && is_hot(value, reference, noise_)) found.hot.push_back({x, y});
    if (!hot && is_dead(value, reference, noise_)) found.dead.push_back({x, y});
  }

  View<const float> sum_;
  const DefectMask& mask_;
  const TileStatistics& tiles_;
  const CountingNoise& noise_;
};

// Judges sums over line segments side by side: `totals` are those of neighbouring lines. Calls
// bad(i, hot) for those that stand out.
template <typename Bad>
void judge_lines(std::span<const float> totals, const CountingNoise& noise, const Bad& bad) {
  const int n = static_cast<int>(totals.size());
  std::vector<float> near;
  for (int i = 0; i < n; ++i) {
    near.clear();
    for (int k = std::max(0, i - line_neighbours); k <= std::min(n - 1, i + line_neighbours); ++k)
      if (k != i) near.push_back(totals[static_cast<std::size_t>(k)]);
    if (near.size() < static_cast<std::size_t>(line_neighbours)) continue;
    const double value = static_cast<double>(totals[static_cast<std::size_t>(i)]);
    // Cheap first: nothing within these bounds of the neighbours' extremes can be an outlier.
    const auto [least, most] = std::minmax_element(near.begin(), near.end());
    if (value > 0.5 * static_cast<double>(*most) && value < 1.35 * static_cast<double>(*least))
      continue;
    if (is_hot(value, middle_mean(near, true), noise))
      bad(i, true);
    else if (is_dead(value, middle_mean(near, false), noise))
      bad(i, false);
  }
}

void add_segment(View<const float> sum, const DefectMask& mask, Pixel from, Pixel to,
                 std::vector<Pixel>& pixels) {
  for (int y = from.y; y <= to.y; ++y)
    for (int x = from.x; x <= to.x; ++x)
      if (x < sum.nx() && y < sum.ny() && (mask.empty() || mask(x, y) == 0))
        pixels.push_back({x, y});
}

// Of the rows of tiles from ty on.
OutlierPixels bad_columns(View<const float> sum, const DefectMask& mask,
                          const TileStatistics& tiles, int ty) {
  OutlierPixels found;
  const TileGrid& grid = tiles.grid;
  const int end = std::min(grid.n_y, ty + line_tiles);
  std::vector<float> totals(static_cast<std::size_t>(sum.nx()));
  for (int t = ty; t < end; ++t)
    for (int x = 0; x < sum.nx(); ++x)
      totals[static_cast<std::size_t>(x)] += tiles.column_sums(x, t);
  judge_lines(totals, tiles.noise, [&](int x, bool hot) {
    add_segment(sum, mask, {x, grid.begin_y(ty)}, {x, grid.begin_y(end) - 1},
                hot ? found.hot : found.dead);
  });
  return found;
}

// Of the columns of tiles from tx on.
OutlierPixels bad_rows(View<const float> sum, const DefectMask& mask, const TileStatistics& tiles,
                       int tx) {
  OutlierPixels found;
  const TileGrid& grid = tiles.grid;
  const int end = std::min(grid.n_x, tx + line_tiles);
  std::vector<float> totals(static_cast<std::size_t>(sum.ny()));
  for (int y = 0; y < sum.ny(); ++y)
    for (int t = tx; t < end; ++t) totals[static_cast<std::size_t>(y)] += tiles.row_sums(t, y);
  judge_lines(totals, tiles.noise, [&](int y, bool hot) {
    add_segment(sum, mask, {grid.begin_x(tx), y}, {grid.begin_x(end) - 1, y},
                hot ? found.hot : found.dead);
  });
  return found;
}

bool scan_order(Pixel a, Pixel b) {
  return a.y != b.y ? a.y < b.y : a.x < b.x;
}

void sort_unique(std::vector<Pixel>& pixels) {
  std::sort(pixels.begin(), pixels.end(), scan_order);
  pixels.erase(std::unique(pixels.begin(), pixels.end()), pixels.end());
}

void merge(OutlierPixels& all, const std::vector<OutlierPixels>& parts) {
  for (const OutlierPixels& part : parts) {
    all.hot.insert(all.hot.end(), part.hot.begin(), part.hot.end());
    all.dead.insert(all.dead.end(), part.dead.begin(), part.dead.end());
  }
  sort_unique(all.hot);
  sort_unique(all.dead);
  std::erase_if(all.dead, [&](Pixel p) {
    return std::binary_search(all.hot.begin(), all.hot.end(), p, scan_order);
  });
}

}  // namespace

OutlierPixels find_outliers(View<const float> sum, const DefectMask& mask) {
  if (!mask.empty() && mask.size() != sum.size())
    fail("the defect mask has {} x {} pixels, the sum of the frames {} x {}", mask.nx(), mask.ny(),
         sum.nx(), sum.ny());
  OutlierPixels found;
  if (sum.count() == 0) return found;
  const TileStatistics tiles = tile_statistics(sum, mask);
  found.mean = tiles.mean;
  found.deviation = tiles.deviation;
  found.hot_threshold = tiles.mean + 6.0 * tiles.deviation;
  found.counts_scale = tiles.noise.scale();
  if (!tiles.has_noise) return found;
  std::vector<OutlierPixels> parts(static_cast<std::size_t>(tiles.grid.n_y));
  const Judge judge(sum, mask, tiles, tiles.noise);
  parallel_for(tiles.grid.n_y,
               [&](int ty) { judge.tile_row(ty, parts[static_cast<std::size_t>(ty)]); });
  if (tiles.noise.scale() > 0.0) {
    const int n_y = (tiles.grid.n_y + line_tiles - 1) / line_tiles,
              n_x = (tiles.grid.n_x + line_tiles - 1) / line_tiles;
    const std::size_t first = parts.size();
    parts.resize(first + static_cast<std::size_t>(n_y + n_x));
    parallel_for(n_y + n_x, [&](int i) {
      parts[first + static_cast<std::size_t>(i)] =
          i < n_y ? bad_columns(sum, mask, tiles, i * line_tiles)
                  : bad_rows(sum, mask, tiles, (i - n_y) * line_tiles);
    });
  }
  merge(found, parts);
  return found;
}

void add_to_mask(DefectMask& mask, Size2 size, const std::vector<Pixel>& pixels) {
  if (mask.empty()) mask = DefectMask(size.nx, size.ny);
  for (const Pixel p : pixels) mask(p.x, p.y) = 1;
}

}  // namespace gimbal
