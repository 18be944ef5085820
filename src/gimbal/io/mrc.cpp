// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/mrc.h"

#include "gimbal/io/byte_source.h"
#include "gimbal/io/file_error.h"
#include "gimbal/io/mrc_source.h"

#include <algorithm>
#include <array>

namespace gimbal {
namespace {

PixelType pixel_type(MrcStorage storage) {
  switch (storage) {
    case MrcStorage::int8:
      return PixelType::int8;
    case MrcStorage::uint8:
    case MrcStorage::nibbles:
      return PixelType::uint8;
    case MrcStorage::int16:
      return PixelType::int16;
    case MrcStorage::uint16:
      return PixelType::uint16;
    case MrcStorage::float16:
    case MrcStorage::float32:
      return PixelType::float32;
  }
  return PixelType::float32;
}

const char* storage_name(MrcStorage storage) {
  switch (storage) {
    case MrcStorage::int8:
      return "signed 8-bit";
    case MrcStorage::uint8:
      return "unsigned 8-bit";
    case MrcStorage::nibbles:
      return "4-bit";
    case MrcStorage::int16:
      return "signed 16-bit";
    case MrcStorage::uint16:
      return "unsigned 16-bit";
    case MrcStorage::float16:
      return "16-bit float";
    case MrcStorage::float32:
      return "32-bit float";
  }
  return "";
}

class MrcReader : public FrameReader {
 public:
  explicit MrcReader(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {
    std::vector<std::byte> head(
        static_cast<std::size_t>(std::min<std::uint64_t>(source_->size(), mrc_header_bytes)));
    source_->read_at(0, head);
    const auto header = parse_mrc_header(head, source_->name());
    layout_ = mrc_layout(header, source_->size(), source_->name());
    swap_ = header.order != std::endian::native;
    info_.format = fmt::format("MRC mode {}, {}{}", header.mode, storage_name(layout_.storage),
                               header.order == std::endian::big ? ", big-endian" : "");
    info_.nx = layout_.nx;
    info_.ny = layout_.ny;
    info_.n_frames = info_.n_raw_frames = layout_.nz;
    info_.type = pixel_type(layout_.storage);
    info_.pixel_A = layout_.pixel_A;
    info_.findings = layout_.findings;
  }

  void read(int index, RawFrame& frame) const override {
    if (index < 0 || index >= layout_.nz)
      fail("{} has {} frames; frame {} was asked for", source_->name(), layout_.nz, index + 1);
    frame.type = info_.type;
    frame.nx = layout_.nx;
    frame.ny = layout_.ny;
    const std::size_t count =
        static_cast<std::size_t>(layout_.nx) * static_cast<std::size_t>(layout_.ny);
    frame.bytes.resize(count * bytes_per_pixel(frame.type));
    // What has to be widened is read into the end of the buffer: row by row and forwards, widening
    // never overtakes what is still to be read.
    const auto stored = std::span(frame.bytes).last(static_cast<std::size_t>(layout_.plane_bytes));
    source_->read_at(layout_.data_offset + layout_.plane_bytes * static_cast<std::uint64_t>(index),
                     stored);
    if (swap_ && layout_.storage == MrcStorage::float32)
      swap_elements(stored, 4);
    else if (swap_ && stored_in_two_bytes())
      swap_elements(stored, 2);
    if (layout_.storage == MrcStorage::float16) widen_halves(stored, frame.bytes);
    if (layout_.storage == MrcStorage::nibbles) widen_nibbles(stored, frame.bytes);
  }

 private:
  bool stored_in_two_bytes() const {
    return layout_.storage == MrcStorage::int16 || layout_.storage == MrcStorage::uint16 ||
           layout_.storage == MrcStorage::float16;
  }

  // Calls widen(stored row, pixels) for each row; the stored row is a copy.
  template <typename Stored, typename Widen>
  void widen_rows(std::span<const std::byte> plane, std::span<std::byte> pixels,
                  Widen widen) const {
    const auto row_bytes = static_cast<std::size_t>(layout_.row_bytes);
    const std::size_t out_bytes = pixels.size() / static_cast<std::size_t>(layout_.ny);
    std::vector<Stored> row(row_bytes / sizeof(Stored));
    for (std::size_t y = 0; y < static_cast<std::size_t>(layout_.ny); ++y) {
      std::memcpy(row.data(), plane.data() + y * row_bytes, row_bytes);
      widen(row, pixels.data() + y * out_bytes);
    }
  }

  void widen_halves(std::span<const std::byte> plane, std::span<std::byte> pixels) const {
    std::vector<float> floats(static_cast<std::size_t>(layout_.nx));
    widen_rows<std::uint16_t>(plane, pixels, [&](const auto& row, std::byte* out) {
      floats_from_halves(row, floats.data());
      std::memcpy(out, floats.data(), floats.size() * sizeof(float));
    });
  }

  void widen_nibbles(std::span<const std::byte> plane, std::span<std::byte> pixels) const {
    widen_rows<std::byte>(plane, pixels, [&](const auto& row, std::byte* out) {
      unpack_nibbles(row.data(), layout_.nx, FirstNibble::low, out);
    });
  }

  std::unique_ptr<ByteSource> source_;
  MrcLayout layout_;
  bool swap_ = false;
};

}  // namespace

std::unique_ptr<FrameReader> open_mrc(std::unique_ptr<ByteSource> source) {
  return std::make_unique<MrcReader>(std::move(source));
}

std::unique_ptr<FrameReader> open_mrc(const std::filesystem::path& path) {
  return open_mrc(std::make_unique<FileSource>(path));
}

}  // namespace gimbal
