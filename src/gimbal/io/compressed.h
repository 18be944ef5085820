// SPDX-License-Identifier: GPL-3.0-or-later
// Movies compressed as a whole (.mrc.gz .bz2 .xz .zst). They are decompressed once, into memory:
// frames can then be read in any order. What is held is the size that the MRC header declares, at
// most; a stream that ends too early or is damaged is an Error.
#pragma once

#include "gimbal/io/byte_source.h"

#include <optional>

namespace gimbal {

enum class Compression { gzip, bzip2, xz, zstd };

// By the first bytes of the file.
std::optional<Compression> detect_compression(std::span<const std::byte> head);
const char* compression_name(Compression compression);

std::unique_ptr<ByteSource> decompressed_mrc(const std::filesystem::path& path,
                                             Compression compression);

}  // namespace gimbal
