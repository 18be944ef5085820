// SPDX-License-Identifier: GPL-3.0-or-later
// EER movies: electron events in a TIFF container, one directory for each raw frame. A frame of the
// reader is a fraction: the sum of `grouping` raw frames; what remains at the end is not used.
// Pixels are uint8 as long as no pixel can count beyond 255 (grouping <= 255), else uint16. Memory
// does not grow with the number of raw frames, but for their places in the file.
#pragma once

#include "gimbal/io/frame_reader.h"

namespace gimbal {

// Whether a TIFF file has an EER frame in its first directories.
bool is_eer(const std::filesystem::path& path);

std::unique_ptr<FrameReader> open_eer(const std::filesystem::path& path,
                                      const EerRendering& rendering);

}  // namespace gimbal
