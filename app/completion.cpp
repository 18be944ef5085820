// SPDX-License-Identifier: GPL-3.0-or-later
#include "completion.h"

#include "gimbal/io/file.h"

#include <nlohmann/json.hpp>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

bool is_as_recorded(const fs::path& file, const Json& bytes) {
  const auto recorded = bytes.find(file.filename().string());
  if (recorded == bytes.end()) return !fs::exists(file);
  return fs::exists(file) && *recorded == fs::file_size(file);
}

}  // namespace

void write_completion(const fs::path& record, const Completion& completion) {
  const Json json{{"fingerprint", completion.fingerprint},
                  {"bytes", completion.bytes},
                  {"result", Json::parse(completion.result)}};
  write_text_atomically(record, json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n',
                        Survive::kill);
}

std::optional<std::string> finished_result(const fs::path& record, const std::string& fingerprint,
                                           const std::vector<fs::path>& outputs) {
  if (!fs::exists(record)) return std::nullopt;
  const auto json = Json::parse(read_text(record), nullptr, false);
  if (!json.is_object() || json.value("fingerprint", Json()) != fingerprint ||
      !json.contains("result") || !json.value("bytes", Json()).is_object())
    return std::nullopt;
  for (const auto& file : outputs)
    if (!is_as_recorded(file, json["bytes"])) return std::nullopt;
  return json["result"].dump();
}

}  // namespace gimbal::app
