// SPDX-License-Identifier: GPL-3.0-or-later
// The first byte chooses grouping and upsampling; the rest is a file, and also a bare bit stream.
#include "read_all.h"

#include "gimbal/io/eer_codec.h"

#include <vector>

namespace {

void decode_bare_stream(const std::uint8_t* data, std::size_t size, int upsampling) {
  constexpr int nx = 37, ny = 23;
  std::vector<std::byte> stream(size + gimbal::eer_slack);
  std::transform(data, data + size, stream.begin(), [](std::uint8_t b) { return std::byte{b}; });
  for (const gimbal::EerCode& code :
       {gimbal::EerCode{8, 2, 2, true}, gimbal::EerCode{7, 2, 2}, gimbal::EerCode{3, 4, 2}}) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(nx * ny) << (2 * (upsampling - 1)));
    gimbal::EerStream frame{std::span(stream).first(size)};
    gimbal::add_eer_frames({&frame, 1}, code, {nx, ny, upsampling, pixels.data(), false});
    // A refused frame leaves no trace.
    if (!frame.good && std::any_of(pixels.begin(), pixels.end(), [](auto p) { return p != 0; }))
      std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const int upsampling = 1 + data[0] % 3, grouping = 1 + data[0] / 3 % 4;
  decode_bare_stream(data + 1, size - 1, upsampling);
  const gimbal::fuzz::MemoryFile file(data + 1, size - 1);
  gimbal::fuzz::read_all(file.path(), {.grouping = grouping, .upsampling = upsampling});
  return 0;
}
