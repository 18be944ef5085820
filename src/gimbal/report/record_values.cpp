// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/record_values.h"

#include "gimbal/core/error.h"
#include "gimbal/report/text.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

namespace gimbal::record {

using Json = nlohmann::ordered_json;

Json to_json(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0.0 ? "inf" : "-inf";
  return value;
}
Json to_json(int value) {
  return value;
}
Json to_json(bool value) {
  return value;
}
Json to_json(const std::string& text) {
  if (is_utf8(text)) return text;
  return Json{{"base64", to_base64(text)}};
}

void from_json(const Json& json, double& value) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (json.is_number())
    value = json.get<double>();
  else if (json == "nan")
    value = std::numeric_limits<double>::quiet_NaN();
  else if (json == "inf" || json == "-inf")
    value = json == "inf" ? infinity : -infinity;
  else
    fail("expected a number, \"nan\", \"inf\" or \"-inf\"");
}
void from_json(const Json& json, int& value) {
  if (!json.is_number_integer()) fail("expected an integer");
  value = json.get<int>();
}
void from_json(const Json& json, bool& value) {
  if (!json.is_boolean()) fail("expected true or false");
  value = json.get<bool>();
}
void from_json(const Json& json, std::string& text) {
  if (json.is_string())
    text = json.get<std::string>();
  else if (json.is_object() && json.contains("base64") && json["base64"].is_string())
    text = from_base64(json["base64"].get<std::string>());
  else
    fail("expected text");
}

}  // namespace gimbal::record
