// SPDX-License-Identifier: GPL-3.0-or-later
// The motions that the volume of slow errors is solved with, and what they do to an alignment.
#pragma once

#include "gimbal/tilt/slab_search.h"
#include "gimbal/tilt/slow_system.h"

namespace gimbal::tilt {

// Shifts across the axis, smooth functions of the tilt angle that no motion of the specimen
// explains; and doming: z changes with dose by the square of the distance from the middle.
// `by_strengths`: how many times larger errors are than the volume says. Without doming where the
// dose is not known.
SlowModes slow_modes(const Stack& stack, const SlabState& state, const VolumeGrid& grid,
                     double by_strengths);
// All shifts across the axis that no motion of the specimen explains, of any course.
SlowModes free_modes(const VolumeGrid& grid);

// Moves shifts and deformation by these parameters.
void move_by(const SlowModes& modes, const Eigen::VectorXd& q, const VolumeGrid& grid,
             SlabState& state);
void move_across(const Eigen::VectorXd& px, SlabState& state);

// How far the parameters move each tilt, grid px: mean over the field.
Eigen::MatrixXd mean_motions(const SlowModes& modes);

// Whether the pictures say how much the specimen domes, and whether it does.
bool is_doming_seen(const SlowModes& modes, const Eigen::MatrixXd& covariance, double step_A);
bool is_doming(const SlowModes& modes, const Eigen::VectorXd& q, const Eigen::MatrixXd& covariance);

}  // namespace gimbal::tilt
