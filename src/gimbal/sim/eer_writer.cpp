// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/eer_writer.h"

#include "gimbal/core/error.h"
#include "gimbal/io/file.h"
#include "gimbal/io/tiff_handle.h"

#include <string>

namespace gimbal {
namespace {

EerCode code_of(const EerWriteOptions& options) {
  switch (options.compression) {
    case 65000:
      return {8, 2, 2, true};
    case 65001:
      return {7, 2, 2, false};
    case 65002:
      break;
    default:
      fail("EER compression {} is not known: 65000, 65001 or 65002", options.compression);
  }
  const EerCode& code = options.code;
  if (code.rle_bits < 2 || code.rle_bits > 12 || code.x_bits < 1 || code.x_bits > 2 ||
      code.y_bits < 1 || code.y_bits > 2)
    fail("an EER code of {} + {} + {} bits cannot be written", code.rle_bits, code.x_bits,
         code.y_bits);
  return {code.rle_bits, code.x_bits, code.y_bits, false};
}

std::string metadata(int nx, int ny, const EerWriteOptions& options) {
  std::string xml = "<metadata>";
  const auto item = [&](const char* name, const char* unit, const std::string& value) {
    xml += fmt::format("<item name=\"{}\"{}>{}</item>", name,
                       *unit == '\0' ? "" : fmt::format(" unit=\"{}\"", unit), value);
  };
  if (options.exposure_time_s > 0)
    item("exposureTime", "s", fmt::format("{:.6g}", options.exposure_time_s));
  if (options.n_frames > 0) item("numberOfFrames", "", fmt::format("{}", options.n_frames));
  item("sensorImageHeight", "pixel", fmt::format("{}", ny));
  item("sensorImageWidth", "pixel", fmt::format("{}", nx));
  if (options.pixel_A > 0) {
    const auto pixel_m = fmt::format("{:.9g}", options.pixel_A * 1e-10);
    item("sensorPixelSize.height", "m", pixel_m);
    item("sensorPixelSize.width", "m", pixel_m);
    if (options.exposure_e_A2 > 0)
      item("totalDose", "e/pixel",
           fmt::format("{:.9g}", options.exposure_e_A2 * options.pixel_A * options.pixel_A));
  }
  return xml + "</metadata>";
}

void define_tags(TIFF* tiff) {
  static char text_name[] = "EerMetadata", rle_name[] = "EerRleBits", x_name[] = "EerXBits",
              y_name[] = "EerYBits";
  static const TIFFFieldInfo fields[] = {
      {eer_tag_metadata, -3, -3, TIFF_UNDEFINED, FIELD_CUSTOM, 1, 1, text_name},
      {eer_tag_rle_bits, 1, 1, TIFF_SHORT, FIELD_CUSTOM, 1, 0, rle_name},
      {eer_tag_x_bits, 1, 1, TIFF_SHORT, FIELD_CUSTOM, 1, 0, x_name},
      {eer_tag_y_bits, 1, 1, TIFF_SHORT, FIELD_CUSTOM, 1, 0, y_name}};
  TIFFMergeFieldInfo(tiff, fields, 4);
}

}  // namespace

struct EerWriter::Impl {
  Impl(const std::filesystem::path& to, int width, int height, const EerWriteOptions& wanted)
      : nx(width), ny(height), options(wanted), code(code_of(wanted)), file(to) {
    tiff = std::make_unique<TiffHandle>(file.temporary(), "w8");
    define_tags(tiff->get());
  }

  void set_tags() {
    TIFF* t = tiff->get();
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(nx));
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, static_cast<std::uint32_t>(ny));
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 1);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(t, TIFFTAG_COMPRESSION, options.compression);
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, static_cast<std::uint32_t>(ny));
    if (n_written == 0) {
      const auto text = metadata(nx, ny, options);
      TIFFSetField(t, eer_tag_metadata, static_cast<std::uint32_t>(text.size()), text.data());
    }
    if (options.compression == 65002) {
      TIFFSetField(t, eer_tag_rle_bits, code.rle_bits);
      TIFFSetField(t, eer_tag_x_bits, code.x_bits);
      TIFFSetField(t, eer_tag_y_bits, code.y_bits);
    }
  }

  int nx, ny;
  EerWriteOptions options;
  EerCode code;
  OutputFile file;
  std::unique_ptr<TiffHandle> tiff;
  int n_written = 0;
};

EerWriter::EerWriter(const std::filesystem::path& path, int nx, int ny,
                     const EerWriteOptions& options) {
  if (nx < 1 || ny < 1 || nx > 16384 || ny > 16384)
    fail("cannot write {}: an EER detector of {} x {} pixels", path.string(), nx, ny);
  impl_ = std::make_unique<Impl>(path, nx, ny, options);
}

EerWriter::~EerWriter() = default;
EerWriter::EerWriter(EerWriter&&) noexcept = default;

void EerWriter::append(const std::vector<EerElectron>& electrons) {
  auto bytes = encode_eer_frame(electrons, impl_->nx, impl_->ny, impl_->code);
  impl_->set_tags();
  TIFF* tiff = impl_->tiff->get();
  if (TIFFWriteRawStrip(tiff, 0, bytes.data(), static_cast<tmsize_t>(bytes.size())) < 0 ||
      TIFFWriteDirectory(tiff) == 0)
    fail("cannot write raw frame {} of an EER file: {}", impl_->n_written + 1,
         impl_->tiff->error());
  ++impl_->n_written;
}

void EerWriter::finish() {
  if (impl_->n_written == 0) fail("an EER file needs at least one frame");
  impl_->tiff.reset();
  impl_->file.commit();
}

}  // namespace gimbal
