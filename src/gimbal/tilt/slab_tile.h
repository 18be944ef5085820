// SPDX-License-Identifier: GPL-3.0-or-later
// The linear algebra of slab.h for 16 neighbouring columns of coefficients at once: lane l of every
// vector belongs to column kx + l, so that small matrices cost as little as large ones.
#pragma once

#include "gimbal/tilt/slab_model.h"

namespace gimbal::tilt {

// What the tiles of some views have in common.
struct TilePlan {
  const SlabSpectra& spectra;
  std::vector<int> members;          // views, as they are counted in the spectra
  double low, high;                  // of the band, in coefficients
  int columns, reach;                // kx = 0 .. columns - 1, ky = -reach .. reach
  int block;                         // rows that share a covariance, which changes slowly there
  std::vector<double> by_kx, by_ky;  // of each member: half its height's phase, in rad
  std::vector<float> lane_sines, lane_cosines;  // of by_kx times the lane
  std::vector<float> pair_by_kx, pair_by_ky;    // differences, of each pair
  Image<float> amplitude;  // (ring + 1, member): root of the share of signal; 0 beyond the image

  int count() const { return static_cast<int>(members.size()); }
  int n_strips() const { return (2 * reach + block) / block; }
};

// Without members: all views of the spectra.
TilePlan tile_plan(const SlabSpectra& spectra, const SlabSignal& signal, double thickness_px,
                   FrequencyBand band, std::vector<int> members = {});

// One tile: up to `block` rows of 16 columns. All arrays have 16 lanes for each entry.
class SlabTile {
 public:
  using Floats = std::vector<float, PixelAllocator<float>>;
  static constexpr int lanes = 16;

  explicit SlabTile(const TilePlan& plan);

  // False: the band holds none of it.
  bool load(int strip, int first_column);
  // 2 log-likelihood (without constants), by elimination; spoils the tile.
  double log_likelihood();
  // The inverse, and its product with the values.
  void solve();

  int kx() const { return kx_; }
  int ky() const { return ky_; }
  int rows() const { return rows_; }
  int row_of(int k) const { return plan_.spectra.row_of(ky_ + k); }
  bool holds(int k, int lane) const { return in_band_[at(k, lane)] != 0.0F; }
  bool is_member(int i, int lane) const { return amplitudes_[at(i, lane)] != 0.0F; }
  // Real and imaginary parts of member i, row k: entries 2 k and 2 k + 1 of `parts()`.
  const float* values(int i) const { return values_.data() + entry(i * parts()); }
  const float* solved(int i) const { return solved_.data() + entry(i * parts()); }
  int parts() const { return parts_; }
  // Lower triangles, row after row, the inverse negative.
  const Floats& covariance() const { return covariance_; }
  const Floats& negative_inverse() const { return matrix_; }
  float precision(int i, int lane) const { return -matrix_[at(diagonal(i), lane)]; }
  static int diagonal(int i) { return i * (i + 3) / 2; }
  const float* in_band() const { return in_band_.data(); }
  // Sum of the logarithms of the determinants of all coefficients of the band, after solve().
  double log_determinants() const;

 private:
  static std::size_t entry(int i) { return static_cast<std::size_t>(i) * lanes; }
  static std::size_t at(int i, int lane) { return entry(i) + static_cast<std::size_t>(lane); }
  bool set_band();
  bool set_members();
  void set_values();

  const TilePlan& plan_;
  int kx_ = 0, ky_ = 0, rows_ = 0, parts_ = 0;
  Floats in_band_, amplitudes_, sines_, cosines_, covariance_, matrix_, column_, pivots_, values_,
      solved_;
};

// Sums over tiles of what evaluate() gives. Predictions and precisions go to their places in
// `pictures` at once, unless it has none.
class TileSums {
 public:
  TileSums(const TilePlan& plan, SlabEvaluation& pictures);
  void add(const SlabTile& tile);
  // Into sums for all views of the spectra.
  void finish(SlabEvaluation& out) const;

 private:
  void set_pictures(const SlabTile& tile, int member, const float* precision,
                    const float* prediction);
  const TilePlan& plan_;
  SlabEvaluation& pictures_;
  double log_likelihood_ = 0.0;
  SlabTile::Floats information_;                                 // xx, xy, yy of each pair, by lane
  std::vector<double> gradient_, cross_, measured_, predicted_;  // of each member
};

}  // namespace gimbal::tilt
