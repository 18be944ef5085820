// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/slab_model.h"

#include "gimbal/core/parallel.h"
#include "gimbal/tilt/slab_tile.h"

namespace gimbal::tilt {
namespace {

SlabEvaluation empty_evaluation(int n) {
  SlabEvaluation e;
  e.gradient = Eigen::VectorXd::Zero(2 * n);
  e.information = Eigen::MatrixXd::Zero(2 * n, 2 * n);
  const auto size = static_cast<std::size_t>(n);
  e.cross.assign(size, 0.0);
  e.measured_power.assign(size, 0.0);
  e.predicted_power.assign(size, 0.0);
  return e;
}

// Calls f(tile) for all tiles of a strip that the band meets.
template <typename F>
void for_tiles(const TilePlan& plan, int strip, F f) {
  SlabTile tile(plan);
  for (int kx = 0; kx < plan.columns; kx += SlabTile::lanes)
    if (tile.load(strip, kx)) f(tile);
}

}  // namespace

void complete_first_column(Image<cfloat>& spectrum) {
  const int n = spectrum.ny();
  for (int row = n / 2 + 1; row < n; ++row) spectrum(0, row) = std::conj(spectrum(0, n - row));
}

SlabEvaluation evaluate(const SlabSpectra& spectra, const SlabSignal& signal, double thickness_px,
                        FrequencyBand band, WithPictures with_pictures) {
  const TilePlan plan = tile_plan(spectra, signal, thickness_px, band);
  SlabEvaluation total = empty_evaluation(spectra.count());
  for (int i = 0; with_pictures == WithPictures::yes && i < spectra.count(); ++i) {
    total.predicted.emplace_back(spectra.grid.n / 2 + 1, spectra.grid.n);
    total.precision.emplace_back(spectra.grid.n / 2 + 1, spectra.grid.n);
  }
  std::vector<TileSums> sums(static_cast<std::size_t>(plan.n_strips()), TileSums(plan, total));
  parallel_for(plan.n_strips(), [&](int strip) {
    for_tiles(plan, strip, [&](SlabTile& tile) {
      tile.solve();
      sums[static_cast<std::size_t>(strip)].add(tile);
    });
  });
  for (const TileSums& part : sums) part.finish(total);
  total.log_likelihood *= spectra.share;
  total.gradient *= spectra.share;
  total.information *= spectra.share;
  return total;
}

double log_likelihood(const SlabSpectra& spectra, const SlabSignal& signal, double thickness_px,
                      FrequencyBand band) {
  const TilePlan plan = tile_plan(spectra, signal, thickness_px, band);
  std::vector<double> parts(static_cast<std::size_t>(plan.n_strips()));
  parallel_for(plan.n_strips(), [&](int strip) {
    for_tiles(plan, strip, [&](SlabTile& tile) {
      parts[static_cast<std::size_t>(strip)] += tile.log_likelihood();
    });
  });
  double total = 0.0;
  for (const double part : parts) total += part;
  return spectra.share * total;
}

Image<cfloat> weighted_correlation(const SlabSpectra& spectra, const SlabSignal& signal,
                                   double thickness_px, FrequencyBand band,
                                   const std::vector<int>& members) {
  const TilePlan plan = tile_plan(spectra, signal, thickness_px, band, members);
  Image<cfloat> result(spectra.grid.n / 2 + 1, spectra.grid.n);
  const int target = plan.count() - 1;
  parallel_for(plan.n_strips(), [&](int strip) {
    for_tiles(plan, strip, [&](SlabTile& tile) {
      tile.solve();
      const float *e = tile.values(target), *u = tile.solved(target);
      for (int k = 0; k < tile.rows(); ++k)
        for (int l = 0; l < SlabTile::lanes; ++l) {
          if (!tile.holds(k, l) || !tile.is_member(target, l)) continue;
          const std::ptrdiff_t re = std::ptrdiff_t{2} * k * SlabTile::lanes + l,
                               im = re + SlabTile::lanes;
          const float precision = tile.precision(target, l);
          const cfloat measured{e[re], e[im]};
          const cfloat predicted = measured - cfloat{u[re], u[im]} / precision;
          result(tile.kx() + l, tile.row_of(k)) = precision * std::conj(predicted) * measured;
        }
    });
  });
  return result;
}

}  // namespace gimbal::tilt
