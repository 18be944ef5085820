// SPDX-License-Identifier: GPL-3.0-or-later
// Where a reader takes its bytes from: a file, or memory that holds a decompressed one.
// read_at may be called from several threads.
#pragma once

#include "gimbal/io/file.h"

#include <memory>

namespace gimbal {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual std::string name() const = 0;
  virtual std::uint64_t size() const = 0;
  virtual void read_at(std::uint64_t offset, std::span<std::byte> bytes) const = 0;
};

class FileSource : public ByteSource {
 public:
  explicit FileSource(const std::filesystem::path& path) : file_(path) {}
  std::string name() const override { return file_.path().string(); }
  std::uint64_t size() const override { return file_.size(); }
  void read_at(std::uint64_t offset, std::span<std::byte> bytes) const override {
    file_.read_at(offset, bytes);
  }

 private:
  InputFile file_;
};

class MemorySource : public ByteSource {
 public:
  MemorySource(std::string name, std::vector<std::byte> bytes)
      : name_(std::move(name)), bytes_(std::move(bytes)) {}
  std::string name() const override { return name_; }
  std::uint64_t size() const override { return bytes_.size(); }
  void read_at(std::uint64_t offset, std::span<std::byte> bytes) const override;

 private:
  std::string name_;
  std::vector<std::byte> bytes_;
};

}  // namespace gimbal
