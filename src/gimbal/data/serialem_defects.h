// SPDX-License-Identifier: GPL-3.0-or-later
// SerialEM's camera defect list: "Keyword values" lines, rows counted from the top of the camera.
#pragma once

#include "gimbal/data/defects.h"

#include <string_view>

namespace gimbal {

bool is_serialem_defect_list(std::string_view text);

Defects serialem_defects(std::string_view text, Size2 movie_size, bool eer);

}  // namespace gimbal
