// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/accumulated_motion.h"

#include <cmath>

namespace gimbal {

AccumulatedMotion accumulated_motion(const MotionField& motion, const Movie& movie,
                                     double early_dose_e_A2) {
  AccumulatedMotion length;
  for (int i = 1; i < motion.n_frames(); ++i) {
    const Shift &from = motion.global[static_cast<std::size_t>(i) - 1],
                &to = motion.global[static_cast<std::size_t>(i)];
    const double step_A = std::hypot(to.x - from.x, to.y - from.y) * movie.pixel_A;
    const double dose_e_A2 =
        movie.pre_exposure_e_A2 + (motion.first_frame + i + 1) * movie.dose_per_frame_e_A2;
    const bool early = movie.dose_per_frame_e_A2 > 0.0 && dose_e_A2 <= early_dose_e_A2 + 1e-9;
    (early ? length.early_A : length.late_A) += step_A;
  }
  length.total_A = length.early_A + length.late_A;
  return length;
}

}  // namespace gimbal
