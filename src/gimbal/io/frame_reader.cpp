// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/frame_reader.h"

#include "gimbal/core/simd.h"
#include "gimbal/core/text.h"
#include "gimbal/io/compressed.h"
#include "gimbal/io/eer.h"
#include "gimbal/io/file_error.h"
#include "gimbal/io/mrc.h"
#include "gimbal/io/mrc_source.h"
#include "gimbal/io/tiff.h"
#include "gimbal/io/tiff_handle.h"

#include <algorithm>
#include <cstring>

namespace gimbal {
namespace {

GIMBAL_MULTIVERSION void int8_to_float(const std::int8_t* in, int n, float* out) {
  for (int i = 0; i < n; ++i) out[i] = static_cast<float>(in[i]);
}
GIMBAL_MULTIVERSION void uint8_to_float(const std::uint8_t* in, int n, float* out) {
  for (int i = 0; i < n; ++i) out[i] = static_cast<float>(in[i]);
}

template <typename T>
void to_float(const std::byte* in, int n, float* out) {
  for (int i = 0; i < n; ++i) {
    T value;
    std::memcpy(&value, in + static_cast<std::size_t>(i) * sizeof(T), sizeof(T));
    out[i] = static_cast<float>(value);
  }
}

bool has_mrc_extension(const std::filesystem::path& path) {
  const auto extension = to_lower(path.extension().string());
  for (const char* known : {".mrc", ".mrcs", ".st", ".ali", ".rec", ".map", ".raw"})
    if (extension == known) return true;
  return false;
}

void convert(PixelType type, const std::byte* in, int n, float* out) {
  switch (type) {
    case PixelType::int8:
      return int8_to_float(reinterpret_cast<const std::int8_t*>(in), n, out);
    case PixelType::uint8:
      return uint8_to_float(reinterpret_cast<const std::uint8_t*>(in), n, out);
    case PixelType::int16:
      return to_float<std::int16_t>(in, n, out);
    case PixelType::uint16:
      return to_float<std::uint16_t>(in, n, out);
    case PixelType::float32:
      std::memcpy(out, in, static_cast<std::size_t>(n) * sizeof(float));
      return;
  }
}

}  // namespace

std::size_t bytes_per_pixel(PixelType type) {
  switch (type) {
    case PixelType::int8:
    case PixelType::uint8:
      return 1;
    case PixelType::int16:
    case PixelType::uint16:
      return 2;
    case PixelType::float32:
      return 4;
  }
  return 4;
}

void RawFrame::row_to_float(int y, float* out) const {
  assert(y >= 0 && y < ny);
  const std::size_t row_bytes = static_cast<std::size_t>(nx) * bytes_per_pixel(type);
  convert(type, bytes.data() + static_cast<std::size_t>(y) * row_bytes, nx, out);
}

float RawFrame::pixel(int x, int y) const {
  assert(x >= 0 && x < nx && y >= 0 && y < ny);
  const std::size_t bytes_each = bytes_per_pixel(type);
  const std::byte* in = bytes.data() + (static_cast<std::size_t>(y) * static_cast<std::size_t>(nx) +
                                        static_cast<std::size_t>(x)) *
                                           bytes_each;
  float value = 0.0F;
  convert(type, in, 1, &value);
  return value;
}

std::unique_ptr<FrameReader> open_frames(const std::filesystem::path& path,
                                         const EerRendering& eer) {
  const InputFile file(path);
  if (file.size() == 0) fail_file(Defect::truncated, "{} is empty", path.string());
  std::vector<std::byte> head(
      static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), mrc_header_bytes)));
  file.read_at(0, head);
  if (const auto compression = detect_compression(head))
    return open_mrc(decompressed_mrc(path, *compression));
  if (is_tiff(head)) return is_eer(path) ? open_eer(path, eer) : open_tiff(path);
  if (is_mrc_header(head) || has_mrc_extension(path)) return open_mrc(path);
  fail_file(
      Defect::unreadable,
      "{} is not an MRC, TIFF or EER file (STAR files and mdocs are known by their names, .star "
      "and .mdoc)",
      path.string());
}

Image<float> read_image(const std::filesystem::path& path) {
  const auto reader = open_frames(path);
  RawFrame frame;
  reader->read(0, frame);
  Image<float> image(frame.nx, frame.ny, Image<float>::Uninitialized{});
  for (int y = 0; y < frame.ny; ++y) frame.row_to_float(y, image.row(y));
  return image;
}

}  // namespace gimbal
