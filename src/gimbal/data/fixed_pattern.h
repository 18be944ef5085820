// SPDX-License-Identifier: GPL-3.0-or-later
// What the movies themselves say about the gain: its orientation, and whether one is missing.
#pragma once

#include "gimbal/core/image.h"
#include "gimbal/data/gain.h"

#include <string>

namespace gimbal {

enum class GainVerdict {
  decided,            // the orientation is known
  already_corrected,  // the gain's pattern is not in the movies: corrected, or another detector's
  undecided,          // too few counts, a symmetric or empty pattern, or an inverted gain
};

struct GainGuess {
  GainVerdict verdict = GainVerdict::undecided;
  GainOrientation orientation;  // the most likely one
  double agreement = 0.0;       // 1: the movies show the whole pattern; 0: nothing of it
  double agreement_error = 0.0;
  double confidence = 0.0;  // lead over the second, in standard errors
  std::string explanation;  // in words, for log and report
};

// Finds how the gain lies against the movies (--gain_rot auto), from the average of many raw frames
// without gain, over as many movies as needed: counts add up, specimens cancel. 20 electrons per
// pixel in all are plenty. Throws when the gain fits the movie's size in no orientation.
GainGuess guess_gain_orientation(const StoredGain& gain, View<const float> raw_average);

struct FixedPattern {
  double rms = 0.0;        // of the pixels' sensitivity, 0.01: 1 %
  double rms_limit = 0.0;  // a pattern above this would have been seen
  bool found = false;      // the movies look uncorrected
  std::string explanation;
};

// Looks for a pattern of the detector in two independent averages of the same frames: the even and
// the odd ones, of one or more movies. Only the Nyquist corner counts, where specimens are faint;
// counting noise is independent there, a pattern is the same.
FixedPattern find_fixed_pattern(View<const float> even_average, View<const float> odd_average);

}  // namespace gimbal
