// SPDX-License-Identifier: GPL-3.0-or-later
// TIFF movies and images through libtiff: one sample per pixel, 8 and 16-bit integers, 32-bit
// floats, 4-bit pixels, in strips or tiles, any compression that libtiff knows. Rows are turned
// over, as RELION does: row 0 of a frame is the last row of the TIFF.
#pragma once

#include "gimbal/io/frame_reader.h"

namespace gimbal {

std::unique_ptr<FrameReader> open_tiff(const std::filesystem::path& path);

}  // namespace gimbal
