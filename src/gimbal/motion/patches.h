// SPDX-License-Identifier: GPL-3.0-or-later
// Overlapping patches of all frames, as low spectra of their own. The squares of all windows add up
// to one.
#pragma once

#include "gimbal/motion/local_model.h"
#include "gimbal/motion/low_spectra.h"

#include <vector>

namespace gimbal {

struct Patch {
  PatchPosition position;
  LowSpectra spectra;
  std::vector<double> frame_power;  // of all frames together, by rings
  // Independent pixels per coefficient: the mean of the squared window.
  double information_share = 1.0;
};

// Motion that is taken out of the frames before they are cut, so that patches are not blurred by
// what differs inside them, nor their position by where in them the signal is.
struct KnownMotion {
  std::vector<Shift> common;  // one for each frame, px
  LocalCoefficients local;
};

// `radius`: frequencies that matter, cycles per px. known: null for none.
std::vector<Patch> make_patches(const LowSpectra& aligned, double radius, Size2 n_patches,
                                const TimeFunctions& time, const KnownMotion* known);

// What coefficients say of a place in frame i.
Shift shift_at(const LocalCoefficients& coefficients, const TimeFunctions& time,
               PatchPosition position, int i);

}  // namespace gimbal
