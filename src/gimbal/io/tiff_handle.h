// SPDX-License-Identifier: GPL-3.0-or-later
// A libtiff handle that closes itself, keeps libtiff's messages instead of printing them, and a
// pool of such handles, because one handle must not be used by two threads. libtiff stays behind
// the files that include this one.
#pragma once

#include <tiffio.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace gimbal {

class TiffHandle {
 public:
  // `mode` as in TIFFOpen. Throws FileError when libtiff refuses the file.
  TiffHandle(const std::filesystem::path& path, const char* mode);

  TIFF* get() const { return tiff_.get(); }
  // What libtiff complained of last; empty when of nothing.
  const std::string& error() const { return *error_; }
  std::uint32_t integer(std::uint32_t tag, std::uint32_t otherwise) const;
  // A tag that libtiff does not know, as text or as one number.
  std::string private_text(std::uint32_t tag) const;
  std::uint32_t private_integer(std::uint32_t tag, std::uint32_t otherwise) const;

 private:
  struct PrivateTag {
    TIFFDataType type = TIFF_NOTYPE;  // there is no such tag
    std::uint32_t count = 0;
    const void* data = nullptr;
  };
  PrivateTag private_tag(std::uint32_t tag) const;
  struct Close {
    void operator()(TIFF* tiff) const { TIFFClose(tiff); }
  };
  std::unique_ptr<std::string> error_;
  std::unique_ptr<TIFF, Close> tiff_;
};

// Calls visit() for every directory of the chain, the first one included, with the handle on it.
// Throws FileError when the chain is broken or turns back on itself.
void for_each_directory(const TiffHandle& handle, const std::filesystem::path& path,
                        const std::function<void()>& visit);

class TiffPool {
 public:
  explicit TiffPool(std::filesystem::path path) : path_(std::move(path)) {}
  // Calls use(handle) with a handle that no other thread has.
  void with_handle(const std::function<void(const TiffHandle&)>& use) const;

 private:
  std::filesystem::path path_;
  mutable std::mutex mutex_;
  mutable std::vector<TiffHandle> idle_;
};

bool is_tiff(std::span<const std::byte> head);

}  // namespace gimbal
