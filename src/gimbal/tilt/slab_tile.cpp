// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/slab_tile.h"

#include "gimbal/core/simd.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

namespace gimbal::tilt {
namespace {

constexpr int lanes = SlabTile::lanes;

std::size_t triangle(std::size_t n) {
  return n * (n + 1) / 2;
}

[[gnu::always_inline]] inline Float16 lanes_at(const float* p, int i) {
  return load16(p + static_cast<std::ptrdiff_t>(i) * lanes);
}
[[gnu::always_inline]] inline void set_lanes(float* p, int i, Float16 v) {
  store16(p + static_cast<std::ptrdiff_t>(i) * lanes, v);
}

struct CovarianceInput {
  int n;
  float kx, ky;
  const float *amplitudes, *sines, *cosines;  // of the members
  const float *by_kx, *by_ky;                 // of the pairs
};

// sin(a - b) / (a - b) from sines and cosines of a and b.
GIMBAL_MULTIVERSION void fill_covariance(const CovarianceInput& in, float* out) {
  std::ptrdiff_t pair = 0;
  for (std::ptrdiff_t i = 0; i < in.n; ++i)
    for (std::ptrdiff_t j = 0; j <= i; ++j, ++pair) {
      float* c = out + pair * lanes;
      const float *ai = in.amplitudes + i * lanes, *aj = in.amplitudes + j * lanes,
                  *si = in.sines + i * lanes, *sj = in.sines + j * lanes,
                  *ci = in.cosines + i * lanes, *cj = in.cosines + j * lanes;
      if (i == j) {
        for (int l = 0; l < lanes; ++l) c[l] = 1.0F;
        continue;
      }
      const float by_kx = in.by_kx[pair], first = by_kx * in.kx + in.by_ky[pair] * in.ky;
      for (int l = 0; l < lanes; ++l) {
        const float d = first + by_kx * static_cast<float>(l), d2 = d * d;
        const bool is_small = d2 < 0.25F;
        const float series =
            1.0F - d2 * (1.0F / 6.0F) * (1.0F - d2 * (1.0F / 20.0F) * (1.0F - d2 * (1.0F / 42.0F)));
        const float quotient = (si[l] * cj[l] - ci[l] * sj[l]) / (is_small ? 1.0F : d);
        c[l] = ai[l] * aj[l] * (is_small ? series : quotient);
      }
    }
}

// Turns a positive definite matrix into its negative inverse, pivot after pivot (sweep operator).
GIMBAL_MULTIVERSION void sweep(float* matrix, int n, float* column, float* pivots) {
  const auto row = [matrix](int i) {
    return matrix + static_cast<std::ptrdiff_t>(i) * (i + 1) / 2 * lanes;
  };
  for (int k = 0; k < n; ++k) {
    const Float16 pivot = lanes_at(row(k), k), scale = 1.0F / pivot;
    set_lanes(pivots, k, pivot);
    for (int i = 0; i < k; ++i) set_lanes(column, i, lanes_at(row(k), i));
    set_lanes(column, k, Float16{});
    for (int i = k + 1; i < n; ++i) set_lanes(column, i, lanes_at(row(i), k));
    for (int i = 0; i < n; ++i) {
      if (i == k) continue;
      float* a = row(i);
      const Float16 factor = lanes_at(column, i) * scale;
      for (int j = 0; j <= i; ++j) set_lanes(a, j, lanes_at(a, j) - factor * lanes_at(column, j));
      if (i > k)
        set_lanes(a, k, factor);
      else
        set_lanes(row(k), i, factor);
    }
    set_lanes(row(k), k, -scale);
  }
}

// Gaussian elimination of values and matrix; the sum of squares over pivots, by lane.
GIMBAL_MULTIVERSION void eliminate(float* matrix, int n, float* values, int parts, float* column,
                                   float* pivots, float* squares) {
  const auto row = [matrix](int i) {
    return matrix + static_cast<std::ptrdiff_t>(i) * (i + 1) / 2 * lanes;
  };
  Float16 sum{};
  for (int k = 0; k < n; ++k) {
    const Float16 pivot = lanes_at(row(k), k), scale = 1.0F / pivot;
    set_lanes(pivots, k, pivot);
    const float* e = values + static_cast<std::ptrdiff_t>(k) * parts * lanes;
    for (int p = 0; p < parts; ++p) sum += lanes_at(e, p) * lanes_at(e, p) * scale;
    for (int i = k + 1; i < n; ++i) set_lanes(column, i, lanes_at(row(i), k));
    for (int i = k + 1; i < n; ++i) {
      float *a = row(i), *f = values + static_cast<std::ptrdiff_t>(i) * parts * lanes;
      const Float16 factor = lanes_at(column, i) * scale;
      for (int j = k + 1; j <= i; ++j)
        set_lanes(a, j, lanes_at(a, j) - factor * lanes_at(column, j));
      for (int p = 0; p < parts; ++p) set_lanes(f, p, lanes_at(f, p) - factor * lanes_at(e, p));
    }
  }
  set_lanes(squares, 0, sum);
}

// solved = -matrix * values; `parts` is a multiple of 4.
GIMBAL_MULTIVERSION void multiply(const float* matrix, int n, const float* values, int parts,
                                  float* solved) {
  const std::ptrdiff_t pitch = static_cast<std::ptrdiff_t>(parts) * lanes;
  for (std::ptrdiff_t i = 0; i < n; ++i)
    for (int p = 0; p < parts; p += 4) {
      Float16 a{}, b{}, c{}, d{};
      for (std::ptrdiff_t j = 0; j < n; ++j) {
        const std::ptrdiff_t high = std::max(i, j), low = std::min(i, j);
        const Float16 factor = load16(matrix + (high * (high + 1) / 2 + low) * lanes);
        const float* e = values + j * pitch;
        a -= factor * lanes_at(e, p);
        b -= factor * lanes_at(e, p + 1);
        c -= factor * lanes_at(e, p + 2);
        d -= factor * lanes_at(e, p + 3);
      }
      float* u = solved + i * pitch;
      set_lanes(u, p, a), set_lanes(u, p + 1, b), set_lanes(u, p + 2, c), set_lanes(u, p + 3, d);
    }
}

// Real and imaginary parts of complex numbers, where mask and amplitude are not 0.
GIMBAL_MULTIVERSION void separate(const float* in, const float* mask, const float* amplitude,
                                  int count, float* out) {
  for (int l = 0; l < count; ++l) {
    const float factor = amplitude[l] != 0.0F ? mask[l] : 0.0F;
    out[l] = factor * in[2 * l];
    out[lanes + l] = factor * in[2 * l + 1];
  }
}

// The determinants' logarithms times the coefficients that each lane has.
double log_pivots(const float* pivots, int n, const int* counts) {
  constexpr int few = 32;  // no underflow
  double sum = 0.0;
  for (int l = 0; l < lanes; ++l) {
    if (counts[l] == 0) continue;
    double logarithm = 0.0;
    for (int first = 0; first < n; first += few) {
      double product = 1.0;
      for (int i = first; i < std::min(n, first + few); ++i)
        product *= static_cast<double>(pivots[static_cast<std::ptrdiff_t>(i) * lanes + l]);
      logarithm += std::log(product);
    }
    sum += counts[l] * logarithm;
  }
  return sum;
}

}  // namespace

TilePlan tile_plan(const SlabSpectra& spectra, const SlabSignal& signal, double thickness_px,
                   FrequencyBand band, std::vector<int> members) {
  if (members.empty()) {
    members.resize(static_cast<std::size_t>(spectra.count()));
    std::iota(members.begin(), members.end(), 0);
  }
  const PlaneGrid& grid = spectra.grid;
  const double period = grid.period_px(), low = band.lowest * period, high = band.highest * period;
  const int reach = std::min(grid.n / 2 - 1, static_cast<int>(high));
  const std::size_t n = members.size();
  TilePlan plan{spectra,
                std::move(members),
                low,
                high,
                reach + 1,
                reach,
                std::max(4, static_cast<int>(high / 16.0)),
                {},
                {},
                {},
                {},
                {},
                {},
                Image<float>(spectra.n_rings() + 1, static_cast<int>(n))};
  for (std::size_t m = 0; m < n; ++m) {
    const auto i = static_cast<std::size_t>(plan.members[m]);
    const PlaneView& view = spectra.views[i];
    const double scale = std::numbers::pi * thickness_px / period;
    plan.by_kx.push_back(scale * view.tx);
    plan.by_ky.push_back(scale * view.ty);
    for (int l = 0; l < lanes; ++l) {
      plan.lane_sines.push_back(static_cast<float>(std::sin(l * plan.by_kx[m])));
      plan.lane_cosines.push_back(static_cast<float>(std::cos(l * plan.by_kx[m])));
    }
    for (std::size_t o = 0; o <= m; ++o) {
      plan.pair_by_kx.push_back(static_cast<float>(plan.by_kx[m] - plan.by_kx[o]));
      plan.pair_by_ky.push_back(static_cast<float>(plan.by_ky[m] - plan.by_ky[o]));
    }
    for (std::size_t r = 0; r < signal.share.size(); ++r)
      plan.amplitude(static_cast<int>(r) + 1, static_cast<int>(m)) =
          static_cast<float>(std::sqrt(std::clamp(signal.share[r] * signal.gain[i], 1e-6, 0.95)));
  }
  return plan;
}

SlabTile::SlabTile(const TilePlan& plan) : plan_(plan) {
  const auto n = plan.members.size(), rows = static_cast<std::size_t>(plan.block),
             parts = (2 * rows + 3) / 4 * 4;
  in_band_.resize(rows * lanes);
  for (Floats* floats : {&amplitudes_, &sines_, &cosines_, &column_, &pivots_})
    floats->resize(n * lanes);
  for (Floats* floats : {&covariance_, &matrix_}) floats->resize(triangle(n) * lanes);
  for (Floats* floats : {&values_, &solved_}) floats->resize(n * parts * lanes);
}

bool SlabTile::load(int strip, int first_column) {
  kx_ = first_column;
  ky_ = -plan_.reach + strip * plan_.block;
  rows_ = std::min(plan_.block, plan_.reach - ky_ + 1);
  parts_ = (2 * rows_ + 3) / 4 * 4;
  if (!set_band() || !set_members()) return false;
  set_values();
  const CovarianceInput input{
      plan_.count(),           static_cast<float>(kx_), static_cast<float>(ky_ + rows_ / 2),
      amplitudes_.data(),      sines_.data(),           cosines_.data(),
      plan_.pair_by_kx.data(), plan_.pair_by_ky.data()};
  fill_covariance(input, matrix_.data());
  return true;
}

bool SlabTile::set_band() {
  bool any = false;
  for (int k = 0; k < rows_; ++k)
    for (int l = 0; l < lanes; ++l) {
      const double kx = kx_ + l, ky = ky_ + k, length = std::sqrt(kx * kx + ky * ky);
      const bool inside = length >= plan_.low && length <= plan_.high && kx_ + l < plan_.columns &&
                          (kx_ + l > 0 || ky > 0);
      in_band_[at(k, l)] = inside ? 1.0F : 0.0F;
      any = any || inside;
    }
  return any;
}

// Tilts whose images reach the frequency in the middle of the lane; two at least make a lane.
bool SlabTile::set_members() {
  const int middle = ky_ + rows_ / 2, row = plan_.spectra.row_of(middle);
  const int last = std::min(lanes, plan_.columns - kx_);
  std::array<int, lanes> counts{};
  for (int i = 0; i < plan_.count(); ++i) {
    const auto m = static_cast<std::size_t>(i), view = static_cast<std::size_t>(plan_.members[m]);
    const double angle = plan_.by_kx[m] * kx_ + plan_.by_ky[m] * middle;
    const auto sine = static_cast<float>(std::sin(angle)),
               cosine = static_cast<float>(std::cos(angle));
    for (int l = 0; l < lanes; ++l) {
      const float s = plan_.lane_sines[at(i, l)], c = plan_.lane_cosines[at(i, l)];
      sines_[at(i, l)] = sine * c + cosine * s;
      cosines_[at(i, l)] = cosine * c - sine * s;
      const int ring = l < last ? plan_.spectra.ring(view, kx_ + l, row) : -1;
      amplitudes_[at(i, l)] = plan_.amplitude(ring + 1, i);
      if (ring >= 0) ++counts[static_cast<std::size_t>(l)];
    }
  }
  bool any = false;
  for (int l = 0; l < lanes; ++l)
    for (int k = 0; k < rows_; ++k) {
      if (counts[static_cast<std::size_t>(l)] < 2) in_band_[at(k, l)] = 0.0F;
      any = any || in_band_[at(k, l)] != 0.0F;
    }
  return any;
}

void SlabTile::set_values() {
  const int last = std::min(lanes, plan_.columns - kx_);
  for (int i = 0; i < plan_.count(); ++i) {
    const Image<cfloat>& image =
        plan_.spectra.values[static_cast<std::size_t>(plan_.members[static_cast<std::size_t>(i)])];
    float* out = values_.data() + entry(i * parts_);
    for (int k = 0; k < rows_; ++k) {
      const auto* in =
          reinterpret_cast<const float*>(image.view().row(plan_.spectra.row_of(ky_ + k)) + kx_);
      float* row = out + entry(2 * k);
      if (last == lanes) {
        separate(in, in_band_.data() + entry(k), amplitudes_.data() + entry(i), lanes, row);
        continue;
      }
      std::fill(row, row + entry(2), 0.0F);
      separate(in, in_band_.data() + entry(k), amplitudes_.data() + entry(i), last, row);
    }
    std::fill(out + entry(2 * rows_), out + entry(parts_), 0.0F);
  }
}

double SlabTile::log_determinants() const {
  std::array<int, lanes> counts{};
  for (int k = 0; k < rows_; ++k)
    for (int l = 0; l < lanes; ++l) counts[static_cast<std::size_t>(l)] += holds(k, l) ? 1 : 0;
  return log_pivots(pivots_.data(), plan_.count(), counts.data());
}

double SlabTile::log_likelihood() {
  std::array<float, lanes> squares{};
  eliminate(matrix_.data(), plan_.count(), values_.data(), parts_, column_.data(), pivots_.data(),
            squares.data());
  double sum = log_determinants();
  for (const float square : squares) sum += static_cast<double>(square);
  return -sum;
}

void SlabTile::solve() {
  covariance_ = matrix_;
  sweep(matrix_.data(), plan_.count(), column_.data(), pivots_.data());
  multiply(matrix_.data(), plan_.count(), values_.data(), parts_, solved_.data());
}

}  // namespace gimbal::tilt
