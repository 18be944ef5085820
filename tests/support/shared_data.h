// SPDX-License-Identifier: GPL-3.0-or-later
// Sample files that are not part of the project: a folder beside the checkout (../shared), or
// wherever GIMBAL_SHARED_DATA points. Tests that need them are skipped without.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace gimbal {

inline std::filesystem::path shared_root() {
  const char* variable = std::getenv("GIMBAL_SHARED_DATA");
  return variable != nullptr
             ? std::filesystem::path(variable)
             : (std::filesystem::path(GIMBAL_TEST_DATA) / "../../../shared").lexically_normal();
}

// Empty when the folder does not exist.
inline std::filesystem::path shared_data(const std::string& name) {
  const auto folder = shared_root() / name;
  return std::filesystem::exists(folder) ? std::filesystem::canonical(folder)
                                         : std::filesystem::path();
}

// What a test that is skipped says: what is missing, and how to have it.
inline std::string missing_shared_data(const std::string& name) {
  return "sample files not found in " + (shared_root() / name).string() +
         "; set GIMBAL_SHARED_DATA to the folder that holds " + name + " to run this test";
}

}  // namespace gimbal
