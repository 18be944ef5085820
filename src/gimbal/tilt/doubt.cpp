// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/doubt.h"

#include <algorithm>

namespace gimbal::tilt {

void add_doubt(Alignment& alignment, Verdict verdict, std::string reason) {
  auto& notes = alignment.notes;
  const bool is_less = verdict < alignment.verdict && !notes.empty();
  alignment.verdict = std::max(alignment.verdict, verdict);
  if (std::find(notes.begin(), notes.end(), reason) == notes.end())
    notes.insert(notes.begin() + (is_less ? 1 : 0), std::move(reason));
}

}  // namespace gimbal::tilt
