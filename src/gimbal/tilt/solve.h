// SPDX-License-Identifier: GPL-3.0-or-later
// The bundle adjustment in which every method of alignment ends: from observations of beads or
// patches to one projection for each tilt, with standard errors.
//
// Model: p = c + s + m [Rz Ry Rx (P + deformation)].xy, as in data/alignment.h. Shifts and points
// are always free. A common rotation, and for each tilt its own rotation, magnification and tilt
// angle (weak Gaussian priors, robust against single jumps, whose widths are estimated from the
// data), a beam tilt, and a deformation with dose are used when they lower the leave-out error:
// whole tracks are left out, and then predicted by the others.
//
// Gauge: magnifications have mean 1 and tilt angles have no mean offset from the starting angles
// (both by their priors); X tilts keep their starting values (a common X tilt is a rotation of the
// specimen, which no series can tell). The tomogram's centre is in z the middle of the points, and
// in x and y the place that is on average nearest to the images' centres. An axis that is wrong by
// 180 degrees cannot be told from the right one: it gives the same residuals and the mirrored
// specimen.
#pragma once

#include "gimbal/data/alignment.h"

namespace gimbal::tilt {

enum class Freedom { off, automatic, on };  // automatic: if it lowers the leave-out error

struct SolveOptions {
  bool axis_known = true;  // false: the starting z_rot_deg mean nothing
  Freedom rotation = Freedom::automatic;
  Freedom magnification = Freedom::automatic;
  Freedom tilt_angle = Freedom::automatic;
  Freedom beam_tilt = Freedom::automatic;
  Freedom deformation = Freedom::automatic;
  int min_track_length = 3;  // tilts; shorter tracks are ignored
  bool recentre = true;      // false: the tomogram's centre stays at the starting one
  // So many tracks tell as much as one, as the errors of neighbours have something in common:
  // standard errors of tilts are that much larger, squared.
  double redundancy = 1.0;
  // Errors along and across the tilt axis may differ: by how much is found with the noise, and
  // sigmas are the rms of both.
  bool errors_differ = false;
  double warn_leave_out_A = 8.0;  // verdicts by the leave-out error, per axis
  double fail_leave_out_A = 20.0;
};

// `start` holds sizes, tilts (shifts may be far off; angles and rotations within some 10 degrees)
// and tracks (positions and sigmas; the points are found here). Excluded tilts get an interpolated
// projection. Tilts that cannot be placed become excluded, with the reason. Fails, with the reason,
// when there is nothing to solve: no tilt or no track that is long enough.
Alignment solve(const Alignment& start, const SolveOptions& options = {});

}  // namespace gimbal::tilt
