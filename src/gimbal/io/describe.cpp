// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/describe.h"

#include "gimbal/core/text.h"
#include "gimbal/io/file_error.h"
#include "gimbal/io/image_check.h"
#include "gimbal/io/mdoc.h"
#include "gimbal/io/star.h"

#include <algorithm>
#include <array>

namespace gimbal {
namespace {

bool has_extension(const std::filesystem::path& path, const char* extension) {
  return iequals(path.extension().string(), extension);
}

FileDescription describe_star(const std::filesystem::path& path) {
  const auto document = read_star(path);
  FileDescription description;
  description.kind = "star";
  description.fact("n_blocks", static_cast<long>(document.tables.size()));
  description.line("format", "STAR");
  for (const auto& table : document.tables) {
    description.fact("rows_of_data_" + table.name, static_cast<long>(table.n_rows()));
    description.line("data_" + table.name,
                     table.shape() == StarTable::Shape::list
                         ? fmt::format("list of {} values", table.n_columns())
                         : fmt::format("table of {} row{} and {} columns", table.n_rows(),
                                       table.n_rows() == 1 ? "" : "s", table.n_columns()));
  }
  return description;
}

Findings check_star(const std::filesystem::path& path) {
  Findings findings;
  if (read_star(path).tables.empty())
    findings.push_back({Severity::error, Defect::bad_header, "there is no data block"});
  return findings;
}

const char* kind_name(MdocKind kind) {
  switch (kind) {
    case MdocKind::tilt_series:
      return "tilt series";
    case MdocKind::frame_set:
      return "frame set";
    case MdocKind::montage:
      return "montage";
  }
  return "";
}

FileDescription describe_mdoc(const std::filesystem::path& path) {
  const auto mdoc = read_mdoc(path);
  FileDescription description;
  description.kind = "mdoc";
  description.fact("content", std::string(kind_name(mdoc.kind)));
  description.fact("n_images", static_cast<long>(mdoc.images.size()));
  description.line("format",
                   fmt::format("mdoc of {}", mdoc.tomography5 ? "Tomography 5" : "SerialEM"));
  description.line("content", fmt::format("{}, {} image{}", kind_name(mdoc.kind),
                                          mdoc.images.size(), mdoc.images.size() == 1 ? "" : "s"));
  if (const auto pixel_A = mdoc.global.number("PixelSpacing")) {
    description.fact("pixel_A", *pixel_A);
    description.line("pixel", fmt::format("{:.6g} A", *pixel_A));
  }
  std::vector<double> tilts_deg;
  for (const auto& image : mdoc.images)
    if (const auto tilt_deg = image.number("TiltAngle")) tilts_deg.push_back(*tilt_deg);
  if (!tilts_deg.empty()) {
    const auto [low, high] = std::minmax_element(tilts_deg.begin(), tilts_deg.end());
    description.fact("tilt_min_deg", *low);
    description.fact("tilt_max_deg", *high);
    description.line("tilts", *low < *high ? fmt::format("{:.2f} to {:.2f} degrees", *low, *high)
                                           : fmt::format("{:.2f} degrees", *low));
  }
  description.findings = mdoc.findings;
  return description;
}

Findings check_mdoc_file(const std::filesystem::path& path) {
  return check_mdoc(read_mdoc(path));
}

struct FileKind {
  bool (*claims)(const std::filesystem::path&);
  FileDescription (*describe)(const std::filesystem::path&);
  Findings (*check)(const std::filesystem::path&);
};

// The first kind that claims a file has it.
constexpr std::array kinds{
    FileKind{[](const std::filesystem::path& path) { return has_extension(path, ".star"); },
             describe_star, check_star},
    FileKind{is_mdoc_name, describe_mdoc, check_mdoc_file},
    FileKind{[](const std::filesystem::path&) { return true; }, describe_images, check_images}};

const FileKind& kind_of(const std::filesystem::path& path) {
  for (const auto& kind : kinds)
    if (kind.claims(path)) return kind;
  return kinds.back();
}

}  // namespace

FileDescription describe_file(const std::filesystem::path& path) {
  return kind_of(path).describe(path);
}

Findings check_file(const std::filesystem::path& path) {
  try {
    return kind_of(path).check(path);
  } catch (const FileError& error) {
    return {{Severity::error, error.defect(), error.what()}};
  } catch (const std::exception& error) {
    return {{Severity::error, Defect::unreadable, error.what()}};
  }
}

int defect_mask(const Findings& findings) {
  int mask = 0;
  for (const auto& finding : findings)
    if (finding.severity != Severity::note) mask |= static_cast<int>(finding.defect);
  return mask;
}

}  // namespace gimbal
