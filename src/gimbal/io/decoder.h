// SPDX-License-Identifier: GPL-3.0-or-later
// One face for the streaming decompressors of zlib, libbz2, liblzma and libzstd. Files made of
// several streams one after the other (pbzip2, pigz, cat) are one stream here.
#pragma once

#include "gimbal/io/compressed.h"

namespace gimbal {

class Decoder {
 public:
  virtual ~Decoder() = default;
  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
    bool at_end = false;           // the input so far is complete
    const char* damage = nullptr;  // what is wrong with it
  };
  virtual Step run(std::span<const std::byte> in, std::span<std::byte> out) = 0;
};

std::unique_ptr<Decoder> make_decoder(Compression compression);

}  // namespace gimbal
