// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as an alignment of AreTomo, and as IMOD's text files.
#include "gimbal/core/error.h"
#include "gimbal/io/aretomo.h"
#include "gimbal/io/imod.h"

#include <cstdint>
#include <cstdlib>

namespace {

template <typename F>
void try_to(F&& f) {
  try {
    f();
  } catch (const gimbal::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gimbal;
  const std::string text(data, data + size);
  try_to([&] {
    const auto aln = parse_aln(text, "fuzz.aln");
    aln.first_section();
    if (parse_aln(aln_text(aln), "again.aln").rows.size() != aln.rows.size()) std::abort();
  });
  try_to([&] { parse_xf(text, "fuzz.xf"); });
  try_to([&] { parse_angles(text, "fuzz.tlt"); });
  try_to([&] { parse_residuals(text, "fuzz.resid"); });
  return 0;
}
