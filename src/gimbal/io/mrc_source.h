// SPDX-License-Identifier: GPL-3.0-or-later
// MRC from any source of bytes, for compressed movies and tests.
#pragma once

#include "gimbal/io/byte_source.h"
#include "gimbal/io/frame_reader.h"
#include "gimbal/io/mrc_header.h"

namespace gimbal {

std::unique_ptr<FrameReader> open_mrc(std::unique_ptr<ByteSource> source);

}  // namespace gimbal
