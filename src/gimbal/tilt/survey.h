// SPDX-License-Identifier: GPL-3.0-or-later
// One quick look at the images of a tilt series, to judge them and to show them small.
#pragma once

#include "gimbal/tilt/stack.h"

namespace gimbal::tilt {

struct SurveyedImage {
  Size2 size;              // 0 x 0: not readable
  double mean = 0.0;       // of all pixels
  double deviation = 0.0;  // of all pixels
  Image<float> small;      // means over squares of pixels, at most `max_px` a side
  std::string problem;     // why there is no small image
};

// Never throws because of the image: it gets its problem. An incomplete row of squares at the upper
// ends is left out.
SurveyedImage survey_image(const ImageSource& source, int max_px);

}  // namespace gimbal::tilt
