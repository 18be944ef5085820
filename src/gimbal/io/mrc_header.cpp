// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/mrc_header.h"

#include "gimbal/core/text.h"
#include "gimbal/io/file_error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace gimbal {
namespace {

constexpr int imod_stamp = 1146047817;  // "IMOD" as a little-endian integer
constexpr int imod_signed_bytes = 1;
constexpr int imod_nibbles_in_bytes = 16;
constexpr int largest_side = 1 << 20;

struct Mode {
  int number;
  int bits;
  MrcStorage storage;
  const char* name;
};

constexpr std::array<Mode, 6> modes{{{0, 8, MrcStorage::int8, "bytes"},
                                     {1, 16, MrcStorage::int16, "16-bit integers"},
                                     {2, 32, MrcStorage::float32, "32-bit floats"},
                                     {6, 16, MrcStorage::uint16, "unsigned 16-bit integers"},
                                     {12, 16, MrcStorage::float16, "16-bit floats"},
                                     {101, 4, MrcStorage::nibbles, "4-bit integers"}}};

const Mode* find_mode(int number) {
  const auto found =
      std::find_if(modes.begin(), modes.end(), [&](const Mode& m) { return m.number == number; });
  return found == modes.end() ? nullptr : &*found;
}

bool known_but_not_read(int mode) {
  return mode == 3 || mode == 4 || mode == 5 || mode == 7 || mode == 16;
}

int int_at(std::span<const std::byte> head, std::size_t offset, std::endian order) {
  return load<std::int32_t>(head, offset, order);
}

bool plausible(std::span<const std::byte> head, std::endian order) {
  const int nx = int_at(head, 0, order), ny = int_at(head, 4, order),
            mode = int_at(head, 12, order);
  return nx > 0 && nx <= largest_side && ny > 0 && ny <= largest_side &&
         (find_mode(mode) != nullptr || known_but_not_read(mode));
}

std::optional<std::endian> stamped_order(std::span<const std::byte> head) {
  const auto stamp = std::to_integer<int>(head[212]);
  if (stamp == 0x44) return std::endian::little;
  if (stamp == 0x11) return std::endian::big;
  return std::nullopt;
}

// The stamp decides when the numbers make sense that way; otherwise the numbers decide. Without a
// stamp, small sizes are likelier than those with the bytes reversed.
std::optional<std::endian> byte_order(std::span<const std::byte> head) {
  const bool little = plausible(head, std::endian::little);
  const bool big = plausible(head, std::endian::big);
  if (!little && !big) return std::nullopt;
  if (little != big) return little ? std::endian::little : std::endian::big;
  if (const auto stamped = stamped_order(head)) return stamped;
  const auto pixels = [&](std::endian order) {
    return static_cast<double>(int_at(head, 0, order)) * int_at(head, 4, order);
  };
  return pixels(std::endian::little) <= pixels(std::endian::big) ? std::endian::little
                                                                 : std::endian::big;
}

std::string text_at(std::span<const std::byte> head, std::size_t offset, std::size_t length) {
  std::string text;
  for (std::size_t i = 0; i < length; ++i) {
    const auto c = std::to_integer<char>(head[offset + i]);
    if (c == '\0') break;
    text += (c >= ' ' && c < 127) ? c : ' ';
  }
  return std::string(trim(text));
}

std::vector<std::string> labels_of(std::span<const std::byte> head, std::endian order) {
  std::vector<std::string> labels;
  const int n = std::clamp(int_at(head, 220, order), 0, 10);
  for (int i = 0; i < n; ++i) {
    auto label = text_at(head, 224 + 80 * static_cast<std::size_t>(i), 80);
    if (!label.empty()) labels.push_back(std::move(label));
  }
  return labels;
}

void warn(MrcLayout& layout, Defect defect, std::string text) {
  layout.findings.push_back({Severity::warning, defect, std::move(text)});
}

// Bytes are signed unless IMOD's flags or the stated range say otherwise: a maximum above 127 with
// no negative minimum cannot come from signed bytes.
MrcStorage byte_storage(const MrcHeader& header) {
  if (header.imod_flags)
    return (*header.imod_flags & imod_signed_bytes) != 0 ? MrcStorage::int8 : MrcStorage::uint8;
  const bool unsigned_range = header.min >= 0 && header.max > 127 && header.max <= 255;
  return unsigned_range ? MrcStorage::uint8 : MrcStorage::int8;
}

double stated_pixel_A(const MrcHeader& header, MrcLayout& layout) {
  const auto pixel = [](float cell, int n) { return n > 0 ? static_cast<double>(cell) / n : 0.0; };
  const auto sensible = [](double a) { return std::isfinite(a) && a > 1e-3 && a < 1e5; };
  const double x = pixel(header.cell_x_A, header.mx), y = pixel(header.cell_y_A, header.my);
  if (!sensible(x)) return 0;
  if (sensible(y) && std::fabs(x - y) > 0.01 * x)
    warn(layout, Defect::inconsistent,
         fmt::format("the header's pixel size is {:.4g} A along x, but {:.4g} A along y", x, y));
  return x;
}

// The number of sections where the header's cannot be right but the file's size is exactly that of
// a stack: nz = 0 (never filled in), or a number out of all proportion while mz agrees with the
// size.
std::optional<int> repaired_nz(const MrcHeader& header, std::uint64_t planes, bool whole) {
  if (!whole || planes == 0 || planes > 65535) return std::nullopt;
  const int n = static_cast<int>(planes);
  if (header.nz == 0) return n;
  if (header.nz > 10000 && header.nz / 100 > n && header.mz == n) return n;
  return std::nullopt;
}

void check_header(const MrcHeader& header, const std::string& name) {
  if (header.nx <= 0 || header.ny <= 0 || header.nx > largest_side || header.ny > largest_side)
    fail_file(Defect::bad_header, "{}: the MRC header states {} x {} pixels", name, header.nx,
              header.ny);
  if (header.mode == 3 || header.mode == 4)
    fail_file(Defect::unreadable, "{}: MRC mode {} is a Fourier transform, not an image", name,
              header.mode);
  if (find_mode(header.mode) == nullptr)
    fail_file(Defect::unreadable, "{}: MRC mode {} is not read; modes 0, 1, 2, 6, 12 and 101 are",
              name, header.mode);
  if (header.extended_bytes < 0)
    fail_file(Defect::bad_header, "{}: the MRC header states an extended header of {} bytes", name,
              header.extended_bytes);
  if (header.nz < 0)
    fail_file(Defect::bad_header, "{}: the MRC header states {} sections", name, header.nz);
}

void fit_sections(const MrcHeader& header, std::uint64_t file_bytes, const std::string& name,
                  MrcLayout& layout) {
  const std::uint64_t data = file_bytes - layout.data_offset;
  const std::uint64_t planes = data / layout.plane_bytes;
  if (const auto n = repaired_nz(header, planes, data % layout.plane_bytes == 0)) {
    layout.nz = *n;
    warn(layout, Defect::bad_header,
         fmt::format("the header states {} sections, but the file holds exactly {}: read as {}",
                     header.nz, *n, *n));
    return;
  }
  if (header.nz == 0) fail_file(Defect::bad_header, "{}: the MRC header states 0 sections", name);
  layout.nz = header.nz;
  const std::uint64_t needed =
      layout.data_offset + layout.plane_bytes * static_cast<std::uint64_t>(header.nz);
  if (file_bytes < needed)
    fail_file(Defect::truncated,
              "{} is truncated: {} x {} x {} {} need {} bytes, the file has {} and ends in section "
              "{}",
              name, header.nx, header.ny, header.nz, find_mode(header.mode)->name, needed,
              file_bytes, planes + 1);
  if (file_bytes > needed)
    warn(layout, Defect::bad_header,
         fmt::format("{} bytes follow the {} sections that the header states", file_bytes - needed,
                     header.nz));
}

}  // namespace

