// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/text.h"
#include "gimbal/io/mdoc.h"

#include <algorithm>
#include <map>

namespace gimbal {
namespace {

class MdocCheck {
 public:
  explicit MdocCheck(const Mdoc& mdoc) : mdoc_(mdoc), findings_(mdoc.findings) {}

  Findings run() {
    if (mdoc_.kind == MdocKind::montage) return std::move(findings_);
    each_image([&](const MdocSection& image) { check_values(image); });
    if (mdoc_.kind == MdocKind::tilt_series) {
      check_repeated("ZValue", [](const MdocSection& image) { return image.name; });
      check_repeated("movie",
                     [](const MdocSection& i) { return file_name_of(i.text("SubFramePath")); });
      check_sizes();
    }
    return std::move(findings_);
  }

 private:
  template <typename F>
  void each_image(F&& f) {
    std::for_each(mdoc_.images.begin(), mdoc_.images.end(), f);
  }

  void add(const MdocSection& image, Defect defect, const std::string& text) {
    findings_.push_back({Severity::warning, defect,
                         fmt::format("{}: [{} = {}] at line {} {}", mdoc_.source, image.type,
                                     image.name, image.line, text)});
  }

  void check_values(const MdocSection& image) {
    const auto angle = image.number("TiltAngle");
    if (!angle)
      add(image, Defect::inconsistent, "has no TiltAngle; was the file cut?");
    else if (*angle < -90.0 || *angle > 90.0)
      add(image, Defect::inconsistent, fmt::format("has the TiltAngle {}", *angle));
    const auto date = image.text("DateTime");
    if (!date.empty() && !parse_mdoc_time(date))
      add(image, Defect::bad_header, fmt::format("has a DateTime that is no date: '{}'", date));
    const auto dose = image.number("ExposureDose");
    if (dose && *dose < 0)
      add(image, Defect::inconsistent, fmt::format("has a negative ExposureDose, {}", *dose));
  }

  template <typename F>
  void check_repeated(const std::string& what, F&& value_of) {
    std::map<std::string, const MdocSection*> seen;
    each_image([&](const MdocSection& image) {
      const std::string value = value_of(image);
      if (value.empty()) return;
      const auto [at, added] = seen.emplace(value, &image);
      if (!added)
        add(image, Defect::inconsistent,
            fmt::format("has the {} {}, as has line {}", what, value, at->second->line));
    });
  }

  // A file that was cut lacks the last keys of its last section.
  void check_sizes() {
    if (mdoc_.images.size() < 2) return;
    const auto& last = mdoc_.images.back();
    const auto& before = mdoc_.images[mdoc_.images.size() - 2];
    if (2 * last.entries.size() < before.entries.size())
      add(last, Defect::truncated,
          fmt::format("has {} lines, the one before it {}: the file looks cut", last.entries.size(),
                      before.entries.size()));
  }

  const Mdoc& mdoc_;
  Findings findings_;
};

}  // namespace

Findings check_mdoc(const Mdoc& mdoc) {
  return MdocCheck(mdoc).run();
}

}  // namespace gimbal
