// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a STAR file: an Error or tables; and what is written is read back the same.
#include "gimbal/core/error.h"
#include "gimbal/data/record.h"
#include "gimbal/io/star.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gimbal;
  StarDocument document;
  try {
    document = parse_star({data, data + size}, "fuzz.star");
    for (const auto& table : document.tables) records_of(table, "fuzz.star");
  } catch (const Error&) {
    return 0;
  }
  std::string text;
  try {
    text = star_text(document);
  } catch (const Error&) {
    return 0;  // a value that cannot be written
  }
  const auto again = parse_star(text, "again.star");
  if (again.tables.size() != document.tables.size()) std::abort();
  for (std::size_t i = 0; i < again.tables.size(); ++i) {
    const auto &a = document.tables[i], &b = again.tables[i];
    if (a.labels() != b.labels() || a.n_rows() != b.n_rows()) std::abort();
    for (std::size_t row = 0; row < a.n_rows(); ++row)
      for (std::size_t c = 0; c < a.n_columns(); ++c)
        if (a.at(row, c) != b.at(row, c)) std::abort();
  }
  return 0;
}
