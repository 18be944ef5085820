// SPDX-License-Identifier: GPL-3.0-or-later
// The Gaussian model of slab.h on the transforms of plane views.
#pragma once

#include "gimbal/tilt/slab_views.h"

#include <Eigen/Core>

#include <cstdint>
#include <vector>

namespace gimbal::tilt {

struct SlabSpectra {
  PlaneGrid grid;
  std::vector<int> tilts;  // indices into the stack
  std::vector<PlaneView> views;
  std::vector<Image<cfloat>> values;       // unit mean power in each ring of image frequency
  std::vector<std::vector<double>> power;  // what they were divided by, squared; by ring
  std::vector<Image<std::int16_t>> rings;  // of the coefficients
  double share = 1.0;  // independent coefficients per coefficient: the mean squared window

  int count() const { return static_cast<int>(tilts.size()); }
  // Ring of image frequency of coefficient (kx, row) of view i; -1: beyond the image's band.
  int ring(std::size_t i, int kx, int row) const { return rings[i](kx, row); }
  int row_of(int ky) const { return ky < 0 ? ky + grid.n : ky; }
  int n_rings() const { return grid.n; }
  SlabSpectra clone() const;
};

// Rings of a view's coefficients, in images with frequencies up to `nyquist` (cycles per full-size
// px).
Image<std::int16_t> rings_of(const PlaneView& view, const PlaneGrid& grid, double nyquist);

SlabSpectra slab_spectra(const Stack& stack, const std::vector<Projection>& projections,
                         const std::vector<int>& tilts, const PlaneGrid& grid);
// View i becomes that of this tilt; i may be one more than there are.
void set_view(const Stack& stack, const Projection& projection, int tilt, std::size_t i,
              const Fft2d& fft, SlabSpectra& spectra);
// Moves the content of view i by (x, y) px of the plane, by turning phases.
void move_content(SlabSpectra& spectra, std::size_t i, Vec2 px);

struct SlabSignal {
  std::vector<double> share;  // of the power, by ring
  std::vector<double> gain;   // of each tilt of the spectra, times the common share
};

// Lateral frequencies that are used, in cycles per full-size px.
struct FrequencyBand {
  double lowest = 0.0;
  double highest = 0.5;
};

// From the agreement of views of neighbouring angles.
SlabSignal measured_signal(const SlabSpectra& spectra, double thickness_px, FrequencyBand band);
// Before anything is aligned: half of the power at the lowest frequencies, falling off.
SlabSignal assumed_signal(const SlabSpectra& spectra, FrequencyBand band);

struct SlabEvaluation {
  double log_likelihood = 0.0;
  Eigen::VectorXd gradient;  // by (x, y) in px of the plane of each tilt: content moved by +
  Eigen::MatrixXd information;
  // Sums over the band, for each tilt: measured * predicted, and the squares of both.
  std::vector<double> cross, measured_power, predicted_power;
  std::vector<Image<cfloat>> predicted;  // each view from all others, as `values` are
  std::vector<Image<float>> precision;   // 1 / variance of the difference; 0 outside the band
};
enum class WithPictures { no, yes };  // `predicted` and `precision`
SlabEvaluation evaluate(const SlabSpectra& spectra, const SlabSignal& signal, double thickness_px,
                        FrequencyBand band, WithPictures with_pictures = WithPictures::yes);

// The likelihood alone, in less than half of the time.
double log_likelihood(const SlabSpectra& spectra, const SlabSignal& signal, double thickness_px,
                      FrequencyBand band);

// Spectra are given for kx = 0 and ky > 0 only: completes that column.
void complete_first_column(Image<cfloat>& spectrum);

// conj(predicted) * measured of the last of these views, predicted from the others; weighted by the
// precision.
Image<cfloat> weighted_correlation(const SlabSpectra& spectra, const SlabSignal& signal,
                                   double thickness_px, FrequencyBand band,
                                   const std::vector<int>& members);

}  // namespace gimbal::tilt
