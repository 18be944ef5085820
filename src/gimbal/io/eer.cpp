// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/eer.h"

#include "gimbal/io/byte_source.h"
#include "gimbal/io/eer_codec.h"
#include "gimbal/io/eer_metadata.h"
#include "gimbal/io/file_error.h"
#include "gimbal/io/tiff_handle.h"

#include <algorithm>
#include <mutex>
#include <set>

namespace gimbal {
namespace {

constexpr std::uint32_t largest_side = 16384;
constexpr int frames_at_a_time = 32;  // whose streams are in memory

struct Piece {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

struct EerLayout {
  int nx = 0, ny = 0;
  int compression = 0;
  EerCode code;
  std::vector<std::vector<Piece>> frames;
  EerMetadata metadata;
  int n_other = 0;  // directories that are not EER frames
};

class LayoutBuilder {
 public:
  explicit LayoutBuilder(const std::filesystem::path& path)
      : path_(path), file_bytes_(std::filesystem::file_size(path)) {}

  EerLayout build() {
    const TiffHandle tiff(path_, "rmO");
    for_each_directory(tiff, path_, [&] { add(tiff); });
    if (layout_.frames.empty())
      fail_file(Defect::unreadable, "{} has no EER frame", path_.string());
    return std::move(layout_);
  }

 private:
  void add(const TiffHandle& tiff) {
    const auto compression = static_cast<int>(tiff.integer(TIFFTAG_COMPRESSION, 1));
    if (!is_eer_compression(compression)) {
      ++layout_.n_other;
      return;
    }
    const std::uint32_t nx = tiff.integer(TIFFTAG_IMAGEWIDTH, 0);
    const std::uint32_t ny = tiff.integer(TIFFTAG_IMAGELENGTH, 0);
    if (layout_.frames.empty()) {
      begin(tiff, compression, nx, ny);
    } else if (static_cast<int>(nx) != layout_.nx || static_cast<int>(ny) != layout_.ny ||
               compression != layout_.compression) {
      fail_file(Defect::inconsistent,
                "{}: raw frame {} is not of the size or compression of the "
                "first one",
                path_.string(), layout_.frames.size() + 1);
    }
    layout_.frames.push_back(pieces(tiff));
  }

  void begin(const TiffHandle& tiff, int compression, std::uint32_t nx, std::uint32_t ny) {
    if (nx < 1 || ny < 1 || nx > largest_side || ny > largest_side)
      fail_file(Defect::bad_header, "{}: the detector has {} x {} pixels", path_.string(), nx, ny);
    layout_.nx = static_cast<int>(nx);
    layout_.ny = static_cast<int>(ny);
    layout_.compression = compression;
    layout_.metadata = parse_eer_metadata(tiff.private_text(eer_tag_metadata));
    if (compression == 65000) layout_.code = {8, 2, 2, true};
    if (compression == 65002) {
      const auto rle = tiff.private_integer(eer_tag_rle_bits, 7);
      const auto x = tiff.private_integer(eer_tag_x_bits, 2);
      const auto y = tiff.private_integer(eer_tag_y_bits, 2);
      if (rle < 2 || rle > 16 || x < 1 || x > 4 || y < 1 || y > 4)
        fail_file(Defect::bad_header, "{}: an EER code of {} + {} + {} bits is not read",
                  path_.string(), rle, x, y);
      layout_.code = {static_cast<int>(rle), static_cast<int>(x), static_cast<int>(y), false};
    }
  }

  std::vector<Piece> pieces(const TiffHandle& tiff) const {
    std::vector<Piece> pieces;
    // As many strips as there are rows, at most.
    const std::uint32_t n = TIFFNumberOfStrips(tiff.get());
    for (std::uint32_t i = 0; i < n; ++i) {
      const Piece piece{TIFFGetStrileOffset(tiff.get(), i), TIFFGetStrileByteCount(tiff.get(), i)};
      if (piece.offset > file_bytes_ || piece.bytes > file_bytes_ - piece.offset)
        fail_file(Defect::truncated,
                  "{} is truncated: raw frame {} should end at byte {}, the file has {}",
                  path_.string(), layout_.frames.size() + 1, piece.offset + piece.bytes,
                  file_bytes_);
      pieces.push_back(piece);
    }
    return pieces;
  }

