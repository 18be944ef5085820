// SPDX-License-Identifier: GPL-3.0-or-later
// Least squares for a volume and for motions of its pictures together: minimises
//   sum weights |A strength u - picture - slope . motion(q)|^2 + noise (|u|^2 + q^T precision q)
// over u and q by conjugate gradients. Solved apart, each of the two would hold the other where it
// is: a volume made with wrong shifts predicts pictures that confirm them.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/tilt/local_volume.h"

#include <Eigen/Core>

namespace gimbal::tilt {

// How far a parameter moves the picture of each tilt across the axis, in grid px: as a whole, or,
// by the last one if the specimen domes, by `bend` times the square of the distance from the middle
// of the specimen.
struct SlowModes {
  Eigen::MatrixXd across;     // tilts x parameters of whole pictures
  Eigen::VectorXd bend;       // of the tilts, at the distance `half`; empty: none
  double half = 1.0;          // grid px
  DeformationModel course;    // of 1 px at a distance of 1 px over the whole dose
  Eigen::VectorXd precision;  // of all parameters, from what is known before

  Eigen::Index moving() const { return across.cols(); }
  Eigen::Index bending() const { return bend.size() > 0 ? 1 : 0; }
};

struct VolumeBlock {
  std::vector<float> strength, scaled;            // the volume is their product
  std::vector<float> pictures, weights;           // measured
  std::vector<float> slope;                       // of the predicted pictures across, per grid px
  std::vector<float> residual, direction, image;  // while it is solved
};

struct SlowSystem {
  VolumeGrid grid;
  double noise = 1.0;  // variance of a picture's px
  std::vector<VolumeBlock> blocks;
};

// Goes on from the volume that is there, with q = 0; returns q.
Eigen::VectorXd solve_slow(SlowSystem& system, const SlowModes& modes, int iterations);

// Covariance of the parameters, by the curvature or by how the gradients of the blocks scatter,
// whichever is larger, for a volume that was solved for without them and whose strengths are taken
// as known. Leaves no volume.
Eigen::MatrixXd slow_covariance(SlowSystem& system, const SlowModes& modes, int iterations);

// Slopes of the pictures that the volume predicts.
void set_slopes(SlowSystem& system);

// How the logarithm of the likelihood grows as the axis turns (z_rot_deg grows; per rad), for a
// volume that was solved for. The volume turns about z with what the pictures hold, and its
// strengths too: that changes no prior.
double turning_slope(const SlowSystem& system);

}  // namespace gimbal::tilt
