// SPDX-License-Identifier: GPL-3.0-or-later
// Sample files that are not part of the project: a folder beside the checkout (../shared), or
// wherever GIMBAL_SHARED_DATA points. Tests that need them are skipped without.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace gimbal {

// Empty when the folder does not exist.
inline std::filesystem::path shared_data(const std::string& name) {
  const char* variable = std::getenv("GIMBAL_SHARED_DATA");
  const std::filesystem::path root =
      variable != nullptr ? variable : std::filesystem::path(GIMBAL_TEST_DATA) / "../../../shared";
  const auto folder = root / name;
  return std::filesystem::exists(folder) ? std::filesystem::canonical(folder)
                                         : std::filesystem::path();
}

}  // namespace gimbal
