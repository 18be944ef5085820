// SPDX-License-Identifier: GPL-3.0-or-later
// The bit stream of one raw EER frame. Least significant bits first; a run length counts the pixels
// without an electron up to the next one; the largest run length stands for that many empty pixels
// and no electron; each electron carries its sub-pixel position, y above x, in two's complement
// (the highest bit of each inverted). The prototype compression 65000 keeps the sub-pixel field
// also after the largest run length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gimbal {

constexpr std::uint32_t eer_tag_metadata = 65001;
constexpr std::uint32_t eer_tag_rle_bits = 65007;
constexpr std::uint32_t eer_tag_x_bits = 65008;
constexpr std::uint32_t eer_tag_y_bits = 65009;

struct EerCode {
  int rle_bits = 7;
  int x_bits = 2;
  int y_bits = 2;
  bool padded_overflow = false;  // the sub-pixel field follows the largest run length, too
  int bits() const { return rle_bits + x_bits + y_bits; }
};

// Compression 65000, 65001, or 65002 with its own numbers of bits.
bool is_eer_compression(int compression);

// An electron in units of a quarter of a detector pixel.
struct EerElectron {
  std::uint16_t x = 0;
  std::uint16_t y = 0;
  friend bool operator==(const EerElectron&, const EerElectron&) = default;
};

// Where decoded electrons are counted: `upsampling` 1, 2 or 3 (4 pixels per detector pixel); rows
// are nx << (upsampling - 1) apart, without padding.
struct EerCanvas {
  int nx = 0, ny = 0;  // of the detector
  int upsampling = 1;
  void* pixels = nullptr;
  bool wide = false;  // uint16 instead of uint8
};

// The bits of a raw frame, followed by eer_slack readable bytes.
constexpr std::size_t eer_slack = 8;
struct EerStream {
  std::span<const std::byte> bytes;
  bool good = false;  // set by add_eer_frames
};

// Adds the electrons of all frames to the canvas, band by band, so that the canvas passes through
// the cache once. A frame that does not end at exactly the last pixel is not good and leaves no
// trace.
void add_eer_frames(std::span<EerStream> frames, const EerCode& code, const EerCanvas& canvas);

// The inverse: electrons in any order; of several in one detector pixel only the first in scan
// order of the quarter pixels is kept, as a detector counts one. Positions outside are an Error.
std::vector<std::byte> encode_eer_frame(const std::vector<EerElectron>& electrons, int nx, int ny,
                                        const EerCode& code);

}  // namespace gimbal
