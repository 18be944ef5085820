// SPDX-License-Identifier: GPL-3.0-or-later
// The steps of align_slab().
#pragma once

#include "gimbal/tilt/slab.h"
#include "gimbal/tilt/slab_model.h"

#include <string>
#include <vector>

namespace gimbal::tilt {

// What is known so far.
struct SlabState {
  std::vector<Projection> projections;  // of all tilts of the stack
  std::vector<int> tilts;               // the placed ones
  std::vector<int> candidates;          // all that have images
  double thickness_px = 0.0;
  DeformationModel deformation;  // found with the slow errors; the slab knows nothing of it
};

// Images and grid for one resolution.
struct SlabLevel {
  Stack stack;
  PlaneGrid grid;
  FrequencyBand band;
};

// Shifts across the axis that change slowly with the tilt angle, of the placed tilts.
struct SlowErrors {
  Eigen::MatrixXd modes;       // tilts x modes; orthonormal
  Eigen::MatrixXd covariance;  // of the shifts, px^2 of the image
};

SlabLevel slab_level(const Stack& stack, double finest_A);
SlabState slab_start(const Stack& stack, const Alignment& start, const SlabOptions& options);

// Places tilt after tilt, from the one most face-on outwards, each by what the placed ones predict.
void grow(const SlabLevel& level, SlabState& state);
// The view of a placed tilt where the eight nearest in angle predict it.
void look_again(const SlabLevel& level, SlabState state, int tilt, SlabSpectra& spectra);
// Newton steps of all shifts together. What it returns holds no predictions.
SlabEvaluation refine(const SlabLevel& level, SlabState& state, int steps,
                      bool evaluate_last = true);
// The same for the shift and the rotation of each tilt; rotations have a prior around their mean,
// whose width is found from the data.
SlabEvaluation refine_all(const SlabLevel& level, SlabState& state, int steps);

// Where in the picture the gradient of one tilt comes from: it is the sum over the grid of
// prediction (weighted, negative) times slope (per full-size px) of the measured picture, both
// behind the window.
struct ScorePictures {
  Image<float> prediction, slope_x, slope_y, window;
};
ScorePictures score_pictures(const SlabLevel& level, const SlabSpectra& spectra,
                             const SlabEvaluation& e, const Projection& projection, std::size_t i,
                             const Fft2d& fft);

// Covariance of the shifts (across, along the axis in px of each tilt's image), after the best
// translation of the specimen. The likelihood takes the specimen for a random texture; a few strong
// objects make errors larger, and slow in the tilt angle. So the scatter of the gradient is
// measured between strips across the tilt axis, which no height of an object makes it leave.
Eigen::MatrixXd shift_covariance(const SlabLevel& level, const SlabState& state,
                                 const SlabEvaluation& e);

// Over 180 degrees, from nothing: by how well the tilts predict each other. (The likelihood also
// counts how far the thickness and the signal are right, which nobody knows yet.)
void find_axis(const SlabLevel& level, SlabState& state);
// Whether the tilts agree much better with an axis at 45, 90 or 135 degrees from this one.
bool another_axis_is_better(const SlabLevel& level, const SlabState& state);
// By the agreement, within the options' range of the nominal one; false when the best is at the end
// of the range.
bool correct_axis(const SlabLevel& level, SlabState& state, const SlabOptions& options);
// Parabolas of these widths through the tilts' agreement, each after some Newton steps of the
// shifts. (The likelihood is misled by a thickness that nobody knows yet, or that differs in the
// field.)
void tune_axis(const SlabLevel& level, SlabState& state, const std::vector<double>& widths_deg,
               int steps);
// After a few Newton steps of the shifts.
double settled_likelihood(const SlabLevel& level, SlabState state, int steps);
// By the likelihood of the views as they are.
void find_thickness(const SlabLevel& level, SlabState& state, const SlabOptions& options);
// A wrong thickness bends the alignment, and a bent alignment looks thicker than it is: of some
// thicknesses around, the one with which the tilts, aligned again, predict each other best.
void settle_thickness(const SlabLevel& level, SlabState& state);

// Turns the specimen about x, and with it all projections, so that the slab lies in the plane z =
// 0: by the likelihood, which is right within a degree; turns below 1.5 degrees are left alone.
// Returns the turn in degrees (turned() of level.h); nothing moves in the images. The first round
// uses the rough level.
double level_about_x(const SlabLevel& rough, const SlabLevel& level, SlabState& state,
                     const SlabOptions& options);

// In how many directions the placed tilts within 20 degrees have something in common, 0 to 1: least
// over largest second moment of the directions. An edge has one, and shows neither shifts along it
// nor the tilt axis.
double variety_of_directions(const SlabLevel& level, const SlabState& state);

// Moves the shifts across the axis, and the axis: the slab model cannot see errors that change
// slowly with the tilt angle, and is misled by few strong objects and in thick specimens; a volume
// with local strengths is not (local_volume.h). Where the tilts would agree less, nothing moves,
// and what would have been moved is left open, too. Nothing is known of fewer than 8 tilts.
std::optional<SlowErrors> remove_slow_errors(const Stack& stack, const SlabOptions& options,
                                             SlabState& state);
// Shifts along the axis anew: an axis that was turned moved what lies away from it.
void settle_along_axis(const SlabLevel& level, SlabState& state);
// What they leave open, in place of what the slab's covariance says of them.
void replace_slow(const SlowErrors& slow, Eigen::MatrixXd& covariance);

// Correlation of view i with its prediction.
double agreement_of(const SlabEvaluation& e, std::size_t i);

}  // namespace gimbal::tilt