  std::filesystem::path path_;
  std::uint64_t file_bytes_;
  EerLayout layout_;
};

class EerReader : public FrameReader {
 public:
  EerReader(const std::filesystem::path& path, const EerRendering& rendering)
      : path_(path), file_(path), rendering_(rendering), layout_(LayoutBuilder(path).build()) {
    check_rendering();
    const int n_raw = static_cast<int>(layout_.frames.size());
    info_.format = fmt::format("EER {}, {} + {} bits", layout_.compression, layout_.code.rle_bits,
                               layout_.code.x_bits + layout_.code.y_bits);
    info_.nx = layout_.nx << (rendering.upsampling - 1);
    info_.ny = layout_.ny << (rendering.upsampling - 1);
    info_.n_raw_frames = n_raw;
    info_.n_frames = n_raw / rendering.grouping;
    info_.type = rendering.grouping <= 255 ? PixelType::uint8 : PixelType::uint16;
    const EerMetadata& data = layout_.metadata;
    info_.pixel_A = data.pixel_A / (1 << (rendering.upsampling - 1));
    info_.exposure_s = data.exposure_time_s;
    if (data.pixel_A > 0) info_.exposure_e_A2 = data.dose_e_pixel / (data.pixel_A * data.pixel_A);
    add_findings(n_raw);
  }

  Findings findings() const override {
    Findings all = info_.findings;
    const std::lock_guard lock(mutex_);
    for (const int raw : broken_)
      all.push_back({Severity::warning, Defect::unreadable,
                     fmt::format("raw frame {} is damaged and was left out", raw + 1)});
    return all;
  }

  void read(int index, RawFrame& frame) const override {
    if (index < 0 || index >= info_.n_frames)
      fail("{} has {} fractions; fraction {} was asked for", path_.string(), info_.n_frames,
           index + 1);
    frame.type = info_.type;
    frame.nx = info_.nx;
    frame.ny = info_.ny;
    frame.bytes.assign(static_cast<std::size_t>(info_.nx) * static_cast<std::size_t>(info_.ny) *
                           bytes_per_pixel(info_.type),
                       std::byte{0});
    const EerCanvas canvas{layout_.nx, layout_.ny, rendering_.upsampling, frame.bytes.data(),
                           info_.type == PixelType::uint16};
    int n_good = 0;
    std::vector<std::vector<std::byte>> streams;
    for (int i = 0; i < rendering_.grouping; i += frames_at_a_time)
      n_good += add(index * rendering_.grouping + i,
                    std::min(frames_at_a_time, rendering_.grouping - i), canvas, streams);
    if (n_good == 0 && rendering_.grouping == 1)
      fail_file(Defect::unreadable, "{}: raw frame {} is damaged", path_.string(), index + 1);
    if (n_good == 0)
      fail_file(Defect::unreadable, "{}: all raw frames of fraction {} are damaged", path_.string(),
                index + 1);
  }

 private:
  void check_rendering() const {
    if (rendering_.grouping < 1 || rendering_.grouping > 65535)
      fail("an EER grouping of {} raw frames is not possible", rendering_.grouping);
    if (rendering_.upsampling < 1 || rendering_.upsampling > 3)
      fail("an EER upsampling of {} is not possible: 1, 2 or 3", rendering_.upsampling);
    if (rendering_.upsampling > 1 + std::min(layout_.code.x_bits, layout_.code.y_bits))
      fail("{} has {} sub-pixel bit: an EER upsampling of {} is not possible", path_.string(),
           std::min(layout_.code.x_bits, layout_.code.y_bits), rendering_.upsampling);
    if (static_cast<int>(layout_.frames.size()) < rendering_.grouping)
      fail(
          "{} has {} raw frames: too few for a single fraction of {}; choose a smaller EER "
          "grouping",
          path_.string(), layout_.frames.size(), rendering_.grouping);
  }

