// SPDX-License-Identifier: GPL-3.0-or-later
// Values in the records of finished work, exact in both directions. JSON has no NaN and no
// infinities: words stand for them. Names are bytes on disk, not always text. Reading throws an
// Error that says what was expected.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace gimbal::record {

nlohmann::ordered_json to_json(double value);
nlohmann::ordered_json to_json(int value);
nlohmann::ordered_json to_json(bool value);
nlohmann::ordered_json to_json(const std::string& text);

void from_json(const nlohmann::ordered_json& json, double& value);
void from_json(const nlohmann::ordered_json& json, int& value);
void from_json(const nlohmann::ordered_json& json, bool& value);
void from_json(const nlohmann::ordered_json& json, std::string& text);

}  // namespace gimbal::record