bool is_mrc_header(std::span<const std::byte> head) {
  return head.size() >= mrc_header_bytes && byte_order(head).has_value();
}

MrcHeader parse_mrc_header(std::span<const std::byte> head, const std::string& name) {
  if (head.size() < mrc_header_bytes)
    fail_file(Defect::truncated, "{} has {} bytes: too few for an MRC header of {}", name,
              head.size(), mrc_header_bytes);
  MrcHeader header;
  header.order = byte_order(head).value_or(stamped_order(head).value_or(std::endian::little));
  const auto integer = [&](std::size_t offset) { return int_at(head, offset, header.order); };
  const auto real = [&](std::size_t offset) { return load<float>(head, offset, header.order); };
  header.nx = integer(0), header.ny = integer(4), header.nz = integer(8);
  header.mode = integer(12);
  header.mx = integer(28), header.my = integer(32), header.mz = integer(36);
  header.cell_x_A = real(40), header.cell_y_A = real(44), header.cell_z_A = real(48);
  header.mapc = integer(64), header.mapr = integer(68), header.maps = integer(72);
  header.min = real(76), header.max = real(80), header.mean = real(84), header.rms = real(216);
  header.ispg = integer(88);
  header.extended_bytes = integer(92);
  header.extended_type = text_at(head, 104, 4);
  if (integer(152) == imod_stamp) header.imod_flags = integer(156);
  header.labels = labels_of(head, header.order);
  return header;
}

