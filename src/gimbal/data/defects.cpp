// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/defects.h"

#include "gimbal/core/text.h"
#include "gimbal/data/serialem_defects.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

namespace gimbal {
namespace {

std::string without_comment(std::string_view line) {
  std::string text(line.substr(0, line.find('#')));
  std::replace(text.begin(), text.end(), ',', ' ');
  return text;
}

std::array<long, 4> rectangle(const std::string& text, int line) {
  const auto words = split_words(text);
  std::array<long, 4> numbers{};
  if (words.size() != numbers.size())
    fail("line {} has {} values; expected 4: x y width height (in pixels, from 0), found \"{}\"",
         line, words.size(), trim(text));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto number = parse_int(words[i]);
    if (!number) fail("line {}: \"{}\" is not a whole number", line, words[i]);
    numbers[i] = *number;
  }
  if (numbers[0] < 0 || numbers[1] < 0)
    fail("line {}: the position {} {} is negative; pixels count from 0", line, numbers[0],
         numbers[1]);
  if (numbers[2] < 1 || numbers[3] < 1)
    fail("line {}: the size {} x {} is not positive", line, numbers[2], numbers[3]);
  return numbers;
}

long end_of(long begin, long length) {
  return begin > std::numeric_limits<long>::max() - length ? std::numeric_limits<long>::max()
                                                           : begin + length - 1;
}

Defects ucsf_defects(std::string_view text, Size2 size) {
  Defects result{DefectMask(size.nx, size.ny), {}};
  int line_number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++line_number;
    const std::string values = without_comment(line);
    if (trim(values).empty()) continue;
    const auto [x, y, w, h] = rectangle(values, line_number);
    if (!mark_rectangle(result.mask, x, y, end_of(x, w), end_of(y, h)))
      result.findings.push_back(
          {Severity::warning, Defect::inconsistent,
           fmt::format("line {}: the rectangle {} {} {} {} reaches beyond the movie's {} x {} "
                       "pixels and was cut; check that the file belongs to this camera and mode",
                       line_number, x, y, w, h, size.nx, size.ny)});
  }
  return result;
}

}  // namespace

bool mark_rectangle(DefectMask& mask, long x0, long y0, long x1, long y1) {
  const bool inside = x0 >= 0 && y0 >= 0 && x1 < mask.nx() && y1 < mask.ny();
  const int end_x = static_cast<int>(std::min<long>(x1, mask.nx() - 1));
  const int end_y = static_cast<int>(std::min<long>(y1, mask.ny() - 1));
  for (long y = std::max(0L, y0); y <= end_y; ++y)
    for (long x = std::max(0L, x0); x <= end_x; ++x)
      mask(static_cast<int>(x), static_cast<int>(y)) = 1;
  return inside;
}

Defects defects_from_text(std::string_view text, Size2 movie_size, bool eer) {
  return is_serialem_defect_list(text) ? serialem_defects(text, movie_size, eer)
                                       : ucsf_defects(text, movie_size);
}

Defects defects_from_map(View<const float> map, Size2 movie_size) {
  if (map.size() != movie_size) {
    const bool turned = map.nx() == movie_size.ny && map.ny() == movie_size.nx;
    fail("the defect map has {} x {} pixels, the movies {} x {}; {}", map.nx(), map.ny(),
         movie_size.nx, movie_size.ny,
         turned ? "it would fit when turned by 90 degrees: a map must lie as the movies do, "
                  "--gain_rot and --gain_flip do not apply to it"
                : "check that it belongs to this camera and mode (counting or super-resolution)");
  }
  Defects result{DefectMask(movie_size.nx, movie_size.ny), {}};
  std::size_t n_bad = 0;
  for (int y = 0; y < map.ny(); ++y) {
    for (int x = 0; x < map.nx(); ++x) {
      const bool bad = map(x, y) != 0.0F;
      result.mask(x, y) = bad ? 1 : 0;
      n_bad += bad ? 1U : 0U;
    }
  }
  if (2 * n_bad > map.count())
    result.findings.push_back(
        {Severity::warning, Defect::inconsistent,
         fmt::format("{} of {} pixels are marked as defects: if 1 means good in this map, invert "
                     "it (here not 0 means bad)",
                     n_bad, map.count())});
  return result;
}

}  // namespace gimbal
