// SPDX-License-Identifier: GPL-3.0-or-later
// Candidates for beads in each tilt by themselves: which of them are gold is decided later, by
// their agreement over the tilts.
#pragma once

#include "gimbal/tilt/bead_options.h"
#include "gimbal/tilt/bead_profile.h"
#include "gimbal/tilt/bead_whiten.h"
#include "gimbal/tilt/stack.h"

#include <vector>

namespace gimbal::tilt {

struct BeadCandidate {
  Vec2 position_px;     // working px
  double signal = 0.0;  // of the matched filter, in standard deviations of the noise
  double match = 0.0;   // correlation coefficient with the bead's image, local mean removed
};

// The series prepared for beads. Images are whitened; `profile` is what beads look like in them.
struct BeadImages {
  Size2 size;  // working size
  std::vector<WhiteTilt> tilts;
  BeadProfile profile;
  std::vector<std::vector<BeadCandidate>> candidates;  // for each tilt, the best first
};

BeadImages find_beads(const Stack& stack, const BeadOptions& options);

// Candidates in small whitened images of one size; may be used by many threads.
class CandidateFinder {
 public:
  // `scale`: working px per small px.
  CandidateFinder(Size2 small, Vec2 scale, const BeadProfile& profile);
  std::vector<BeadCandidate> find(View<const float> small, int most) const;

  struct Kernel {
    Image<cfloat> bead, window;  // transforms
    double count = 0.0;          // pixels of the window
  };

 private:
  Fft2d fft_;
  Kernel kernel_;
  Vec2 scale_;
  double spacing_px_;
};

}  // namespace gimbal::tilt
