// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/eer_metadata.h"

#include "gimbal/core/text.h"

#include <cmath>
#include <string>

namespace gimbal {
namespace {

struct Item {
  std::string_view unit;
  double value = 0;
};

std::string_view attribute(std::string_view tag, std::string_view name) {
  const auto begin = tag.find(std::string(name) + "=\"");
  if (begin == std::string_view::npos) return {};
  const auto text = tag.substr(begin + name.size() + 2);
  return text.substr(0, text.find('"'));
}

// The items are flat, so that no XML parser is needed to find one by its name.
Item find_item(std::string_view xml, std::string_view name) {
  for (auto at = xml.find("<item"); at != std::string_view::npos; at = xml.find("<item", at + 5)) {
    const auto end_of_tag = xml.find('>', at);
    if (end_of_tag == std::string_view::npos) return {};
    const auto tag = xml.substr(at, end_of_tag - at);
    if (attribute(tag, "name") != name) continue;
    const auto text = xml.substr(end_of_tag + 1);
    const auto value = parse_double(text.substr(0, text.find('<')));
    return {attribute(tag, "unit"), value && std::isfinite(*value) && *value > 0 ? *value : 0};
  }
  return {};
}

int count_of(const Item& item) {
  return item.value < 1e9 ? static_cast<int>(item.value) : 0;
}

}  // namespace

EerMetadata parse_eer_metadata(std::string_view xml) {
  EerMetadata data;
  data.n_frames = count_of(find_item(xml, "numberOfFrames"));
  data.nx = count_of(find_item(xml, "sensorImageWidth"));
  data.ny = count_of(find_item(xml, "sensorImageHeight"));
  const Item time = find_item(xml, "exposureTime"), dose = find_item(xml, "totalDose"),
             pixel = find_item(xml, "sensorPixelSize.width");
  if (time.unit == "s") data.exposure_time_s = time.value;
  if (dose.unit.starts_with("e/pix")) data.dose_e_pixel = dose.value;
  // The physical pixel of a detector (micrometres) is not what is meant.
  if (pixel.unit == "m" && pixel.value > 1e-12 && pixel.value < 1e-7)
    data.pixel_A = pixel.value * 1e10;
  return data;
}

}  // namespace gimbal
