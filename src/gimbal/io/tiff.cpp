// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/tiff.h"

#include "gimbal/io/bytes.h"
#include "gimbal/io/file.h"
#include "gimbal/io/file_error.h"
#include "gimbal/io/tiff_handle.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

namespace gimbal {
namespace {

constexpr std::uint32_t largest_side = 1u << 20;
// No compression of libtiff packs more tightly: a larger image in so small a file is a lie.
constexpr std::uint64_t largest_expansion = 1u << 16;

struct Page {
  std::uint64_t offset = 0;  // of its directory
  std::uint32_t nx = 0, ny = 0, bits = 0, format = 0, samples = 0, compression = 0;
  bool same_pixels(const Page& other) const {
    return nx == other.nx && ny == other.ny && bits == other.bits && format == other.format &&
           samples == other.samples;
  }
};

Page page_of(const TiffHandle& tiff) {
  Page page;
  page.offset = TIFFCurrentDirOffset(tiff.get());
  page.nx = tiff.integer(TIFFTAG_IMAGEWIDTH, 0);
  page.ny = tiff.integer(TIFFTAG_IMAGELENGTH, 0);
  page.bits = tiff.integer(TIFFTAG_BITSPERSAMPLE, 1);
  page.format = tiff.integer(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  page.samples = tiff.integer(TIFFTAG_SAMPLESPERPIXEL, 1);
  page.compression = tiff.integer(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  return page;
}

std::string compression_text(std::uint32_t compression) {
  switch (compression) {
    case COMPRESSION_NONE:
      return "uncompressed";
    case COMPRESSION_LZW:
      return "LZW";
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE:
      return "deflate";
    case COMPRESSION_PACKBITS:
      return "PackBits";
    case COMPRESSION_ZSTD:
      return "ZSTD";
    case COMPRESSION_LZMA:
      return "LZMA";
    default:
      return fmt::format("compression {}", compression);
  }
}

std::optional<PixelType> pixel_type(const Page& page) {
  const bool is_signed = page.format == SAMPLEFORMAT_INT;
  if (page.format == SAMPLEFORMAT_IEEEFP)
    return page.bits == 32 ? std::optional(PixelType::float32) : std::nullopt;
  switch (page.bits) {
    case 4:
      return is_signed ? std::nullopt : std::optional(PixelType::uint8);
    case 8:
      return is_signed ? PixelType::int8 : PixelType::uint8;
    case 16:
      return is_signed ? PixelType::int16 : PixelType::uint16;
    default:
      return std::nullopt;
  }
}

// SerialEM and IMOD mark the pixel size as pixels per centimetre.
double stated_pixel_A(const TiffHandle& tiff) {
  float per_cm = 0;
  if (tiff.integer(TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH) != RESUNIT_CENTIMETER ||
      TIFFGetField(tiff.get(), TIFFTAG_XRESOLUTION, &per_cm) == 0)
    return 0;
  const double pixel = 1e8 / static_cast<double>(per_cm);
  return std::isfinite(pixel) && pixel > 0.01 && pixel < 1000 ? pixel : 0;
}

class TiffReader : public FrameReader {
 public:
  explicit TiffReader(const std::filesystem::path& path) : path_(path), pool_(path) {
    const TiffHandle tiff(path, "rmO");
    info_.pixel_A = stated_pixel_A(tiff);
    for_each_directory(tiff, path, [&] { add_page(page_of(tiff)); });
    describe();
  }

  void read(int index, RawFrame& frame) const override {
    if (index < 0 || index >= info_.n_frames)
      fail("{} has {} pages; page {} was asked for", path_.string(), info_.n_frames, index + 1);
    frame.type = info_.type;
    frame.nx = info_.nx;
    frame.ny = info_.ny;
    frame.bytes.resize(static_cast<std::size_t>(info_.nx) * static_cast<std::size_t>(info_.ny) *
                       bytes_per_pixel(info_.type));
    pool_.with_handle([&](const TiffHandle& tiff) {
      if (TIFFSetSubDirectory(tiff.get(), pages_[static_cast<std::size_t>(index)].offset) == 0)
        fail_page(index, tiff);
      if (TIFFIsTiled(tiff.get()) != 0)
        read_tiles(index, tiff, frame);
      else
        read_strips(index, tiff, frame);
    });
  }

 private:
  [[noreturn]] void fail_page(int index, const TiffHandle& tiff) const {
    fail_file(Defect::truncated, "cannot read page {} of {}: {}", index + 1, path_.string(),
              tiff.error().empty() ? "it is shorter than it should be" : tiff.error());
  }

  void add_page(const Page& page) {
    const auto number = pages_.size() + 1;
    if (page.nx < 1 || page.ny < 1 || page.nx > largest_side || page.ny > largest_side)
      fail_file(Defect::bad_header, "{}: page {} has {} x {} pixels", path_.string(), number,
                page.nx, page.ny);
    if (page.samples != 1 || !pixel_type(page))
      fail_file(Defect::unreadable,
                "{}: page {} has {} samples of {} bits and format {}: 8 and 16-bit integers, "
                "32-bit floats and unsigned 4-bit pixels with one sample are read",
                path_.string(), number, page.samples, page.bits, page.format);
    if (!pages_.empty() && !page.same_pixels(pages_.front()))
      fail_file(Defect::inconsistent,
                "{}: page {} has {} x {} pixels of {} bits, page 1 has {} x {} of {}: not a movie",
                path_.string(), number, page.nx, page.ny, page.bits, pages_.front().nx,
                pages_.front().ny, pages_.front().bits);
    if (pages_.empty()) check_credible(page);
    pages_.push_back(page);
  }

  void check_credible(const Page& page) const {
    const std::uint64_t bytes = static_cast<std::uint64_t>(page.nx) * page.ny * page.bits / 8;
    const auto file_bytes = std::filesystem::file_size(path_);
    if (bytes / largest_expansion > file_bytes)
      fail_file(Defect::bad_header, "{}: {} x {} pixels cannot be in a file of {} bytes",
                path_.string(), page.nx, page.ny, file_bytes);
    if (TIFFIsCODECConfigured(static_cast<std::uint16_t>(page.compression)) == 0)
      fail_file(Defect::unreadable, "{}: TIFF compression {} is not read", path_.string(),
                page.compression);
  }

  void describe() {
    const Page& page = pages_.front();
    nibbles_ = page.bits == 4;
    info_.nx = static_cast<int>(page.nx);
    info_.ny = static_cast<int>(page.ny);
    info_.n_frames = info_.n_raw_frames = static_cast<int>(pages_.size());
    info_.type = *pixel_type(page);
    std::string kind = fmt::format("{}-bit {}", page.bits,
                                   info_.type == PixelType::float32  ? "float"
                                   : page.format == SAMPLEFORMAT_INT ? "signed"
                                                                     : "unsigned");
    if (info_.type == PixelType::uint8 && page.bits == 8 &&
        is_half_width_of_nibbles(info_.nx, info_.ny)) {
      info_.findings.push_back(
          {Severity::note, Defect::none,
           fmt::format("{} x {} bytes are the size of a super-resolution frame with two 4-bit "
                       "pixels in each byte: read as {} x {} pixels",
                       info_.nx, info_.ny, 2 * info_.nx, info_.ny)});
      info_.nx *= 2;
      nibbles_ = low_first_ = true;
      kind = "two 4-bit pixels in a byte";
    }
    info_.format = fmt::format("TIFF, {}, {}", kind, compression_text(page.compression));
    const std::size_t nx = static_cast<std::size_t>(info_.nx);
    row_bytes_ = nibbles_ ? (nx + 1) / 2 : nx * bytes_per_pixel(info_.type);
  }

  // Row y of the TIFF, `n` stored bytes from `in`, into pixels x0.. of the frame.
  void put_row(RawFrame& frame, std::uint32_t y, std::size_t x0, const std::byte* in,
               std::size_t n) const {
    const std::size_t pixel = bytes_per_pixel(info_.type);
    const std::size_t frame_row = static_cast<std::size_t>(info_.ny) - 1 - y;
    std::byte* out =
        frame.bytes.data() + (frame_row * static_cast<std::size_t>(info_.nx) + x0) * pixel;
    if (!nibbles_) {
      std::memcpy(out, in, n);
      return;
    }
    const auto pixels = std::min(2 * n, static_cast<std::size_t>(info_.nx) - x0);
    unpack_nibbles(in, static_cast<int>(pixels), low_first_ ? FirstNibble::low : FirstNibble::high,
                   out);
  }

  void read_strips(int index, const TiffHandle& tiff, RawFrame& frame) const {
    const auto ny = static_cast<std::uint32_t>(info_.ny);
    const std::uint32_t rows = std::min(tiff.integer(TIFFTAG_ROWSPERSTRIP, ny), ny);
    if (rows == 0 || TIFFScanlineSize64(tiff.get()) != row_bytes_) fail_page(index, tiff);
    std::vector<std::byte> strip(rows * row_bytes_);
    for (std::uint32_t y = 0; y < ny; y += rows) {
      const std::uint32_t n_rows = std::min(rows, ny - y);
      const auto expected = static_cast<tmsize_t>(n_rows * row_bytes_);
      const auto got = TIFFReadEncodedStrip(tiff.get(), TIFFComputeStrip(tiff.get(), y, 0),
                                            strip.data(), expected);
      if (got != expected) fail_page(index, tiff);
      for (std::uint32_t i = 0; i < n_rows; ++i)
        put_row(frame, y + i, 0, strip.data() + i * row_bytes_, row_bytes_);
    }
  }

  void read_tiles(int index, const TiffHandle& tiff, RawFrame& frame) const {
    const std::uint32_t width = tiff.integer(TIFFTAG_TILEWIDTH, 0);
    const std::uint32_t height = tiff.integer(TIFFTAG_TILELENGTH, 0);
    const std::uint64_t tile_bytes = TIFFTileSize64(tiff.get());
    const std::uint64_t tile_row = TIFFTileRowSize64(tiff.get());
    const std::uint64_t stored_bytes = row_bytes_ * static_cast<std::uint64_t>(info_.ny);
    // A tile may be wider than the image, but not out of proportion to it.
    if (width == 0 || height == 0 || tile_row == 0 || tile_bytes != tile_row * height ||
        tile_bytes > 64 * stored_bytes + (1u << 24) || (nibbles_ && width % 2 != 0))
      fail_page(index, tiff);
    std::vector<std::byte> tile(tile_bytes);
    const std::uint32_t stored_nx = pages_.front().nx;
    const std::size_t pixels_per_stored = nibbles_ && low_first_ ? 2 : 1;
    for (std::uint32_t y = 0; y < static_cast<std::uint32_t>(info_.ny); y += height)
      for (std::uint32_t x = 0; x < stored_nx; x += width) {
        const auto got = TIFFReadEncodedTile(tiff.get(), TIFFComputeTile(tiff.get(), x, y, 0, 0),
                                             tile.data(), static_cast<tmsize_t>(tile_bytes));
        if (got != static_cast<tmsize_t>(tile_bytes)) fail_page(index, tiff);
        const std::uint32_t n_x = std::min(width, stored_nx - x);
        const std::size_t n_bytes = (static_cast<std::size_t>(n_x) * pages_.front().bits + 7) / 8;
        const std::uint32_t n_y = std::min(height, static_cast<std::uint32_t>(info_.ny) - y);
        for (std::uint32_t i = 0; i < n_y; ++i)
          put_row(frame, y + i, x * pixels_per_stored, tile.data() + i * tile_row, n_bytes);
      }
  }

  std::filesystem::path path_;
  TiffPool pool_;
  std::vector<Page> pages_;
  std::size_t row_bytes_ = 0;  // of a stored row
  bool nibbles_ = false;
  bool low_first_ = false;
};

}  // namespace

std::unique_ptr<FrameReader> open_tiff(const std::filesystem::path& path) {
  return std::make_unique<TiffReader>(path);
}

}  // namespace gimbal
