// SPDX-License-Identifier: GPL-3.0-or-later
// How much of the power of the views is signal.
#include "gimbal/core/parallel.h"
#include "gimbal/tilt/slab_model.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace gimbal::tilt {
namespace {

// By ring: sums of weight * (one view times the next), and of weights squared.
struct RingSums {
  std::vector<double> cross, square;
};

// Views whose agreement is measured: neighbours in angle.
struct Neighbours {
  std::size_t first, second;
  double by_kx, by_ky;  // the angle of their sinc
};

std::vector<Neighbours> neighbours(const SlabSpectra& spectra, double thickness_px) {
  std::vector<std::size_t> order(static_cast<std::size_t>(spectra.count()));
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return spectra.views[a].tx < spectra.views[b].tx;
  });
  const double scale = std::numbers::pi * thickness_px / spectra.grid.period_px();
  std::vector<Neighbours> pairs;
  for (std::size_t i = 1; i < order.size(); ++i) {
    const PlaneView &a = spectra.views[order[i - 1]], &b = spectra.views[order[i]];
    pairs.push_back({order[i - 1], order[i], scale * (b.tx - a.tx), scale * (b.ty - a.ty)});
  }
  return pairs;
}

double sinc(double angle_rad) {
  return std::abs(angle_rad) < 1e-4 ? 1.0 - angle_rad * angle_rad / 6.0
                                    : std::sin(angle_rad) / angle_rad;
}

// Columns first .. end - 1 of a row that lie in the band; of the first one, ky > 0 only.
struct Columns {
  int first, end;
};
Columns columns_of(const PlaneGrid& grid, FrequencyBand band, int ky) {
  const double period = grid.period_px(), low = band.lowest * period, high = band.highest * period;
  const auto reach = [ky](double radius) {
    const double rest = radius * radius - static_cast<double>(ky) * ky;
    return rest < 0.0 ? -1.0 : std::sqrt(rest);
  };
  const int least = std::max(0, static_cast<int>(std::ceil(reach(low))));
  const int last = std::min(grid.n / 2 - 1, static_cast<int>(std::floor(reach(high))));
  return {ky > 0 ? least : std::max(1, least), last + 1};
}

// Rows first .. first + n - 1: their weights are those of the one in the middle.
void add_rows(const SlabSpectra& spectra, FrequencyBand band, const Neighbours& pair, int first,
              int n, RingSums& sums) {
  std::vector<double> weights;
  const int middle = first + n / 2;
  for (int ky = first; ky < first + n; ++ky) {
    const Columns columns = columns_of(spectra.grid, band, ky);
    for (int kx = static_cast<int>(weights.size()); kx < columns.end; ++kx)
      weights.push_back(sinc(pair.by_kx * kx + pair.by_ky * middle));
    const int row = spectra.row_of(ky);
    const cfloat *e = spectra.values[pair.first].view().row(row),
                 *f = spectra.values[pair.second].view().row(row);
    const std::int16_t *a = spectra.rings[pair.first].view().row(row),
                       *b = spectra.rings[pair.second].view().row(row);
    for (int kx = columns.first; kx < columns.end; ++kx) {
      if (a[kx] < 0 || b[kx] < 0) continue;
      const auto ring = static_cast<std::size_t>((a[kx] + b[kx]) / 2);
      const double weight = weights[static_cast<std::size_t>(kx)];
      sums.cross[ring] +=
          weight * static_cast<double>(e[kx].real() * f[kx].real() + e[kx].imag() * f[kx].imag());
      sums.square[ring] += weight * weight;
    }
  }
}

}  // namespace

SlabSignal assumed_signal(const SlabSpectra& spectra, FrequencyBand band) {
  SlabSignal signal;
  const double scale = 0.5 * band.highest * spectra.grid.period_px();
  for (int r = 0; r < spectra.n_rings(); ++r)
    signal.share.push_back(0.5 * std::exp(-0.5 * std::pow(r / scale, 2)));
  signal.gain.assign(static_cast<std::size_t>(spectra.count()), 1.0);
  return signal;
}

SlabSignal measured_signal(const SlabSpectra& spectra, double thickness_px, FrequencyBand band) {
  const auto pairs = neighbours(spectra, thickness_px);
  const auto n_rings = static_cast<std::size_t>(spectra.n_rings());
  const double high = band.highest * spectra.grid.period_px();
  const int reach = std::min(spectra.grid.n / 2 - 1, static_cast<int>(high));
  const int block = std::max(4, static_cast<int>(high / 16.0));
  std::vector<RingSums> sums(pairs.size());
  parallel_for(static_cast<int>(pairs.size()), [&](int p) {
    const auto at = static_cast<std::size_t>(p);
    sums[at].cross.assign(n_rings, 0.0), sums[at].square.assign(n_rings, 0.0);
    for (int ky = -reach; ky <= reach; ky += block)
      add_rows(spectra, band, pairs[at], ky, std::min(block, reach - ky + 1), sums[at]);
  });
  RingSums total{std::vector<double>(n_rings), std::vector<double>(n_rings)};
  for (const RingSums& part : sums)
    for (std::size_t r = 0; r < n_rings; ++r) {
      total.cross[r] += part.cross[r];
      total.square[r] += part.square[r];
    }
  SlabSignal signal;
  signal.gain.assign(static_cast<std::size_t>(spectra.count()), 1.0);
  for (std::size_t r = 0; r < n_rings; ++r) {  // over five rings: single ones are noisy
    double c = 0, s = 0;
    for (std::size_t t = r < 2 ? 0 : r - 2; t <= std::min(n_rings - 1, r + 2); ++t)
      c += total.cross[t], s += total.square[t];
    signal.share.push_back(s > 0.0 ? std::clamp(c / s, 0.002, 0.9) : 0.002);
  }
  return signal;
}

}  // namespace gimbal::tilt
