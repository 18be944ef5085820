// SPDX-License-Identifier: GPL-3.0-or-later
// What one look at the image of a tilt has shown, kept so that the next run need not look again.
#pragma once

#include "gimbal/core/image.h"

#include <string>
#include <vector>

namespace gimbal {

struct SurveyRecord {
  Size2 size;  // 0 x 0: not readable
  double mean = 0.0;
  double deviation = 0.0;
  std::vector<float> cells;  // 16 x 16 means over the field, minus `mean`; empty: too small
  std::string jpeg;
  std::string problem;
};

std::string survey_records_to_json(const std::vector<SurveyRecord>& records);
// Throws Error, naming the member, when the text is not such a list.
std::vector<SurveyRecord> survey_records_from_json(const std::string& text);

}  // namespace gimbal
