// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/movie_writer.h"

#include "gimbal/core/error.h"
#include "gimbal/io/mrc.h"
#include "gimbal/sim/eer_movie.h"
#include "gimbal/sim/movie.h"
#include "gimbal/sim/tiff_writer.h"

namespace gimbal::sim {
namespace {

MrcMode mrc_mode(PixelType type) {
  switch (type) {
    case PixelType::int8:
      return MrcMode::int8;
    case PixelType::int16:
      return MrcMode::int16;
    case PixelType::uint16:
      return MrcMode::uint16;
    case PixelType::float32:
      return MrcMode::float32;
    case PixelType::uint8:
      break;
  }
  throw UsageError("MRC movies cannot hold uint8 numbers: take int8 or uint16");
}

class MrcMovie : public MovieWriter {
 public:
  explicit MrcMovie(const MovieFile& file)
      : writer_(
            file.path, file.size.nx, file.size.ny, file.n_frames,
            {.mode = mrc_mode(file.type), .pixel_A = file.pixel_A, .labels = {"gimbal simulate"}}) {
  }
  void append(View<const float> counts) override { writer_.append(counts); }
  void finish() override { writer_.finish(); }

 private:
  MrcStackWriter writer_;
};

class TiffMovie : public MovieWriter {
 public:
  explicit TiffMovie(const MovieFile& file) : writer_(file.path), type_(file.type) {
    if (type_ == PixelType::int8 || type_ == PixelType::int16)
      throw UsageError(
          "TIFF movies hold unsigned numbers or floats: take uint8, uint16 or float32");
  }
  void append(View<const float> counts) override { writer_.append(to_raw(counts, type_), true); }
  void finish() override { writer_.finish(); }

 private:
  TiffWriter writer_;
  PixelType type_;
};

}  // namespace

std::unique_ptr<MovieWriter> open_movie_writer(const MovieFile& file) {
  if (file.format == "tif") return std::make_unique<TiffMovie>(file);
  if (file.format == "eer") return open_eer_movie(file);
  return std::make_unique<MrcMovie>(file);
}

void write_eer_gain(const std::filesystem::path& path, View<const float> gain) {
  TiffWriter writer(path);
  writer.append(to_raw(gain, PixelType::float32), false);
  writer.finish();
}

}  // namespace gimbal::sim
