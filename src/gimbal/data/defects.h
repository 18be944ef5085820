// SPDX-License-Identifier: GPL-3.0-or-later
// Defect files: which pixels of the detector are bad. Recognised by content, not by name.
#pragma once

#include "gimbal/core/error.h"
#include "gimbal/core/image.h"
#include "gimbal/data/outliers.h"

#include <filesystem>
#include <string_view>

namespace gimbal {

struct Defects {
  DefectMask mask;  // of the movie's size
  Findings findings;
};

struct DefectRequest {
  std::filesystem::path path;
  Size2 movie_size;  // EER: after upsampling
  bool eer = false;  // rows of EER movies run from the detector's top
};

// Reads UCSF text (a rectangle "x y w h" in each line), SerialEM's defect list, or a map (MRC,
// TIFF; not 0 = bad). Texts and maps are in the coordinates of the movie as it is read (MRC
// orientation), not in those of the gain. The file is named in errors and findings.
Defects read_defects(const DefectRequest& request);

// The same from memory. SerialEM's list is recognised by its keywords.
Defects defects_from_text(std::string_view text, Size2 movie_size, bool eer);
Defects defects_from_map(View<const float> map, Size2 movie_size);

// Sets the part of the rectangle [x0, x1] x [y0, y1] that is inside the mask; false: it was cut.
bool mark_rectangle(DefectMask& mask, long x0, long y0, long x1, long y1);

}  // namespace gimbal
