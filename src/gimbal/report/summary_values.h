// SPDX-License-Identifier: GPL-3.0-or-later
// Values in the summaries (summary.json), which are for people and scripts: plain JSON, valid
// UTF-8.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <utility>
#include <vector>

namespace gimbal {

enum class SeriesStatus;

namespace summary {

nlohmann::ordered_json number(double value);  // null unless it is finite
nlohmann::ordered_json texts(const std::vector<std::string>& lines);
nlohmann::ordered_json options(const std::vector<std::pair<std::string, std::string>>& options);
const char* word(SeriesStatus status);

}  // namespace summary
}  // namespace gimbal
