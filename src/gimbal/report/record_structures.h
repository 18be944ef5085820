// SPDX-License-Identifier: GPL-3.0-or-later
// Whole structures in the records of finished work. each_member(structure, member) calls
// member(name, value) for every member; it stands in namespace gimbal, where the structure does. An
// enumeration is a number; last_of(value) is its greatest one.
#pragma once

#include "gimbal/core/error.h"
#include "gimbal/core/geometry.h"
#include "gimbal/report/record_values.h"

#include <nlohmann/json.hpp>

#include <concepts>
#include <optional>
#include <type_traits>
#include <vector>

namespace gimbal::record {

using Json = nlohmann::ordered_json;

// For each_member: T is `Structure`, or that const.
template <typename T, typename Structure>
concept Is = std::same_as<std::remove_const_t<T>, Structure>;
template <typename T>
concept Enumeration = std::is_enum_v<T>;
template <typename T>
concept Structure = requires(T& value) {
  each_member(value, [](const char*, const auto&) {});
};

template <typename T>
Json to_json(const std::optional<T>& value);
template <typename T>
Json to_json(const std::vector<T>& values);
template <Enumeration T>
Json to_json(T value) {
  return static_cast<int>(value);
}
inline Json to_json(Vec2 v) {
  return Json::array({to_json(v.x), to_json(v.y)});
}
inline Json to_json(Vec3 v) {
  return Json::array({to_json(v.x), to_json(v.y), to_json(v.z)});
}
template <Structure T>
Json to_json(const T& value) {
  Json json = Json::object();
  each_member(value, [&](const char* name, const auto& member) { json[name] = to_json(member); });
  return json;
}
template <typename T>
Json to_json(const std::optional<T>& value) {
  return value ? to_json(*value) : Json(nullptr);
}
template <typename T>
Json to_json(const std::vector<T>& values) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(to_json(value));
  return list;
}

template <typename T>
void from_json(const Json& json, std::optional<T>& value);
template <typename T>
void from_json(const Json& json, std::vector<T>& values);
template <Enumeration T>
void from_json(const Json& json, T& value) {
  int number = -1;
  from_json(json, number);
  const int last = static_cast<int>(last_of(value));
  if (number < 0 || number > last) fail("expected a number from 0 to {}", last);
  value = static_cast<T>(number);
}
inline void from_json(const Json& json, Vec2& v) {
  if (!json.is_array() || json.size() != 2) fail("expected two numbers");
  from_json(json[0], v.x);
  from_json(json[1], v.y);
}
inline void from_json(const Json& json, Vec3& v) {
  if (!json.is_array() || json.size() != 3) fail("expected three numbers");
  from_json(json[0], v.x);
  from_json(json[1], v.y);
  from_json(json[2], v.z);
}
template <Structure T>
void from_json(const Json& json, T& value) {
  if (!json.is_object()) fail("expected an object");
  each_member(value, [&](const char* name, auto& member) {
    if (!json.contains(name)) fail("there is no member '{}'", name);
    in_context(fmt::format("reading the member '{}'", name),
               [&] { from_json(json[name], member); });
  });
}
template <typename T>
void from_json(const Json& json, std::optional<T>& value) {
  value.reset();
  if (!json.is_null()) from_json(json, value.emplace());
}
template <typename T>
void from_json(const Json& json, std::vector<T>& values) {
  if (!json.is_array()) fail("expected a list");
  values.assign(json.size(), T{});
  for (std::size_t i = 0; i < values.size(); ++i) from_json(json[i], values[i]);
}

// The text of a record, which names its format.
template <typename T>
std::string text_of_record(const T& value, int format) {
  Json json{{"record_format", format}};
  json.update(to_json(value));
  return json.dump() + "\n";
}
// `what`: "an alignment", for the Error when the text is not such a record.
template <typename T>
T record_of_text(const std::string& text, int format, const char* what) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("record_format", Json()) != format)
    fail("the record of {} is not one of format {}", what, format);
  return in_context(fmt::format("reading the record of {}", what), [&] {
    T value;
    from_json(json, value);
    return value;
  });
}

}  // namespace gimbal::record
