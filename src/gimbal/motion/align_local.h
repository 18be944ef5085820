// SPDX-License-Identifier: GPL-3.0-or-later
// Local motion: overlapping patches, one joint fit. All patches and frames together maximise the
// likelihood of RELION's polynomial (no peak is ever picked in a single patch), and local_model.h
// decides how much of it the data carry.
#pragma once

#include "gimbal/data/motion_field.h"
#include "gimbal/motion/low_spectra.h"
#include "gimbal/motion/signal.h"

#include <optional>
#include <string>
#include <vector>

namespace gimbal {

struct LocalAlignment {
  std::optional<LocalMotionModel> model;  // empty: the data do not support one
  double rms_px = 0;                      // of the model over field and frames
  // With a model: what the frames' common shifts lack, now that local motion no longer blurs the
  // sum, and the standard error of what they are then.
  std::vector<Shift> global_correction;
  Shift error_px;
  std::string decision;  // in words
};

// `aligned`: global shifts applied; `times`: of its frames, counted from the first used frame of
// the movie. patches: in x and y, each at least 2.
LocalAlignment align_local(const LowSpectra& aligned, const SignalRings& signal,
                           const std::vector<double>& times, Size2 patches);

// As many patches as a field of this size in the corner's pixels can use: about 128 px each, 3
// to 8.
Size2 automatic_patches(const LowSpectra& spectra);

}  // namespace gimbal
