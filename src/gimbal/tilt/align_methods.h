// SPDX-License-Identifier: GPL-3.0-or-later
// The steps of align(). `base` says which tilts may be used and where they start. Every method
// throws an Error that says why it cannot work.
#pragma once

#include "gimbal/tilt/align.h"

namespace gimbal::tilt {

// What the metadata alone say.
Alignment nominal_alignment(const Stack& stack);
// How many tilts are used.
std::size_t n_used(const Alignment& alignment);

Alignment align_by_fiducials(const Stack& stack, const Alignment& base,
                             const AlignOptions& options);
Alignment align_by_patches(const Stack& stack, const Alignment& base, const AlignOptions& options);
Alignment align_by_projection(const Stack& stack, const Alignment& base,
                              const AlignOptions& options);

// Says when the axis is not the one that `base` and the stack give, and what nobody can know then.
void note_axis(const Stack& stack, const Alignment& base, Alignment& alignment);
// Turns the specimen level where its tilt is known: by the beads' two surfaces or plane.
void level_specimen(Alignment& alignment);
// Of a specimen with beads: its thickness, and its middle to the tomogram's, by the beads' two
// surfaces or by what is seen between the beads.
void find_depth(const Stack& stack, Alignment& alignment, const AlignOptions& options);
// Agreement of each tilt with the prediction from all others, and, without beads, the thickness if
// it is not known.
void set_score(const Stack& stack, Alignment& alignment);
// What the tilts around one reach, as scores change with the angle: the second lowest of the four
// nearest; at the ends of the range, where scores fall from tilt to tilt, no more than the next two
// lead to.
double score_near(const Alignment& alignment, const AlignedTilt& tilt);
double score_around(const Alignment& alignment, const AlignedTilt& tilt);
// Of tilts that agree with the others far less than their neighbours do, whatever placed them; true
// if there are any.
bool exclude_strangers(Alignment& alignment);
// Warns of tilts that agree much less than expected, and of few tilts; failing for an alignment
// that agrees with nothing.
void judge(Alignment& alignment);

}  // namespace gimbal::tilt
