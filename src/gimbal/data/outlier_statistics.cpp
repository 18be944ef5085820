// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/outlier_statistics.h"

#include "gimbal/core/parallel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

namespace gimbal {
namespace {

constexpr int tile_px = 32;
constexpr int strip_rows = 8;  // few enough pixels that most strips hold no hot one
constexpr int lag = 3;         // px; beyond the detector's blur, within the specimen's structure
constexpr int lanes = 16;      // independent sums: vector code with a fixed order of additions
constexpr float unlimited = 1e15F;
constexpr std::size_t min_pixels = 256;  // fewer say nothing about noise

using Sums = std::array<float, lanes>;

double total(const Sums& sums) {
  double result = 0.0;
  for (const float s : sums) result += static_cast<double>(s);
  return result;
}

// The same in float, by halves, for the many sums of short rows.
float quick_total(Sums sums) {
  for (std::size_t half = lanes / 2; half > 0; half /= 2)
    for (std::size_t l = 0; l < half; ++l) sums[l] += sums[l + half];
  return sums[0];
}

// NaN becomes the upper limit.
float limited(float v, float limit) {
  const float below = v < limit ? v : limit;
  return below > -limit ? below : -limit;
}

// Calls term(lane, x) for x in [0, n), in vectors of `lanes` and a rest.
template <typename Term>
void for_lanes(int begin, int n, const Term& term) {
  int x = begin;
  for (; x + lanes <= n; x += lanes)
    for (int l = 0; l < lanes; ++l) term(static_cast<std::size_t>(l), x + l);
  for (std::size_t l = 0; x < n; ++x, ++l) term(l, x);
}

// What a strip (a few rows of one tile) says.
struct Strip {
  float mean = 0.0F;
  float scale = 0.0F;     // variance / mean
  float variance = 0.0F;  // from differences of pixels `lag` apart
};

// Sums over the rows of one tile in a strip.
struct StripSums {
  Sums raw{};
  Sums squares{};
  double limited_sum = 0.0;
  Sums differences{};
};

// Raw moments for the whole image.
struct Moments {
  double n = 0.0;
  double sum = 0.0;
  double squares = 0.0;
};

// One row of a tile, n <= 2 * tile_px pixels from `row`, which is `raw` with masked pixels
// replaced. Adds the limited values to `columns` and returns their sum.
float add_segment(const float* raw, const float* row, int n, float limit, float* columns,
                  StripSums& sums) {
  std::array<float, 2 * tile_px> values;
  Sums row_sum{};
  for_lanes(0, n, [&](std::size_t l, int x) {
    sums.raw[l] += raw[x];
    sums.squares[l] += raw[x] * raw[x];
    const float v = limited(row[x], limit);
    values[static_cast<std::size_t>(x)] = v;
    columns[x] += v;
    row_sum[l] += v;
  });
  for_lanes(lag, n, [&](std::size_t l, int x) {
    const float d = values[static_cast<std::size_t>(x)] - values[static_cast<std::size_t>(x - lag)];
    sums.differences[l] += d * d;
  });
  return quick_total(row_sum);
}

// A row in which masked pixels have the value of the last good one before them (or after, at the
// beginning); the row itself when it has none.
const float* without_masked(View<const float> sum, const DefectMask& mask, int y,
                            std::vector<float>& buffer) {
  const float* row = sum.row(y);
  if (mask.empty()) return row;
  const std::uint8_t* bad = mask.row(y);
  unsigned any = 0;
  for (int x = 0; x < sum.nx(); ++x) any |= bad[x];
  if (any == 0) return row;
  buffer.assign(row, row + sum.nx());
  const std::uint8_t* good = std::find(bad, bad + sum.nx(), std::uint8_t{0});
  if (good == bad + sum.nx()) return nullptr;
  float last = row[good - bad];
  for (int x = 0; x < sum.nx(); ++x) {
    if (bad[x] == 0) last = row[x];
    buffer[static_cast<std::size_t>(x)] = last;
  }
  return buffer.data();
}

float quantile(std::vector<float>& values, double fraction) {
  const auto at = values.begin() +
                  static_cast<std::ptrdiff_t>(fraction * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

class Collector {
 public:
  Collector(View<const float> sum, const DefectMask& mask, TileStatistics& result)
      : sum_(sum), mask_(mask), result_(result), grid_(result.grid) {}

  // All strips of one row of tiles, pixels limited to +-limit. With `moments`, tile means and line
  // sums go into the result.
  std::vector<Strip> tile_row(int ty, float limit, Moments* moments) const {
    const int y0 = grid_.begin_y(ty), height = grid_.begin_y(ty + 1) - y0;
    const int n_strips = std::max(1, height / strip_rows);
    std::vector<Strip> strips;
    std::vector<double> tile_sums(static_cast<std::size_t>(grid_.n_x), 0.0);
    std::vector<float> columns(static_cast<std::size_t>(sum_.nx()), 0.0F);
    int rows_used = 0;
    for (int s = 0; s < n_strips; ++s) {
      const int begin = y0 + height * s / n_strips, end = y0 + height * (s + 1) / n_strips;
      std::vector<StripSums> sums(tile_sums.size());
      int used = 0;
      std::vector<float> buffer;
      for (int y = begin; y < end; ++y) {
        const float* row = without_masked(sum_, mask_, y, buffer);
        if (row == nullptr) continue;
        ++used;
        add_row(y, row, limit, columns.data(), sums, moments != nullptr);
      }
      if (moments != nullptr) add_moments(begin, end, used, sums, *moments);
      add_strips(used, sums, strips);
      for (std::size_t t = 0; t < sums.size(); ++t) tile_sums[t] += sums[t].limited_sum;
      rows_used += used;
    }
    if (moments != nullptr) store(ty, rows_used, tile_sums, columns);
    return strips;
  }

 private:
  // Adds one row to the sums of the tiles.
  void add_row(int y, const float* row, float limit, float* columns, std::vector<StripSums>& sums,
               bool keep) const {
    for (int tx = 0; tx < grid_.n_x; ++tx) {
      const auto t = static_cast<std::size_t>(tx);
      const int x0 = grid_.begin_x(tx), n = grid_.begin_x(tx + 1) - x0;
      const float sum = add_segment(sum_.row(y) + x0, row + x0, n, limit, columns + x0, sums[t]);
      sums[t].limited_sum += static_cast<double>(sum);
      if (keep)
        result_
            .row_sum_table[static_cast<std::size_t>(y) * static_cast<std::size_t>(grid_.n_x) + t] =
            sum;
    }
  }

  void add_moments(int begin, int end, int rows_used, const std::vector<StripSums>& sums,
                   Moments& m) const {
    double sum = 0.0, squares = 0.0;
    for (const StripSums& s : sums) {
      sum += total(s.raw);
      squares += total(s.squares);
    }
    if (rows_used == end - begin && std::isfinite(sum) && std::isfinite(squares)) {
      m = {m.n + static_cast<double>(rows_used) * sum_.nx(), m.sum + sum, m.squares + squares};
      return;
    }
    for (int y = begin; y < end; ++y) {
      for (const float v : sum_.row_span(y)) {
        if (!std::isfinite(v)) continue;
        const double d = static_cast<double>(v);
        m = {m.n + 1, m.sum + d, m.squares + d * d};
      }
    }
  }

  void add_strips(int rows, const std::vector<StripSums>& sums, std::vector<Strip>& strips) const {
    for (int tx = 0; tx < grid_.n_x && rows > 0; ++tx) {
      const StripSums& s = sums[static_cast<std::size_t>(tx)];
      const int width = grid_.begin_x(tx + 1) - grid_.begin_x(tx);
      if (width <= lag) continue;
      const double mean = s.limited_sum / (static_cast<double>(rows) * width);
      const double variance =
          0.5 * total(s.differences) / (static_cast<double>(rows) * (width - lag));
      strips.push_back({static_cast<float>(mean), static_cast<float>(variance / mean),
                        static_cast<float>(variance)});
    }
  }

  void store(int ty, int rows, const std::vector<double>& sums,
             const std::vector<float>& columns) const {
    for (int tx = 0; tx < grid_.n_x; ++tx) {
      const double pixels = static_cast<double>(rows) * (grid_.begin_x(tx + 1) - grid_.begin_x(tx));
      result_.means[result_.index(tx, ty)] =
          rows == 0 ? 0.0F : static_cast<float>(sums[static_cast<std::size_t>(tx)] / pixels);
    }
    std::copy(columns.begin(), columns.end(),
              result_.column_sum_table.begin() +
                  static_cast<std::ptrdiff_t>(ty) * static_cast<std::ptrdiff_t>(columns.size()));
  }

  View<const float> sum_;
  const DefectMask& mask_;
  TileStatistics& result_;
  const TileGrid& grid_;
};

// Noise and the brightest usual level of strips. Nothing when they do not tell.
struct Levels {
  CountingNoise noise;
  float bright = 0.0F;
};
std::optional<Levels> levels(const std::vector<Strip>& strips) {
  std::vector<float> means, scales, variances;
  for (const Strip& s : strips) {
    if (!std::isfinite(s.mean) || !std::isfinite(s.variance)) continue;
    means.push_back(s.mean);
    variances.push_back(s.variance);
    if (s.mean > 0.0F && std::isfinite(s.scale)) scales.push_back(s.scale);
  }
  if (means.empty()) return std::nullopt;
  const double variance = static_cast<double>(quantile(variances, 0.5));
  if (variance <= 0.0) return std::nullopt;
  Levels result;
  result.bright = quantile(means, 0.9);
  const bool counting = 10 * scales.size() >= 9 * means.size();
  result.noise = counting ? CountingNoise::poisson(static_cast<double>(quantile(scales, 0.5)))
                          : CountingNoise::gaussian(std::sqrt(variance));
  return result;
}

}  // namespace

TileGrid::TileGrid(Size2 image)
    : size(image), n_x(std::max(1, image.nx / tile_px)), n_y(std::max(1, image.ny / tile_px)) {}

TileStatistics tile_statistics(View<const float> sum, const DefectMask& mask) {
  TileStatistics result{TileGrid(sum.size()), {}, false, 0.0, 0.0, {}, {}, {}};
  const int n_y = result.grid.n_y;
  const auto n_x = static_cast<std::size_t>(result.grid.n_x);
  result.means.resize(n_x * static_cast<std::size_t>(n_y));
  result.column_sum_table.resize(static_cast<std::size_t>(sum.nx()) *
                                 static_cast<std::size_t>(n_y));
  result.row_sum_table.resize(n_x * static_cast<std::size_t>(sum.ny()));
  const Collector collector(sum, mask, result);

  const auto collect = [&](int step, float limit, std::vector<Moments>* moments) {
    std::vector<std::vector<Strip>> parts(static_cast<std::size_t>((n_y + step - 1) / step));
    parallel_for(static_cast<int>(parts.size()), [&](int i) {
      const auto at = static_cast<std::size_t>(i);
      parts[at] =
          collector.tile_row(i * step, limit, moments != nullptr ? &(*moments)[at] : nullptr);
    });
    std::vector<Strip> strips;
    for (const auto& part : parts) strips.insert(strips.end(), part.begin(), part.end());
    return strips;
  };

  const std::optional<Levels> sample = levels(collect(n_y > 8 ? 8 : 1, unlimited, nullptr));
  const float limit =
      sample ? static_cast<float>(sample->noise.upper(1.3 * static_cast<double>(sample->bright)))
             : unlimited;
  std::vector<Moments> moments(static_cast<std::size_t>(n_y));
  const std::optional<Levels> all = levels(collect(1, limit, &moments));
  Moments m;
  for (const Moments& part : moments)
    m = {m.n + part.n, m.sum + part.sum, m.squares + part.squares};
  if (m.n > 0.0) {
    result.mean = m.sum / m.n;
    result.deviation = std::sqrt(std::max(0.0, m.squares / m.n - result.mean * result.mean));
  }
  result.has_noise = all.has_value() && sum.count() >= min_pixels;
  if (result.has_noise) result.noise = all->noise;
  return result;
}

}  // namespace gimbal
