// SPDX-License-Identifier: GPL-3.0-or-later
// The likelihood of shifts, to second order. For frames G_i with sum R, log L = sum_k w |R|^2
// (signal.h), so the gradient for frame i is 2 sum_k w 2 pi k Im(conj(R) G_i), and the expected
// curvature is -H = 2 A (n I - 1 1^T) with A = sum_k w S (2 pi k)(2 pi k)^T. The inverse of -H is
// the shifts' covariance. Sums run over the half plane of independent coefficients.
#pragma once

#include "gimbal/data/motion_field.h"
#include "gimbal/motion/low_spectra.h"
#include "gimbal/motion/signal.h"

#include <cstdint>
#include <vector>

namespace gimbal {

struct Symmetric2 {
  double xx = 0, xy = 0, yy = 0;
  double determinant() const { return xx * yy - xy * xy; }
  Shift solve(double x, double y) const {
    const double d = determinant();
    return {(yy * x - xy * y) / d, (xx * y - xy * x) / d};
  }
};

// Which ring of frequency each coefficient of spectra of one size belongs to.
class RingGeometry {
 public:
  RingGeometry(const LowSpectra& spectra, const SignalRings& rings);
  std::size_t count() const { return moments_.size(); }
  const Symmetric2& moments(std::size_t ring) const {
    return moments_[ring];
  }  // sum (2 pi k)(2 pi k)^T
  double coefficients(std::size_t ring) const { return coefficients_[ring]; }
  // Sum of |.|^2 over each ring.
  std::vector<double> power(View<const cfloat> spectrum) const;
  // One value for each coefficient from one for each ring; 0 outside the half plane and the rings.
  Image<float> spread(const std::vector<double>& by_ring) const;
  double period_x_px() const { return period_x_px_; }
  double period_y_px() const { return period_y_px_; }

 private:
  double period_x_px_, period_y_px_;
  Image<std::uint16_t> ring_;  // count(): none
  std::vector<Symmetric2> moments_;
  std::vector<double> coefficients_;
};

class Likelihood {
 public:
  Likelihood(const RingGeometry& geometry, const SignalRings& signal);

  bool has_signal() const { return information_.determinant() > 0.0; }
  const Symmetric2& information() const { return information_; }  // A, per px^2
  Shift error_px() const;  // standard error of one frame's shift relative to the mean of all
  Shift gradient(const LowSpectra& spectra, int i, View<const cfloat> sum) const;
  Shift newton_step(const LowSpectra& spectra, int i, View<const cfloat> sum) const;
  // log L, up to a constant, from the ring powers of the sum.
  double energy(const std::vector<double>& sum_power) const;
  // How much signal frames hold, relative to the rings' mean (1 on average, 0 in an empty region),
  // from the ring powers of their sum and, added up, of themselves.
  double signal_scale(const std::vector<double>& sum_power,
                      const std::vector<double>& frame_power) const;

 private:
  std::vector<double> ring_weight_;
  Image<float> weights_;
  Symmetric2 information_;
  double expected_ = 0;  // of sum_k w (|R|^2 - sum_i |G_i|^2)
  double n_;
  double period_x_px_, period_y_px_;
};

}  // namespace gimbal
