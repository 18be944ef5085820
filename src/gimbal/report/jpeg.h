// SPDX-License-Identifier: GPL-3.0-or-later
// Grey JPEG pictures in memory (libjpeg is behind this file).
#pragma once

#include "gimbal/core/image.h"

#include <cstdint>
#include <string>

namespace gimbal {

// Row 0 of the view is the top line of the picture.
std::string encode_jpeg(View<const std::uint8_t> grey, int quality);

// Error when the bytes are not a JPEG of at most 4096 x 4096 pixels. eighths: the size of the
// result, in eighths of the picture's (1 to 8).
Image<std::uint8_t> decode_jpeg(const std::string& bytes, int eighths = 8);

}  // namespace gimbal
