// SPDX-License-Identifier: GPL-3.0-or-later
// What every image fuzzer does: the bytes as a file in memory, opened and read to the end. Errors
// are what a bad file should give; anything else is a find.
#pragma once

#include "gimbal/core/error.h"
#include "gimbal/io/frame_reader.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace gimbal::fuzz {

// A file without a place on disk, opened by its path under /proc.
class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* data, std::size_t size) : descriptor_(::memfd_create("fuzz", 0)) {
    if (descriptor_ < 0 || ::write(descriptor_, data, size) != static_cast<ssize_t>(size))
      std::abort();
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

inline void read_all(const std::string& path, const EerRendering& rendering) {
  try {
    const auto reader = open_frames(path, rendering);
    RawFrame frame;
    for (int i = 0; i < std::min(reader->info().n_frames, 20); ++i) {
      try {
        reader->read(i, frame);
      } catch (const Error&) {
      }
    }
    reader->findings();
  } catch (const Error&) {
  }
}

}  // namespace gimbal::fuzz
