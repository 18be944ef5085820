// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/frame_dose.h"

namespace gimbal {

bool is_eer(const StackInfo& info) {
  return info.format.starts_with("EER");
}

double frame_dose_e_A2(const MotionOptions& options, double tilt_dose_e_A2, const StackInfo& info) {
  if (options.dose_per_frame > 0.0) return options.dose_per_frame;
  const double whole_e_A2 = tilt_dose_e_A2 > 0.0 ? tilt_dose_e_A2 : info.exposure_e_A2;
  if (whole_e_A2 <= 0.0 || info.n_raw_frames < 1) return 0.0;
  return whole_e_A2 * (is_eer(info) ? options.eer_grouping : 1) / info.n_raw_frames;
}

}  // namespace gimbal