  void add_findings(int n_raw) {
    const auto note = [&](Severity severity, Defect defect, std::string text) {
      info_.findings.push_back({severity, defect, std::move(text)});
    };
    const EerMetadata& data = layout_.metadata;
    if (const int rest = n_raw % rendering_.grouping; rest != 0)
      note(Severity::note, Defect::none,
           fmt::format("{} raw frames in fractions of {}: the last {} are not used", n_raw,
                       rendering_.grouping, rest));
    if (layout_.n_other > 0)
      note(Severity::note, Defect::none,
           fmt::format("{} images that are not EER frames are ignored", layout_.n_other));
    if (data.n_frames > 0 && data.n_frames != n_raw)
      note(Severity::warning, Defect::inconsistent,
           fmt::format("the metadata state {} raw frames, the file has {}", data.n_frames, n_raw));
    if (data.nx > 0 && data.ny > 0 && (data.nx != layout_.nx || data.ny != layout_.ny))
      note(Severity::warning, Defect::inconsistent,
           fmt::format("the metadata state a sensor of {} x {} pixels, the frames have {} x {}",
                       data.nx, data.ny, layout_.nx, layout_.ny));
  }

  // Adds `n` raw frames; how many of them were good.
  int add(int first, int n, const EerCanvas& canvas,
          std::vector<std::vector<std::byte>>& streams) const {
    streams.resize(static_cast<std::size_t>(n));
    std::vector<EerStream> frames;
    for (int i = 0; i < n; ++i) {
      auto& stream = streams[static_cast<std::size_t>(i)];
      load_stream(first + i, stream);
      frames.push_back({std::span(stream).first(stream.size() - eer_slack)});
    }
    add_eer_frames(frames, layout_.code, canvas);
    int n_good = 0;
    for (int i = 0; i < n; ++i) {
      auto& frame = frames[static_cast<std::size_t>(i)];
      if (!frame.good && layout_.code.padded_overflow) {
        // Some writers of 65000 leave the padding out, as 65001 does; the exact end tells which.
        EerCode tight = layout_.code;
        tight.padded_overflow = false;
        add_eer_frames({&frame, 1}, tight, canvas);
      }
      if (frame.good)
        ++n_good;
      else
        note_broken(first + i);
    }
    return n_good;
  }

  // The bits of a raw frame and eer_slack bytes more.
  void load_stream(int raw, std::vector<std::byte>& stream) const {
    stream.clear();
    for (const Piece& piece : layout_.frames[static_cast<std::size_t>(raw)]) {
      const std::size_t at = stream.size();
      stream.resize(at + static_cast<std::size_t>(piece.bytes));
      file_.read_at(piece.offset, std::span(stream).subspan(at));
    }
    stream.resize(stream.size() + eer_slack);
  }

  void note_broken(int raw) const {
    const std::lock_guard lock(mutex_);
    broken_.insert(raw);
  }

  std::filesystem::path path_;
  InputFile file_;
  EerRendering rendering_;
  EerLayout layout_;
  mutable std::mutex mutex_;
  mutable std::set<int> broken_;  // raw frames
};

}  // namespace

bool is_eer(const std::filesystem::path& path) {
  const TiffHandle tiff(path, "rmO");
  // The first directory may be a sum or preview.
  for (int i = 0; i < 2; ++i) {
    if (is_eer_compression(static_cast<int>(tiff.integer(TIFFTAG_COMPRESSION, 1)))) return true;
    if (TIFFReadDirectory(tiff.get()) == 0) return false;
  }
  return false;
}

std::unique_ptr<FrameReader> open_eer(const std::filesystem::path& path,
                                      const EerRendering& rendering) {
  return std::make_unique<EerReader>(path, rendering);
}

}  // namespace gimbal
