// SPDX-License-Identifier: GPL-3.0-or-later
// The record of a finished item of a job, by which a later run knows that nothing is left to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gimbal::app {

struct Completion {
  std::string fingerprint;                      // of all that the outputs were made from
  std::map<std::string, std::uintmax_t> bytes;  // size of each other output, by file name
  std::string result;                           // JSON: what reports need
};

// Written atomically.
void write_completion(const std::filesystem::path& record, const Completion& completion);

// The result in `record`, if its fingerprint is this one and of `outputs` exactly those that it
// names exist, each with its size. Nothing: the item has to be done.
std::optional<std::string> finished_result(const std::filesystem::path& record,
                                           const std::string& fingerprint,
                                           const std::vector<std::filesystem::path>& outputs);

}  // namespace gimbal::app
