// SPDX-License-Identifier: GPL-3.0-or-later
// TIFF in the forms that cameras and programs write, and in forms that nobody should.
#include "gimbal/io/tiff.h"

#include "scratch.h"

#include "gimbal/io/bytes.h"
#include "gimbal/io/file_error.h"
#include "gimbal/io/tiff_handle.h"

#include <cstring>
#include <map>
#include <thread>

namespace gimbal {
namespace {

using test::Bytes;

struct Form {
  std::uint32_t nx = 7, ny = 5;
  int bits = 8, format = SAMPLEFORMAT_UINT, compression = COMPRESSION_NONE;
  std::uint32_t rows_per_strip = 2;
  std::uint32_t tile = 0;  // > 0: tiles instead of strips
  int predictor = PREDICTOR_NONE;
  const char* mode = "w";
};

// The stored value of a pixel of a page.
int value_at(const Form& form, int page, std::uint32_t x, std::uint32_t y) {
  const int value = page * 50 + static_cast<int>(x + 3 * y);
  return form.bits == 4 ? value % 16 : form.format == SAMPLEFORMAT_INT ? value % 120 - 60 : value;
}

// A row as it is stored.
Bytes stored_row(const Form& form, int page, std::uint32_t y, std::uint32_t width) {
  Bytes row((static_cast<std::size_t>(width) * static_cast<unsigned>(form.bits) + 7) / 8);
  for (std::uint32_t x = 0; x < std::min(width, form.nx); ++x) {
    const int value = value_at(form, page, x, y);
    const auto put = [&](auto number) {
      std::memcpy(row.data() + x * sizeof number, &number, sizeof number);
    };
    if (form.bits == 4)
      row[x / 2] |= static_cast<std::byte>(value << (x % 2 == 0 ? 4 : 0));
    else if (form.bits == 8)
      put(static_cast<std::uint8_t>(value));
    else if (form.bits == 16)
      put(static_cast<std::uint16_t>(value));
    else if (form.bits == 32)
      put(static_cast<float>(value));
  }
  return row;
}

void write_page(TIFF* tiff, const Form& form, int page) {
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, form.nx);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, form.ny);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, form.bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, form.format);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, form.compression);
  TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER);
  TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 1e8 / 1.35);
  if (form.predictor != PREDICTOR_NONE) TIFFSetField(tiff, TIFFTAG_PREDICTOR, form.predictor);
  if (form.tile > 0) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, form.tile);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, form.tile);
    for (std::uint32_t y0 = 0; y0 < form.ny; y0 += form.tile)
      for (std::uint32_t x0 = 0; x0 < form.nx; x0 += form.tile) {
        Bytes tile(static_cast<std::size_t>(TIFFTileSize(tiff)));
        const auto row_bytes = static_cast<std::size_t>(TIFFTileRowSize(tiff));
        for (std::uint32_t y = y0; y < std::min(form.ny, y0 + form.tile); ++y) {
          const auto row = stored_row(form, page, y, (form.nx + form.tile) & ~1u);
          const std::size_t from = x0 * static_cast<unsigned>(form.bits) / 8;
          const std::size_t n = std::min(row_bytes, row.size() - from);
          std::memcpy(tile.data() + (y - y0) * row_bytes, row.data() + from, n);
        }
        TIFFWriteEncodedTile(tiff, TIFFComputeTile(tiff, x0, y0, 0, 0), tile.data(),
                             static_cast<tmsize_t>(tile.size()));
      }
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, form.rows_per_strip);
    for (std::uint32_t y = 0; y < form.ny; ++y) {
      auto row = stored_row(form, page, y, form.nx);
      TIFFWriteScanline(tiff, row.data(), y);
    }
  }
  TIFFWriteDirectory(tiff);
}

class Tiff : public test::ScratchTest {
 protected:
  std::filesystem::path movie(const Form& form, int n_pages = 3) const {
    const TiffHandle tiff(file("a.tif"), form.mode);
    for (int page = 0; page < n_pages; ++page) write_page(tiff.get(), form, page);
    return file("a.tif");
  }

  void expect_read(const Form& form) const {
    const auto reader = open_frames(movie(form));
    ASSERT_EQ(reader->info().n_frames, 3);
    ASSERT_EQ(reader->info().nx, static_cast<int>(form.nx));
    ASSERT_EQ(reader->info().ny, static_cast<int>(form.ny));
    EXPECT_NEAR(reader->info().pixel_A, 1.35, 1e-6);
    RawFrame frame;
    std::vector<float> row(form.nx);
    for (const int page : {2, 0, 1, 1}) {
      reader->read(page, frame);
      for (std::uint32_t y = 0; y < form.ny; ++y) {
        frame.row_to_float(static_cast<int>(form.ny - 1 - y), row.data());
        for (std::uint32_t x = 0; x < form.nx; ++x)
          ASSERT_EQ(row[x], value_at(form, page, x, y)) << reader->info().format;
      }
    }
  }
};

TEST_F(Tiff, EveryPixelTypeAndCompressionInStripsAndTiles) {
  const std::pair<int, int> types[] = {{8, SAMPLEFORMAT_UINT},    {8, SAMPLEFORMAT_INT},
                                       {16, SAMPLEFORMAT_UINT},   {16, SAMPLEFORMAT_INT},
                                       {32, SAMPLEFORMAT_IEEEFP}, {4, SAMPLEFORMAT_UINT}};
  for (const auto& [bits, format] : types)
    for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE,
                                  COMPRESSION_PACKBITS, COMPRESSION_ZSTD})
      for (const std::uint32_t tile : {0u, 16u}) {
        Form form;
        form.bits = bits, form.format = format, form.compression = compression;
        form.tile = tile;
        expect_read(form);
        form.nx = 37, form.ny = 35, form.rows_per_strip = 35;
        expect_read(form);
      }
}

