// SPDX-License-Identifier: GPL-3.0-or-later
// Least squares for a volume and for smooth motions of its pictures together: minimises
//   sum weights |A strength u - picture - slope . motion(q)|^2 + noise (|u|^2 + q^T precision q)
// over u and q by conjugate gradients. Solved apart, each of the two would hold the other where it
// is: a volume made with wrong shifts predicts pictures that confirm them.
#pragma once

#include "gimbal/tilt/local_volume.h"

#include <Eigen/Core>

namespace gimbal::tilt {

// How a parameter moves the pictures: by so much of a grid px across the axis, of each tilt; the
// last parameter turns all pictures together (rad).
struct SlowModes {
  Eigen::MatrixXd across;     // tilts x (parameters - 1)
  Eigen::VectorXd precision;  // of the parameters, from what is known before

  Eigen::Index count() const { return across.cols() + 1; }
};

struct VolumeBlock {
  std::vector<float> strength, scaled;            // the volume is their product
  std::vector<float> pictures, weights;           // measured
  std::vector<float> slope_x, slope_y;            // of the predicted pictures, per grid px
  std::vector<float> residual, direction, image;  // while it is solved
};

struct SlowSystem {
  VolumeGrid grid;
  double noise = 1.0;  // variance of a picture's px
  std::vector<VolumeBlock> blocks;
};

// Goes on from the volume that is there, with q = 0; returns q.
Eigen::VectorXd solve_slow(SlowSystem& system, const SlowModes& modes, int iterations);

}  // namespace gimbal::tilt
