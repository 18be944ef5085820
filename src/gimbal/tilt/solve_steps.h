// SPDX-License-Identifier: GPL-3.0-or-later
// The steps of solve(): internal.
#pragma once

#include "gimbal/tilt/bundle_normal.h"
#include "gimbal/tilt/solve.h"

#include <string>
#include <vector>

namespace gimbal::tilt {

// A tilt that does not take part, and why.
struct DroppedTilt {
  int index = 0;  // in Alignment::tilts
  std::string reason;
};

struct SolveState {
  Bundle bundle;
  std::vector<DroppedTilt> dropped;
  std::vector<std::string> notes;
  LeaveOut leave_out;  // of the final model
  bool by_track = true;
  std::string axis_doubt;  // worth a warning
  int n_tracks_given = 0, n_tracks_dropped = 0;
};

// Used tilts with observations, and tracks that are long enough.
SolveState gather(const Alignment& start, const SolveOptions& options);

// From nothing but rotations and angles: points, shifts, and the common rotation near its start.
// Robust against outliers.
void initialise(Bundle& bundle);
// Median length of the residuals over their sigmas.
double misfit(const Bundle& bundle);
// Finds the axis among 12 directions when that is wanted, or warns when another one fits better.
void find_axis(SolveState& state, const SolveOptions& options);

// Weights and scales while the model is still too simple, or the points are still far off: each
// tilt has its own scale.
void reweight_roughly(Bundle& bundle);
// The noise, the scales of the tilts and the widths of the priors that the data suggest.
void update_scales(Bundle& bundle, const Normal& normal, const Eigen::MatrixXd& covariance);
// Full weight up to 3 sigmas, none beyond 6.
void reweight(Bundle& bundle);
// Takes out tilts and tracks that do not agree with the rest; true if there were any.
bool drop_bad(SolveState& state);

// Weights, scales and bad tilts under a rich model.
void settle(SolveState& state);
// Puts the tomogram's centre where solve.h says, or, when `start` is given, where it was there.
void recentre(Bundle& bundle, const Alignment* start);
// Chooses what is free by leave-out error, and solves.
void choose_model(SolveState& state, const SolveOptions& options);

Alignment result_of(const Alignment& start, const SolveOptions& options, SolveState& state);

}  // namespace gimbal::tilt