TEST_F(Tiff, PredictorsBigEndianAndBigTiff) {
  Form form;
  form.bits = 16, form.compression = COMPRESSION_LZW, form.predictor = PREDICTOR_HORIZONTAL;
  for (const char* mode : {"wb", "wl", "w8", "wb8"}) {
    form.mode = mode;
    expect_read(form);
  }
}

TEST_F(Tiff, HalfWidthSuperResolutionIsFourBits) {
  Form form;
  form.nx = 3710, form.ny = 7676, form.compression = COMPRESSION_ZSTD;
  form.rows_per_strip = 7676;
  const auto reader = open_frames(movie(form, 1));
  ASSERT_EQ(reader->info().nx, 7420);
  ASSERT_EQ(reader->info().ny, 7676);
  ASSERT_EQ(reader->info().findings.size(), 1u);
  EXPECT_EQ(reader->info().findings[0].severity, Severity::note);
  RawFrame frame;
  reader->read(0, frame);
  std::vector<float> row(7420);
  frame.row_to_float(7675, row.data());
  const int byte = value_at(form, 0, 100, 0);
  EXPECT_EQ(row[200], byte % 16);
  EXPECT_EQ(row[201], byte / 16);
}

TEST_F(Tiff, PagesOfDifferentSizeAreRefused) {
  {
    const TiffHandle tiff(file("b.tif"), "w");
    Form form;
    write_page(tiff.get(), form, 0);
    form.ny = 6;
    write_page(tiff.get(), form, 1);
  }
  try {
    open_frames(file("b.tif"));
    FAIL() << "it was opened";
  } catch (const FileError& error) {
    EXPECT_EQ(error.defect(), Defect::inconsistent);
    EXPECT_NE(std::string(error.what()).find("page 2 has 7 x 6"), std::string::npos);
  }
}

TEST_F(Tiff, PixelsThatAreNotRead) {
  Form form;
  form.bits = 32;  // integers
  EXPECT_THROW(open_frames(movie(form)), FileError);
  form.bits = 1;
  EXPECT_THROW(open_frames(movie(form)), FileError);
}

TEST_F(Tiff, EveryTruncationIsAnErrorAndNothingIsPrinted) {
  Form form;
  form.compression = COMPRESSION_LZW;
  const auto whole = test::read_bytes(movie(form));
  ::testing::internal::CaptureStderr();
  for (std::size_t size = 1; size < whole.size(); size += 5) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto read = [&] {
      const auto reader = open_frames(write("cut.tif", cut));
      RawFrame frame;
      for (int i = 0; i < 3; ++i) reader->read(i, frame);
    };
    EXPECT_THROW(read(), Error) << size << " of " << whole.size();
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(Tiff, AFileWithoutAnyImageSaysSo) {
  Bytes bytes = test::read_bytes(movie({}));
  std::fill(bytes.begin() + 4, bytes.begin() + 8, std::byte{0});  // no first directory
  try {
    open_frames(write("none.tif", bytes));
    FAIL();
  } catch (const FileError& error) {
    EXPECT_NE(std::string(error.what()).find("holds no image"), std::string::npos) << error.what();
  }
}

TEST_F(Tiff, AChainThatTurnsBackIsAnError) {
  auto bytes = test::read_bytes(movie({}));
  // Follow the chain to the last link, and point it at the first directory.
  const auto first = load<std::uint32_t>(bytes, 4, std::endian::little);
  std::size_t link = 4;
  for (auto at = first; at != 0;) {
    const auto n = load<std::uint16_t>(bytes, at, std::endian::little);
    link = at + 2 + 12 * n;
    at = load<std::uint32_t>(bytes, link, std::endian::little);
  }
  store(std::span(bytes), link, first);
  EXPECT_THROW(open_frames(write("loop.tif", bytes)), FileError);
}

TEST_F(Tiff, SizesOutOfProportionAreRefusedBeforeAnyAllocation) {
  auto bytes = test::read_bytes(movie({}, 1));
  const auto first = load<std::uint32_t>(bytes, 4, std::endian::little);
  const auto n = load<std::uint16_t>(bytes, first, std::endian::little);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t entry = first + 2 + 12 * i;
    const auto tag = load<std::uint16_t>(bytes, entry, std::endian::little);
    if (tag != TIFFTAG_IMAGEWIDTH && tag != TIFFTAG_IMAGELENGTH) continue;
    store(std::span(bytes), entry + 2, std::uint16_t{TIFF_LONG});
    store(std::span(bytes), entry + 8, std::uint32_t{1u << 20});
  }
  EXPECT_THROW(open_frames(write("huge.tif", bytes)), FileError);
}

TEST_F(Tiff, ThreadsReadTheSame) {
  Form form;
  form.nx = 200, form.ny = 150, form.compression = COMPRESSION_ADOBE_DEFLATE;
  const auto reader = open_frames(movie(form, 8));
  std::vector<RawFrame> frames(8);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] { reader->read(i, frames[static_cast<std::size_t>(i)]); });
  for (auto& thread : threads) thread.join();
  RawFrame alone;
  for (int i = 0; i < 8; ++i) {
    reader->read(i, alone);
    EXPECT_EQ(alone.bytes, frames[static_cast<std::size_t>(i)].bytes);
  }
}

}  // namespace
}  // namespace gimbal
