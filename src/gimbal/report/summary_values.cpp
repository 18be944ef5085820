// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/summary_values.h"

#include "gimbal/report/align_report.h"
#include "gimbal/report/text.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace gimbal::summary {

using Json = nlohmann::ordered_json;

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json texts(const std::vector<std::string>& lines) {
  Json list = Json::array();
  for (const auto& line : lines) list.push_back(printable(line));
  return list;
}

Json options(const std::vector<std::pair<std::string, std::string>>& options) {
  Json json = Json::object();
  for (const auto& [name, value] : options) json[name] = printable(value);
  return json;
}

const char* word(SeriesStatus status) {
  return status == SeriesStatus::done     ? "done"
         : status == SeriesStatus::failed ? "failed"
                                          : "skipped";
}

}  // namespace gimbal::summary
