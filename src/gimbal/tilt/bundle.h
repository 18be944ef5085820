// SPDX-License-Identifier: GPL-3.0-or-later
// The unknowns of the bundle adjustment and how observations depend on them. Lengths are in px;
// angles and magnifications are unknowns in px too: times `radius_px`, they are what they move at
// that distance from the centre, so that all unknowns are of one size.
#pragma once

#include "gimbal/data/alignment.h"

#include <Eigen/Core>

#include <array>
#include <cmath>
#include <vector>

namespace gimbal::tilt {

constexpr int n_deformation = 18;  // x, y, z: six coefficients each, as in DeformationModel

// What can differ from tilt to tilt beside the shift.
enum Own { own_rotation = 0, own_magnification = 1, own_tilt = 2, n_own = 3 };

struct BundleTilt {
  int index = 0;  // in Alignment::tilts
  double angle_rad = 0.0;
  double x_tilt_rad = 0.0;
  double dose_e_A2 = 0.0;
  Vec2 shift_px;
  std::array<double, n_own> own{};  // px at radius_px
};

struct BundleObservation {
  int tilt = 0;   // index into Bundle::tilts
  int point = 0;  // index into Bundle::points
  int track = 0, place = 0;
  Vec2 position_px;  // from the image's centre
  double sigma_px = 1.0;
  double weight = 1.0;
};

struct BundlePoint {
  Vec3 position_px;
  int begin = 0, end = 0;  // its observations
};

// Which unknowns are free, and the widths of their priors.
struct BundleModel {
  bool rotation = true;  // the common one
  std::array<bool, n_own> own{};
  std::array<double, n_own> own_sigma_px{};
  bool beam_tilt = false;
  bool doming = false;    // deformation of z
  bool in_plane = false;  // deformation of x and y
  double doming_sigma_px = 3.0, in_plane_sigma_px = 3.0;
};

// Observations whose errors differ along and across the tilt axis, made alike: vectors are scaled
// in both directions. A sigma is the rms of both.
struct Whitening {
  double ratio = 1.0;     // error along the axis over the one across it
  double axis_rad = 0.0;  // the common rotation that the axis is taken from

  double along() const { return ratio * across(); }  // error over sigma
  double across() const { return std::sqrt(2.0 / (1.0 + ratio * ratio)); }
  Vec2 direction_across() const { return {std::cos(axis_rad), std::sin(axis_rad)}; }
  Vec2 direction_along() const { return {-std::sin(axis_rad), std::cos(axis_rad)}; }
  Vec2 whitened(Vec2 px) const { return scaled(px, 1.0 / along(), 1.0 / across()); }
  Vec2 in_px(Vec2 white) const { return scaled(white, along(), across()); }
  bool changes() const { return ratio != 1.0; }

 private:
  Vec2 scaled(Vec2 v, double by_along, double by_across) const {
    if (!changes()) return v;
    const Vec2 a = direction_along(), c = direction_across();
    return by_along * (v.x * a.x + v.y * a.y) * a + by_across * (v.x * c.x + v.y * c.y) * c;
  }
};

struct Bundle {
  double radius_px = 1.0;
  double dose_range_e_A2 = 0.0, first_dose_e_A2 = 0.0;  // range 0: no deformation possible
  double rotation_rad = 0.0;                            // common to all tilts
  double beam_tilt_rad = 0.0;   // of the tilt axis out of the plane across the beam
  double log_dose_scale = 0.0;  // of dose_scale / dose_range
  Vec3 centre_px;               // where the mean of the points is kept: the gauge
  std::array<double, n_deformation> deformation{};  // px at radius_px over the whole dose
  std::vector<BundleTilt> tilts;
  std::vector<BundlePoint> points;
  std::vector<BundleObservation> observations;  // by point
  BundleModel model;
  double noise = 1.0;              // factor of all sigmas
  std::vector<double> tilt_noise;  // factor of the sigmas of each tilt
  Whitening whitening;
  bool finds_whitening = false;                         // from the residuals, with the noise
  std::vector<std::array<double, n_own>> prior_weight;  // below 1: a tilt that stands out

  double sigma(const BundleObservation& observation) const {
    return observation.sigma_px * noise * tilt_noise[static_cast<std::size_t>(observation.tilt)];
  }
};

// Where the unknowns are in the vector of the reduced system.
struct Layout {
  int n_tilts = 0;
  int per_tilt = 2;
  std::array<int, n_own> own{-1, -1, -1};  // place in a tilt's unknowns
  int rotation = -1, beam_tilt = -1, deformation = -1, dose_scale = -1;
  int first_coefficient = 0, n_coefficients = 0;
  int n_common = 0;
  int size() const { return n_tilts * per_tilt + n_common; }
  int common() const { return n_tilts * per_tilt; }
};

Layout layout_of(const Bundle& bundle);

constexpr int max_own = 2 + n_own, max_common = 3 + n_deformation;

struct Derivatives {
  Eigen::Matrix<double, 2, max_own> tilt;
  Eigen::Matrix<double, 2, max_common> common;
  Eigen::Matrix<double, 2, 3> point;
};

// A tilt's matrices, made once for all of its observations.
struct TiltView {
  Eigen::Matrix<double, 2, 3> seen, by_angle, by_beam_tilt;  // rows x and y, with magnification
  Vec2 shift_px;
  double course = 0.0, course_by_scale = 0.0;  // of the deformation
};

TiltView view_of(const Bundle& bundle, const BundleTilt& tilt);

// Predicted position (from the image's centre); derivatives when they are asked for.
Vec2 predict(const Bundle& bundle, const Layout& layout, const TiltView& view, Vec3 point,
             Derivatives* derivatives);

// Slope of the whole deformation by the point (which is in px from the tomogram's centre).
Eigen::Matrix3d deformation_slope(const Bundle& bundle, Vec3 point);

// In RELION's convention: the beam tilt goes into the tilt's three angles.
Projection projection_of(const Bundle& bundle, const BundleTilt& tilt);
DeformationModel deformation_of(const Bundle& bundle);

}  // namespace gimbal::tilt
