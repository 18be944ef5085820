// SPDX-License-Identifier: GPL-3.0-or-later
// The acquisition metadata of an EER file: XML items <item name="..." unit="...">value</item>.
#pragma once

#include <string_view>

namespace gimbal {

// Zero: not stated, or not in the unit that is expected.
struct EerMetadata {
  int n_frames = 0;
  double exposure_time_s = 0;
  double dose_e_pixel = 0;
  double pixel_A = 0;  // at the specimen
  int nx = 0;
  int ny = 0;
};

EerMetadata parse_eer_metadata(std::string_view xml);

}  // namespace gimbal
