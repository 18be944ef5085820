// SPDX-License-Identifier: GPL-3.0-or-later
// Alignments as IMOD keeps them. IMOD's images are centred at (n - 1)/2 in indices, gimbal's (and
// RELION's) at floor(n/2); the rotations are the same ones, in the same order: .xtilt about X, then
// .tlt about Y, then in the plane. The centres of both tomograms are the same specimen point.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/io/imod.h"
#include "gimbal/io/imod_model.h"

#include <vector>

namespace gimbal {

// Rows of .xf, .tlt and .xtilt.
struct ImodTilt {
  ImodTransform transform;
  double tilt_deg = 0.0;
  double x_tilt_deg = 0.0;
};

// A = R(-ZRot) / magnification, d = -A (shift + floor(n/2) - (n-1)/2).
ImodTilt imod_tilt(const Projection& projection, Size2 size);
// The reverse. A stretched transform gets the nearest rotation and magnification; what is lost is
// told by stretch_of().
Projection projection_of(const ImodTilt& tilt, Size2 size);
// Relative change of the length of the vector that a transform distorts most; 0: it only rotates,
// scales and shifts. Negative when it mirrors.
double stretch_of(const ImodTransform& transform);

// Indices of the tilts by rising nominal angle, as RELION orders the stacks it gives to IMOD.
std::vector<std::size_t> nominal_order(const Alignment& alignment);

// The tracks on the images themselves (not aligned or binned): one contour for each, z is the place
// in `order`.
ImodModel imod_fiducials(const Alignment& alignment, const std::vector<std::size_t>& order);
std::vector<ImodResidual> imod_residuals(const Alignment& alignment,
                                         const std::vector<std::size_t>& order);

// The contours of a model as tracks. `order`: the tilt that each section is; points of sections
// beyond it are an Error. `prealigned`: transforms of a prealigned stack the model was made on (one
// for each section; empty: the model is on the images themselves), perhaps binned (by the model's
// image size). Contours of fewer than two points are left out; of two points in one section the
// first counts.
std::vector<Track> tracks_of(const ImodModel& model, const std::vector<std::size_t>& order,
                             const std::vector<ImodTransform>& prealigned, Size2 size);

}  // namespace gimbal
