// SPDX-License-Identifier: GPL-3.0-or-later
// Options of motion correction: RELION's names, defaults and meaning (relion_run_motioncorr 5.0.1),
// each declared once. What gimbal does differently is in docs/methods.md.
#pragma once

#include "gimbal/core/error.h"
#include "gimbal/core/options.h"

#include <string>

namespace gimbal {

struct MotionOptions {
  int eer_grouping = 32;
  int eer_upsampling = 1;
  bool float16 = false;
  bool even_odd_split = false;
  int grouping_for_ps = -1;
  int ps_size = 512;
  double bfactor = 150.0;
  int patch_x = 0;  // 0: gimbal decides
  int patch_y = 0;
  int group_frames = 1;
  double bin_factor = 1.0;
  std::string gainref;
  std::string gain_rot = "0";
  int gain_flip = 0;
  std::string defect_file;
  int first_frame_sum = 1;
  int last_frame_sum = -1;
  bool dose_weighting = false;
  double dose_per_frame = 0.0;  // 0: from the tilt series' pre-exposures
  double preexposure = 0.0;
  bool save_noDW = false;
  bool skip_defect = false;
};

void describe(MotionOptions& options, OptionTable& table);

// The frames of a movie to use, counted from 0, both used. As in RELION, a movie with fewer frames
// than last_frame_sum is used to its end. Throws Error when none is left.
struct FrameRange {
  int first = 0, last = 0;
  bool is_short = false;  // the movie has fewer frames than were asked for
};
FrameRange used_frames(const MotionOptions& options, int n_frames);
// Says so; nothing when it is not.
Findings short_movie(const FrameRange& range, const MotionOptions& options);

}  // namespace gimbal
