// SPDX-License-Identifier: GPL-3.0-or-later
// The image of a bead: a ball looks the same from every side, and the lens is taken to be round, so
// that one function of the distance from the centre describes it, CTF fringes included. It is
// learned from the data as a cubic B-spline.
#pragma once

#include "gimbal/core/geometry.h"
#include "gimbal/core/image.h"

#include <functional>
#include <vector>

namespace gimbal::tilt {

class BeadProfile {
 public:
  BeadProfile() = default;
  // Zero from `reach_px` on; normalised so that its squares sum to 1 over the pixels.
  BeadProfile(const std::function<double(double r_px)>& value, double diameter_px, double reach_px);

  double diameter_px() const { return diameter_; }
  double reach_px() const { return reach_; }
  struct Sample {
    double value, slope;            // of the profile, per px of distance
    double stretch, stretch_slope;  // r dP/dr: the change with the bead's size
  };
  Sample at(double r_px) const;  // r below reach

 private:
  double diameter_ = 0.0, reach_ = 0.0;
  std::vector<Sample> table_;
};

// Projection of a solid ball, dark.
BeadProfile ball_profile(double diameter_px);

// One image of a bead, as fitted.
struct BeadView {
  const Image<float>* image = nullptr;
  Vec2 position_px;
  double amplitude = 0.0;
  double background = 0.0;  // at the position
  Vec2 slope;               // of the background, per px
};

// The profile that explains these views best, given their positions and amplitudes.
BeadProfile learn_profile(const std::vector<BeadView>& views, const BeadProfile& previous);

}  // namespace gimbal::tilt
