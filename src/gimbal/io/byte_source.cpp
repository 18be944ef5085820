// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/byte_source.h"

#include "gimbal/io/file_error.h"

#include <algorithm>

namespace gimbal {

void MemorySource::read_at(std::uint64_t offset, std::span<std::byte> bytes) const {
  if (offset > bytes_.size() || bytes.size() > bytes_.size() - offset)
    fail_file(Defect::truncated,
              "{} ends at byte {} (decompressed), but {} bytes from byte {} on were expected: the "
              "file is truncated",
              name_, bytes_.size(), bytes.size(), offset);
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), bytes.size(), bytes.begin());
}

}  // namespace gimbal