MrcLayout mrc_layout(const MrcHeader& header, std::uint64_t file_bytes, const std::string& name) {
  check_header(header, name);
  MrcLayout layout;
  layout.nx = header.nx;
  layout.ny = header.ny;
  const Mode& mode = *find_mode(header.mode);
  layout.storage = mode.storage;
  layout.row_bytes =
      (static_cast<std::uint64_t>(header.nx) * static_cast<unsigned>(mode.bits) + 7) / 8;
  if (header.mode == 0) {
    layout.storage = byte_storage(header);
    const bool flagged = header.imod_flags && (*header.imod_flags & imod_nibbles_in_bytes) != 0;
    const bool labelled = header.labels.size() == 1 &&
                          header.labels[0].find("4 bits packed") != std::string::npos &&
                          is_half_width_of_nibbles(header.nx, header.ny);
    if (flagged || labelled) {
      layout.storage = MrcStorage::nibbles;
      layout.nx = 2 * header.nx;
    }
  }
  layout.plane_bytes = layout.row_bytes * static_cast<std::uint64_t>(header.ny);
  layout.data_offset = mrc_header_bytes + static_cast<std::uint64_t>(header.extended_bytes);
  if (layout.data_offset > file_bytes)
    fail_file(Defect::truncated,
              "{} has {} bytes, but its MRC header states an extended header up to byte {}", name,
              file_bytes, layout.data_offset);
  fit_sections(header, file_bytes, name, layout);
  layout.pixel_A = stated_pixel_A(header, layout);
  const std::array<int, 3> axes{header.mapc, header.mapr, header.maps};
  if (axes != std::array{1, 2, 3} && axes != std::array{0, 0, 0})
    warn(layout, Defect::bad_header,
         fmt::format("the header gives the axes as {}, {}, {}; read as 1, 2, 3", header.mapc,
                     header.mapr, header.maps));
  return layout;
}

std::uint64_t mrc_declared_bytes(const MrcHeader& header) {
  const Mode* mode = find_mode(header.mode);
  if (mode == nullptr || header.nx <= 0 || header.nx > largest_side || header.ny <= 0 ||
      header.ny > largest_side || header.nz < 0 || header.extended_bytes < 0)
    return 0;
  const std::uint64_t row =
      (static_cast<std::uint64_t>(header.nx) * static_cast<unsigned>(mode->bits) + 7) / 8;
  const std::uint64_t plane = row * static_cast<std::uint64_t>(header.ny);
  return mrc_header_bytes + static_cast<std::uint64_t>(header.extended_bytes) +
         plane * static_cast<std::uint64_t>(std::min(header.nz, 65535));
}

}  // namespace gimbal
