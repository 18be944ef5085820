// SPDX-License-Identifier: GPL-3.0-or-later
// Alignments as AreTomo keeps them. ROT, TX, TY and TILT are gimbal's ZRot, shift and YTilt. An
// .aln has no place for a rotation about X: one that is the same for all tilts only turns the
// specimen, others are lost.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/io/aretomo.h"

#include <vector>

namespace gimbal {

// Sections count from 0 and are places in `order`; excluded tilts are dark frames.
AretomoAlignment aretomo_alignment(const Alignment& alignment,
                                   const std::vector<std::size_t>& order);

// In px of the images that AreTomo worked on.
Projection projection_of(const AretomoRow& row);

}  // namespace gimbal
