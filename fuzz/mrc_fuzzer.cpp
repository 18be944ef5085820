// SPDX-License-Identifier: GPL-3.0-or-later
#include "read_all.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const gimbal::fuzz::MemoryFile file(data, size);
  gimbal::fuzz::read_all(file.path(), {});
  return 0;
}
