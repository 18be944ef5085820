// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as an IMOD model: an Error, or a model that is written and read back the same.
#include "gimbal/core/error.h"
#include "gimbal/io/imod_model.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gimbal;
  ImodModel model;
  try {
    model = parse_imod_model(std::as_bytes(std::span(data, size)), "fuzz.fid");
  } catch (const Error&) {
    return 0;
  }
  const auto again = parse_imod_model(imod_model_bytes(model), "again.fid");
  if (again.objects.size() != model.objects.size()) std::abort();
  for (std::size_t i = 0; i < model.objects.size(); ++i) {
    const auto &a = model.objects[i].contours, &b = again.objects[i].contours;
    if (a.size() != b.size()) std::abort();
    for (std::size_t c = 0; c < a.size(); ++c)
      if (a[c].points.size() != b[c].points.size()) std::abort();
  }
  return 0;
}
