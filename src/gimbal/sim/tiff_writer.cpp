// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/tiff_writer.h"

#include "gimbal/core/error.h"

#include <tiffio.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace gimbal::sim {

namespace fs = std::filesystem;

struct TiffWriter::Impl {
  fs::path path, unfinished;
  TIFF* tiff = nullptr;

  ~Impl() {
    if (tiff == nullptr) return;
    TIFFClose(tiff);
    std::error_code ignored;
    fs::remove(unfinished, ignored);
  }
};

TiffWriter::TiffWriter(const fs::path& path) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  impl_->unfinished = path.string() + ".part";
  impl_->tiff = TIFFOpen(impl_->unfinished.c_str(), "w");
  if (impl_->tiff == nullptr) fail("{}: cannot be written", impl_->unfinished.string());
}

TiffWriter::~TiffWriter() = default;
TiffWriter::TiffWriter(TiffWriter&&) noexcept = default;

void TiffWriter::append(const RawFrame& frame, bool bottom_up) {
  TIFF* tiff = impl_->tiff;
  const bool is_float = frame.type == PixelType::float32;
  const bool is_signed = frame.type == PixelType::int8 || frame.type == PixelType::int16;
  const std::size_t row_bytes = static_cast<std::size_t>(frame.nx) * bytes_per_pixel(frame.type);
  const auto height = static_cast<std::uint32_t>(frame.ny);
  const std::uint32_t strip = std::min(height, 16U);
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(frame.nx));
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, static_cast<int>(8 * bytes_per_pixel(frame.type)));
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT,
               is_float    ? SAMPLEFORMAT_IEEEFP
               : is_signed ? SAMPLEFORMAT_INT
                           : SAMPLEFORMAT_UINT);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_LZW);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, strip);
  for (int y = 0; y < frame.ny; ++y) {
    const auto from = static_cast<std::size_t>(bottom_up ? frame.ny - 1 - y : y);
    // libtiff may change the row it is given.
    std::vector<std::byte> row(
        frame.bytes.begin() + static_cast<std::ptrdiff_t>(from * row_bytes),
        frame.bytes.begin() + static_cast<std::ptrdiff_t>((from + 1) * row_bytes));
    if (TIFFWriteScanline(tiff, row.data(), static_cast<std::uint32_t>(y), 0) < 0)
      fail("{}: row {} cannot be written", impl_->unfinished.string(), y);
  }
  if (TIFFWriteDirectory(tiff) == 0)
    fail("{}: a page cannot be written", impl_->unfinished.string());
}

void TiffWriter::finish() {
  TIFFClose(impl_->tiff);
  impl_->tiff = nullptr;
  fs::rename(impl_->unfinished, impl_->path);
}

}  // namespace gimbal::sim
