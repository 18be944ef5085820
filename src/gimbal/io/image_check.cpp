// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/image_check.h"

#include "gimbal/io/file_error.h"
#include "gimbal/io/frame_reader.h"

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

// EER is looked at raw frame by raw frame.
constexpr EerRendering every_raw_frame{.grouping = 1, .upsampling = 1};

struct FrameValues {
  float min = 0, max = 0;
  double mean = 0;
  std::size_t n_bad = 0;  // NaN or infinite
};

FrameValues values_of(const RawFrame& frame) {
  FrameValues values;
  values.min = INFINITY;
  values.max = -INFINITY;
  double sum = 0;
  std::vector<float> row(static_cast<std::size_t>(frame.nx));
  for (int y = 0; y < frame.ny; ++y) {
    frame.row_to_float(y, row.data());
    for (const float value : row) {
      if (!std::isfinite(value)) {
        ++values.n_bad;
        continue;
      }
      values.min = std::min(values.min, value);
      values.max = std::max(values.max, value);
      sum += static_cast<double>(value);
    }
  }
  const double n = static_cast<double>(frame.nx) * frame.ny - static_cast<double>(values.n_bad);
  if (n > 0) values.mean = sum / n;
  return values;
}

const char* type_name(PixelType type) {
  switch (type) {
    case PixelType::int8:
      return "int8";
    case PixelType::uint8:
      return "uint8";
    case PixelType::int16:
      return "int16";
    case PixelType::uint16:
      return "uint16";
    case PixelType::float32:
      return "float32";
  }
  return "";
}

std::string size_text(std::uintmax_t bytes) {
  constexpr double kB = 1e3, MB = 1e6, GB = 1e9;
  const auto n = static_cast<double>(bytes);
  if (n < kB) return fmt::format("{} bytes", bytes);
  if (n < MB) return fmt::format("{:.1f} kB", n / kB);
  return n < GB ? fmt::format("{:.1f} MB", n / MB) : fmt::format("{:.2f} GB", n / GB);
}

void describe_first_frame(const FrameReader& reader, FileDescription& description) {
  RawFrame frame;
  reader.read(0, frame);
  const auto values = values_of(frame);
  description.fact("first_frame_min", static_cast<double>(values.min));
  description.fact("first_frame_max", static_cast<double>(values.max));
  description.fact("first_frame_mean", values.mean);
  description.line(
      reader.info().n_raw_frames > 1 ? "first frame" : "values",
      fmt::format("{:.6g} to {:.6g}, mean {:.6g}", values.min, values.max, values.mean));
}

// Repeated complaints about frames become one line with their number.
class FrameComplaints {
 public:
  void add(Defect defect, std::string text) {
    if (++count_ <= shown) findings_.push_back({Severity::error, defect, std::move(text)});
    if (count_ == shown + 1) findings_.push_back({Severity::error, defect, {}});
    if (count_ > shown)
      findings_.back().text = fmt::format("and {} more such frames", count_ - shown);
  }
  void append_to(Findings& all) const { all.insert(all.end(), findings_.begin(), findings_.end()); }

 private:
  static constexpr int shown = 3;
  int count_ = 0;
  Findings findings_;
};

void check_frames(const FrameReader& reader, Findings& findings) {
  const StackInfo& info = reader.info();
  FrameComplaints unreadable, not_finite, empty;
  RawFrame frame;
  for (int i = 0; i < info.n_frames; ++i) {
    try {
      reader.read(i, frame);
    } catch (const FileError& error) {
      unreadable.add(error.defect(), error.what());
      continue;
    } catch (const Error& error) {
      unreadable.add(Defect::unreadable, error.what());
      continue;
    }
    const auto values = values_of(frame);
    if (values.n_bad > 0)
      not_finite.add(Defect::inconsistent,
                     fmt::format("{} pixels of frame {} are NaN or infinite", values.n_bad, i + 1));
    const bool counts = info.type != PixelType::float32;
    if (counts && info.n_frames > 1 && values.min == 0 && values.max == 0)
      empty.add(Defect::inconsistent,
                fmt::format("all pixels of frame {} are 0: was the file written and copied "
                            "completely?",
                            i + 1));
  }
  unreadable.append_to(findings);
  not_finite.append_to(findings);
  empty.append_to(findings);
}

}  // namespace

FileDescription describe_images(const std::filesystem::path& path) {
  const auto reader = open_frames(path, every_raw_frame);
  const StackInfo& info = reader->info();
  FileDescription description;
  description.kind = "image";
  description.fact("format", info.format);
  description.fact("nx", long{info.nx});
  description.fact("ny", long{info.ny});
  description.fact("n_frames", long{info.n_raw_frames});
  description.fact("pixel_type", std::string(type_name(info.type)));
  const bool eer = info.format.starts_with("EER");
  description.line("format", info.format);
  description.line("size",
                   fmt::format("{} x {} pixels, {} {}{}", info.nx, info.ny, info.n_raw_frames,
                               eer ? "raw frame" : "frame", info.n_raw_frames == 1 ? "" : "s"));
  if (info.pixel_A > 0) description.fact("pixel_A", info.pixel_A);
  description.line("pixel",
                   info.pixel_A > 0 ? fmt::format("{:.6g} A", info.pixel_A) : "not stated");
  if (info.exposure_e_A2 > 0) {
    description.fact("exposure_e_A2", info.exposure_e_A2);
    description.line("exposure", fmt::format("{:.4g} e/A^2", info.exposure_e_A2));
  }
  if (info.exposure_s > 0) {
    description.fact("exposure_s", info.exposure_s);
    description.line("duration", fmt::format("{:.4g} s", info.exposure_s));
  }
  const auto bytes = std::filesystem::file_size(path);
  description.fact("file_bytes", static_cast<long>(bytes));
  description.line("file", size_text(bytes));
  describe_first_frame(*reader, description);
  description.findings = reader->findings();
  return description;
}

Findings check_images(const std::filesystem::path& path) {
  const auto reader = open_frames(path, every_raw_frame);
  Findings findings = reader->info().findings;
  check_frames(*reader, findings);
  return findings;
}

}  // namespace gimbal
