// SPDX-License-Identifier: GPL-3.0-or-later
// Files: whole reads, positioned reads, and writes that appear under their final name only when
// complete.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace gimbal {

// Opened for reading; read_at may be called from several threads. Errors name the path and the
// reason.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path);
  ~InputFile();
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  // Fills `bytes` from the offset; an Error says how much was there when the file ends too early.
  void read_at(std::uint64_t offset, std::span<std::byte> bytes) const;

 private:
  std::filesystem::path path_;
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
};

std::string read_text(const std::filesystem::path& path);

// What a file has to outlive. Waiting for the disk can take longer than making the file.
enum class Survive {
  power_failure,  // it is on the disk before it gets its name
  kill,           // complete once it has its name, unless the machine loses its power
};

// Calls write(temporary path in the same folder), then renames it to `path`. When anything fails,
// the temporary file is removed, and an older file under `path` stays as it was.
void write_atomically(const std::filesystem::path& path,
                      const std::function<void(const std::filesystem::path&)>& write,
                      Survive survive = Survive::power_failure);
void write_text_atomically(const std::filesystem::path& path, const std::string& text,
                           Survive survive = Survive::power_failure);

// Removes what killed runs left of the two above and of OutputFile, in the folder and all below.
// Nothing else may be writing there.
void remove_temporary_files(const std::filesystem::path& folder);

// Written piece by piece under a temporary name; commit() gives it its final name. Without commit()
// nothing appears.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // For libraries that open the file by themselves.
  const std::filesystem::path& temporary() const { return temporary_; }
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);  // from any thread
  void commit(Survive survive = Survive::power_failure);

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

}  // namespace gimbal
