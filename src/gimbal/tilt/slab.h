// SPDX-License-Identifier: GPL-3.0-or-later
// Marker-free alignment. The specimen is a slab: its Fourier transform at one lateral frequency,
// seen in tilt i at height kz_i, is a random function of kz that forgets itself over 1 / thickness.
// So the coefficients of all tilts at a lateral frequency are jointly Gaussian with covariance
//   C_ij = sqrt(q_i q_j) sinc(thickness (kz_i - kz_j)) + (1 - q_i) delta_ij
// (normalised to unit power; q: the part of the power that is signal), and everything follows from
// it without a volume: the prediction of each tilt from all others, the likelihood of the shifts,
// its gradient, and their standard errors.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/tilt/stack.h"

#include <vector>

namespace gimbal::tilt {

struct SlabOptions {
  double thickness_A = 0.0;  // 0: found by the likelihood
  double largest_thickness_A = 4000.0;
  bool axis_known = true;        // false: looked for over 180 degrees
  double axis_range_deg = 10.0;  // how far a known axis is corrected
  double finest_A = 25.0;        // resolution: before the first zero of a usual CTF
  bool levels_about_x = false;   // turns the specimen, see SlabAlignment
  bool follows_doming = true;    // where the volume of slow errors sees it
  bool is_start = false;         // true: stop at a coarser resolution, for another method to go on
};

struct SlabAlignment {
  std::vector<Projection> projections;  // of all tilts of the stack
  // Standard errors, full-size px, along the image's axes, after the best translation of the
  // specimen; and the part of errors that change slowly with the tilt angle.
  std::vector<Vec2> shift_error_px, slow_error_px;
  std::vector<double> agreement;  // correlation with the prediction from all other tilts
  std::vector<bool> placed;       // false: no image, or nothing in common with the others
  DeformationModel deformation;   // of the specimen with dose, found with the slow errors
  double thickness_A = 0.0;
  double axis_deg = 0.0;
  double x_turn_deg = 0.0;          // the specimen was turned by it (turned() of level.h)
  std::vector<std::string> doubts;  // reasons not to call it a pass; whole sentences
  bool is_edge = false;  // the images share little but one edge, along which nothing is known
};

// `start` gives angles, and shifts and axis as far as they are known; tilts that it excludes are
// left alone. An Error when fewer than three tilts have images.
SlabAlignment align_slab(const Stack& stack, const Alignment& start, const SlabOptions& options);

// How far each tilt agrees with what all others predict, with these projections: the score that
// needs no truth, the same for every method.
struct SlabAgreement {
  std::vector<double> measured;  // of all tilts; 0 for those that are not used
  double mean = 0.0;
  double thickness_A = 0.0;
};
// thickness_A 0: found by the likelihood. Tilts are predicted with the thickness, from 0.85 to 1.4
// times this one, that lets them agree best.
SlabAgreement slab_agreement(const Stack& stack, const std::vector<Projection>& projections,
                             const std::vector<bool>& used, double thickness_A);

// The views of a plane through the middle of the slab, as far as their images reach: what was
// measured and what all other tilts predict, in the plane's own coordinates.
struct SlabPictures {
  double step_px = 1.0;                           // full-size px per px of the pictures
  std::vector<Image<float>> measured, predicted;  // empty for tilts that are not used
};
SlabPictures slab_pictures(const Stack& stack, const std::vector<Projection>& projections,
                           const std::vector<bool>& used, double thickness_A, double finest_A);

}  // namespace gimbal::tilt
