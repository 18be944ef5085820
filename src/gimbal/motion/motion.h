// SPDX-License-Identifier: GPL-3.0-or-later
// The recipe: one raw movie -> aligned sums and their motion. No files are written here.
#pragma once

#include "gimbal/core/error.h"
#include "gimbal/core/image.h"
#include "gimbal/data/detector.h"
#include "gimbal/data/motion_field.h"
#include "gimbal/data/movie.h"
#include "gimbal/io/frame_reader.h"
#include "gimbal/motion/options.h"

#include <optional>
#include <string>
#include <vector>

namespace gimbal {

// What all movies of a job share. Empty images: no gain, no defects.
struct DetectorData {
  Image<float> gain;
  DefectMask defects;
};

struct MotionResult {
  Image<float> sum;             // dose-weighted when dose_weighting is on, plain otherwise
  Image<float> plain_sum;       // only with dose_weighting and save_noDW
  Image<float> even;            // frames 1, 3, 5, ...; only with even_odd_split
  Image<float> odd;             // frames 2, 4, 6, ...
  Image<float> power_spectrum;  // amplitudes, only with grouping_for_ps > 0
  double power_spectrum_pixel_A = 0.0;
  double sum_pixel_A = 0.0;

  MotionField motion;
  std::vector<double> shift_error_px;  // standard error of each frame's shift, per axis
  double local_rms_px = 0.0;           // rms of the local part of the model over the field
  std::string local_decision;          // why a local model was used or not, in words
  OutlierPixels outliers;
  double mean_counts_per_px = 0.0;  // of one frame, gain applied
  Findings findings;                // warnings in words
};

MotionResult correct_motion(const Movie& movie, const FrameReader& frames,
                            const DetectorData& detector, const MotionOptions& options);

// The power spectrum of a movie whose motion another program has measured (result.motion), as
// correct_motion() makes it.
void add_power_spectrum(const Movie& movie, const FrameReader& frames, const DetectorData& detector,
                        const MotionOptions& options, MotionResult& result);

}  // namespace gimbal
