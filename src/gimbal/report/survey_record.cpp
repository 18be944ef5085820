// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/survey_record.h"

#include "gimbal/core/error.h"
#include "gimbal/report/record_values.h"
#include "gimbal/report/text.h"

#include <nlohmann/json.hpp>

#include <cstring>

namespace gimbal {
namespace {

using Json = nlohmann::ordered_json;

// Exact, and shorter than digits.
std::string bytes_of(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::vector<float> floats_of(const std::string& bytes) {
  if (bytes.size() % sizeof(float) != 0)
    fail("expected a whole number of values, but found {} bytes", bytes.size());
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

SurveyRecord read_record(const Json& json) {
  SurveyRecord record;
  const auto member = [&](const char* name) -> const Json& {
    if (!json.is_object() || !json.contains(name)) fail("there is no member '{}'", name);
    return json[name];
  };
  const auto base64 = [&](const char* name) {
    std::string letters;
    record::from_json(member(name), letters);
    return from_base64(letters);
  };
  record::from_json(member("nx"), record.size.nx);
  record::from_json(member("ny"), record.size.ny);
  record::from_json(member("mean"), record.mean);
  record::from_json(member("deviation"), record.deviation);
  record::from_json(member("problem"), record.problem);
  record.cells = floats_of(base64("cells"));
  record.jpeg = base64("jpeg");
  return record;
}

}  // namespace

std::string survey_records_to_json(const std::vector<SurveyRecord>& records) {
  Json list = Json::array();
  for (const auto& record : records)
    list.push_back({{"nx", record.size.nx},
                    {"ny", record.size.ny},
                    {"mean", record::to_json(record.mean)},
                    {"deviation", record::to_json(record.deviation)},
                    {"problem", record::to_json(record.problem)},
                    {"cells", to_base64(bytes_of(record.cells))},
                    {"jpeg", to_base64(record.jpeg)}});
  return list.dump();
}

std::vector<SurveyRecord> survey_records_from_json(const std::string& text) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_array()) fail("the record of a look at images is not a list");
  std::vector<SurveyRecord> records;
  for (const auto& one : json)
    records.push_back(
        in_context("reading the record of a look at images", [&] { return read_record(one); }));
  return records;
}

}  // namespace gimbal
