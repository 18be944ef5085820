// SPDX-License-Identifier: GPL-3.0-or-later
// The 1024 bytes at the beginning of an MRC file, read without trusting them: byte order by the
// machine stamp and by plausibility, then a layout that has been checked against the file's size.
#pragma once

#include "gimbal/core/error.h"
#include "gimbal/io/bytes.h"

#include <optional>
#include <string>
#include <vector>

namespace gimbal {

constexpr std::size_t mrc_header_bytes = 1024;

struct MrcHeader {
  std::endian order = std::endian::little;
  int nx = 0, ny = 0, nz = 0;
  int mode = 0;
  int mx = 0, my = 0, mz = 0;
  float cell_x_A = 0, cell_y_A = 0, cell_z_A = 0;
  int mapc = 0, mapr = 0, maps = 0;
  float min = 0, max = 0, mean = 0, rms = 0;
  int ispg = 0;
  int extended_bytes = 0;         // nsymbt
  std::string extended_type;      // "FEI1", "SERI", ... or empty
  std::optional<int> imod_flags;  // only with IMOD's stamp
  std::vector<std::string> labels;
};

// How the pixels lie in the file.
enum class MrcStorage { int8, uint8, int16, uint16, float16, float32, nibbles };

struct MrcLayout {
  MrcStorage storage = MrcStorage::float32;
  int nx = 0, ny = 0, nz = 0;  // after repairs
  std::uint64_t data_offset = 0;
  std::uint64_t row_bytes = 0;
  std::uint64_t plane_bytes = 0;
  double pixel_A = 0;  // 0: not stated
  Findings findings;   // repairs and doubts
};

// Whether the bytes at the beginning of a file can be an MRC header in either byte order.
bool is_mrc_header(std::span<const std::byte> head);

// `name` is for messages. Throws FileError when nothing sensible can be read.
MrcHeader parse_mrc_header(std::span<const std::byte> head, const std::string& name);

// Checks the header against the size of the file; throws FileError when the file is too short, or
// the header makes no sense. Repairs only what the size of the file proves.
MrcLayout mrc_layout(const MrcHeader& header, std::uint64_t file_bytes, const std::string& name);

// The bytes that the header asks for, without repairs; 0 when it makes no sense.
std::uint64_t mrc_declared_bytes(const MrcHeader& header);

}  // namespace gimbal
