// SPDX-License-Identifier: GPL-3.0-or-later
// Writes small valid files of every kind as seeds: fuzz_seeds FOLDER.
#include "gimbal/io/file.h"
#include "gimbal/io/imod_model.h"
#include "gimbal/io/mrc.h"
#include "gimbal/io/tiff_handle.h"
#include "gimbal/sim/eer_writer.h"

#include <array>
#include <iostream>

namespace gimbal::fuzz {
namespace {

void write_mrc_seeds(const std::filesystem::path& folder) {
  Image<float> image(6, 4);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 6; ++x) image(x, y) = static_cast<float>(x + y);
  for (const auto mode :
       {MrcMode::int8, MrcMode::int16, MrcMode::float32, MrcMode::uint16, MrcMode::float16}) {
    MrcWriteOptions options;
    options.mode = mode;
    MrcStackWriter writer(folder / fmt::format("mode{}.mrc", static_cast<int>(mode)), 6, 4, 2,
                          options);
    writer.append(image);
    writer.append(image);
    writer.finish();
  }
}

void write_tiff_seed(const std::filesystem::path& path, int bits, int compression, bool tiles) {
  const TiffHandle handle(path, "w");
  TIFF* tiff = handle.get();
  for (int page = 0; page < 2; ++page) {
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, 20);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, 18);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, bits == 32 ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, compression);
    std::array<std::byte, 16 * 16 * 4> data{};
    data[5] = std::byte{7};
    if (tiles) {
      TIFFSetField(tiff, TIFFTAG_TILEWIDTH, 16);
      TIFFSetField(tiff, TIFFTAG_TILELENGTH, 16);
      for (std::uint32_t tile = 0; tile < 4; ++tile)
        TIFFWriteEncodedTile(tiff, tile, data.data(), TIFFTileSize(tiff));
    } else {
      TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 8);
      for (std::uint32_t y = 0; y < 18; ++y) TIFFWriteScanline(tiff, data.data(), y);
    }
    TIFFWriteDirectory(tiff);
  }
}

void write_tiff_seeds(const std::filesystem::path& folder) {
  for (const int bits : {4, 8, 16, 32})
    for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE,
                                  COMPRESSION_PACKBITS, COMPRESSION_ZSTD})
      for (const bool tiles : {false, true})
        write_tiff_seed(folder / fmt::format("{}_{}_{}.tif", bits, compression, tiles), bits,
                        compression, tiles);
}

// Each with the byte in front that the fuzzer takes its settings from.
void write_eer_seeds(const std::filesystem::path& folder) {
  const auto plain = folder / "plain.eer";
  for (const int compression : {65000, 65001, 65002}) {
    EerWriteOptions options;
    options.compression = compression;
    options.pixel_A = 1.5;
    options.exposure_e_A2 = 3;
    EerWriter writer(plain, 16, 12, options);
    for (std::uint16_t i = 0; i < 4; ++i) writer.append({{i, i}, {9, 40}, {63, 47}});
    writer.finish();
    for (const char setting : {'\0', '\4'})
      write_text_atomically(folder / fmt::format("{}_{}.eer", compression, int{setting}),
                            setting + read_text(plain));
  }
  std::filesystem::remove(plain);
}

void write_model_seed(const std::filesystem::path& path) {
  ImodModel model;
  model.nx = 64, model.ny = 48, model.nz = 3;
  model.objects.push_back({"beads", true, {{{{1, 2, 0}, {3, 4, 1}}}, {{{5, 6, 2}}}}});
  model.reference = ImodImageReference{{1, 1, 1}, {0, 0, 0}};
  const auto bytes = imod_model_bytes(model);
  write_text_atomically(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace
}  // namespace gimbal::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fuzz_seeds FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  for (const char* format : {"mrc", "tiff", "eer", "imod_model"})
    std::filesystem::create_directories(folder / format);
  gimbal::fuzz::write_mrc_seeds(folder / "mrc");
  gimbal::fuzz::write_tiff_seeds(folder / "tiff");
  gimbal::fuzz::write_eer_seeds(folder / "eer");
  gimbal::fuzz::write_model_seed(folder / "imod_model" / "beads.fid");
}
