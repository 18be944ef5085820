// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as an mdoc file, its dates and the names in it.
#include "gimbal/core/error.h"
#include "gimbal/data/acquisition.h"
#include "gimbal/io/mdoc.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gimbal;
  const std::string text(data, data + size);
  parse_mdoc_time(text);
  parse_tilt_name(text);
  try {
    const auto mdoc = parse_mdoc(text, "fuzz.mdoc");
    check_mdoc(mdoc);
    for (const auto& image : mdoc.images) parse_mdoc_time(image.text("DateTime"));
  } catch (const Error&) {
  }
  return 0;
}
