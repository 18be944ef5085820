// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/jpeg.h"

#include "gimbal/core/error.h"

#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

// After <cstdio>, which it needs and does not include.
#include <jpeglib.h>

namespace gimbal {
namespace {

// libjpeg reports errors by a function that must not return; C++ exceptions may not cross its
// frames, so it jumps to the caller, which holds no object with a destructor between.
struct ErrorTrap {
  jpeg_error_mgr manager;  // first: libjpeg hands back a pointer to it
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX];
};

void jump_back(j_common_ptr codec) {
  auto* trap = reinterpret_cast<ErrorTrap*>(codec->err);
  codec->err->format_message(codec, trap->message);
  std::longjmp(trap->back, 1);
}

void say_nothing(j_common_ptr, int) {}

void prepare(ErrorTrap& trap) {
  jpeg_std_error(&trap.manager);
  trap.manager.error_exit = jump_back;
  trap.manager.emit_message = say_nothing;
  trap.message[0] = '\0';
}

struct Encoded {
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
};

bool encode(View<const std::uint8_t> grey, int quality, Encoded& out, ErrorTrap& trap) {
  jpeg_compress_struct codec{};
  prepare(trap);
  codec.err = &trap.manager;
  if (setjmp(trap.back) != 0) {
    jpeg_destroy_compress(&codec);
    return false;
  }
  jpeg_create_compress(&codec);
  jpeg_mem_dest(&codec, &out.bytes, &out.size);
  codec.image_width = static_cast<JDIMENSION>(grey.nx());
  codec.image_height = static_cast<JDIMENSION>(grey.ny());
  codec.input_components = 1;
  codec.in_color_space = JCS_GRAYSCALE;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, quality, TRUE);
  codec.optimize_coding = TRUE;
  codec.dct_method = JDCT_ISLOW;
  jpeg_start_compress(&codec, TRUE);
  for (int y = 0; y < grey.ny(); ++y) {
    auto* row = const_cast<JSAMPLE*>(grey.row(y));
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  jpeg_destroy_compress(&codec);
  return true;
}

constexpr JDIMENSION max_side = 4096;

// Reads the header and, when `out` has pixels, the picture.
bool decode(const std::string& bytes, int eighths, Size2& size, Image<std::uint8_t>& out,
            ErrorTrap& trap) {
  jpeg_decompress_struct codec{};
  prepare(trap);
  codec.err = &trap.manager;
  if (setjmp(trap.back) != 0) {
    jpeg_destroy_decompress(&codec);
    return false;
  }
  jpeg_create_decompress(&codec);
  jpeg_mem_src(&codec, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&codec, TRUE);
  codec.out_color_space = JCS_GRAYSCALE;
  codec.dct_method = JDCT_ISLOW;
  codec.scale_num = static_cast<unsigned>(eighths);
  codec.scale_denom = 8;
  jpeg_calc_output_dimensions(&codec);
  if (codec.output_width <= max_side && codec.output_height <= max_side)
    size = {static_cast<int>(codec.output_width), static_cast<int>(codec.output_height)};
  if (out.size() == size && !out.empty()) {
    jpeg_start_decompress(&codec);
    for (int y = 0; y < size.ny; ++y) {
      JSAMPLE* row = out.row(y);
      jpeg_read_scanlines(&codec, &row, 1);
    }
    jpeg_finish_decompress(&codec);
  }
  jpeg_destroy_decompress(&codec);
  return true;
}

}  // namespace

std::string encode_jpeg(View<const std::uint8_t> grey, int quality) {
  if (grey.nx() < 1 || grey.ny() < 1)
    fail("cannot make a picture of {} x {} pixels", grey.nx(), grey.ny());
  ErrorTrap trap;
  Encoded encoded;
  const bool done = encode(grey, quality, encoded, trap);
  std::string bytes;
  if (done) bytes.assign(reinterpret_cast<const char*>(encoded.bytes), encoded.size);
  std::free(encoded.bytes);
  if (!done) fail("cannot encode a JPEG of {} x {} pixels: {}", grey.nx(), grey.ny(), trap.message);
  return bytes;
}

Image<std::uint8_t> decode_jpeg(const std::string& bytes, int eighths) {
  ErrorTrap trap;
  Size2 size;
  Image<std::uint8_t> picture;
  if (bytes.empty() || !decode(bytes, eighths, size, picture, trap))
    fail("the {} bytes of a picture are not a JPEG: {}", bytes.size(),
         bytes.empty() ? "there are none" : trap.message);
  if (size.nx < 1 || size.ny < 1)
    fail("a JPEG of more than {0} x {0} pixels is no thumbnail", max_side);
  picture = Image<std::uint8_t>(size.nx, size.ny);
  if (!decode(bytes, eighths, size, picture, trap)) fail("cannot decode a JPEG: {}", trap.message);
  return picture;
}

}  // namespace gimbal
