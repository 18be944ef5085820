// SPDX-License-Identifier: GPL-3.0-or-later
// Alignments in RELION 5's tilt series: rlnTomoXShiftAngst, rlnTomoYShiftAngst, rlnTomoZRot,
// rlnTomoXTilt and rlnTomoYTilt, then gimbal's own columns, with all digits. The model of the
// specimen's deformation is a block of its own, which RELION does not look at.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/data/tilt_series.h"

namespace gimbal {

enum class ExcludedTilts { keep, drop };  // in the rows of the series

// Sets the columns of all tilts, found by their key, and sorts the rows by nominal angle, as RELION
// does. Every row must have its tilt in the alignment.
void set_alignment(TiltSeries& series, const Alignment& alignment, ExcludedTilts excluded);

// The alignment that the columns tell, RELION's alone or with gimbal's; shifts in px of pixel_A.
// Tilts are in the order of the rows. Errors name what is missing.
Alignment alignment_of(const TiltSeries& series, Size2 size, double pixel_A);

// rlnTomoTiltSeriesPixelSize, else rlnMicrographOriginalPixelSize; an Error when neither is there
// or positive.
double image_pixel_A(const TiltSeries& series);

const char* text_of(Verdict verdict);

}  // namespace gimbal
