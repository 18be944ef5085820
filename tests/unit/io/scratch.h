// SPDX-License-Identifier: GPL-3.0-or-later
// A folder of its own for each test, removed at its end, and helpers to fill it.
#pragma once

#include "gimbal/core/error.h"
#include "gimbal/io/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace gimbal::test {

using Bytes = std::vector<std::byte>;

class ScratchTest : public ::testing::Test {
 protected:
  ScratchTest() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(info->test_suite_name()) + "." + info->name();
    for (char& c : name)
      if (c == '/') c = '_';
    folder_ = std::filesystem::temp_directory_path() /
              ("gimbal_" + name + "." + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~ScratchTest() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path file(const std::string& name) const { return folder_ / name; }
  std::filesystem::path write(const std::string& name, const Bytes& bytes) const {
    std::ofstream stream(file(name), std::ios::binary);
    stream.write(reinterpret_cast<const char*>(bytes.data()),
                 static_cast<std::streamsize>(bytes.size()));
    return file(name);
  }

 private:
  std::filesystem::path folder_;
};

inline Bytes read_bytes(const std::filesystem::path& path) {
  const InputFile file(path);
  Bytes bytes(file.size());
  file.read_at(0, bytes);
  return bytes;
}

// What f() complains of; empty when it does not fail.
template <typename F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace gimbal::test
