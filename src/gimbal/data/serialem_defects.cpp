// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/serialem_defects.h"

#include "gimbal/core/text.h"
#include "gimbal/data/orientation.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace gimbal {
namespace {

constexpr long far = 1L << 40;  // further than any edge
constexpr long max_value = 1L << 24;

constexpr std::array<std::string_view, 13> keywords{
    "CameraSizeX", "CameraSizeY",      "RotationAndFlip", "WasScaled",        "K2Type",
    "FalconType",  "NumToAvgSuperRes", "UsableArea",      "PartialBadColumn", "PartialBadRow",
    "BadPixels",   "BadColumns",       "BadRows"};

// In camera pixels, both ends included, y from the top.
struct Rectangle {
  long x0, y0, x1, y1;
};

struct DefectList {
  Size2 camera;
  int rotation_and_flip = 0;
  int pixel_size = 1;  // of one BadPixels entry: more than 1 in lists scaled for super-resolution
  std::vector<Rectangle> rectangles;
  std::vector<Rectangle> pixels;
};

using Words = std::vector<std::string_view>;

bool is_keyword(std::string_view word) {
  return std::find(keywords.begin(), keywords.end(), word) != keywords.end();
}

std::vector<long> values_of(const Words& words, int line, std::size_t least) {
  std::vector<long> values;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto value = parse_int(words[i]);
    if (!value || *value > max_value || *value < -max_value)
      fail("line {}: \"{}\" after {} is not a whole number of pixels", line, words[i], words[0]);
    values.push_back(*value);
  }
  if (values.size() < least)
    fail("line {}: {} has {} values; expected {}{}", line, words[0], values.size(), least,
         least == 1 ? "" : " or more");
  return values;
}

void require_positions(const std::vector<long>& values, std::string_view keyword, int line) {
  for (const long v : values)
    if (v < 0) fail("line {}: {} has the negative position {}", line, keyword, v);
}

// Everything outside top, left, bottom, right; a zero means that side is not limited.
void add_unusable(const std::vector<long>& area, std::vector<Rectangle>& out) {
  const long top = area[0], left = area[1], bottom = area[2], right = area[3];
  if (top > 0) out.push_back({-far, -far, far, top - 1});
  if (left > 0) out.push_back({-far, -far, left - 1, far});
  if (bottom > 0) out.push_back({-far, bottom + 1, far, far});
  if (right > 0) out.push_back({right + 1, -far, far, far});
}

void add_defects(std::string_view keyword, const std::vector<long>& v, int line, DefectList& list) {
  require_positions(v, keyword, line);
  if (keyword == "UsableArea") add_unusable(v, list.rectangles);
  if (keyword == "PartialBadColumn")  // column, width, first and last row
    list.rectangles.push_back({v[0], v[2], v[0] + v[1] - 1, v[3]});
  if (keyword == "PartialBadRow")  // row, height, first and last column
    list.rectangles.push_back({v[2], v[0], v[3], v[0] + v[1] - 1});
  if (keyword == "BadColumns")
    for (const long x : v) list.rectangles.push_back({x, -far, x, far});
  if (keyword == "BadRows")
    for (const long y : v) list.rectangles.push_back({-far, y, far, y});
  if (keyword != "BadPixels") return;
  if (v.size() % 2 != 0)
    fail("line {}: BadPixels has {} values; expected pairs of x and y", line, v.size());
  for (std::size_t i = 0; i < v.size(); i += 2)
    list.pixels.push_back({v[i], v[i + 1], v[i], v[i + 1]});
}

DefectList parse(std::string_view text, Findings& findings) {
  DefectList list;
  int line_number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++line_number;
    const Words words = split_words(line);
    if (words.empty() || words[0].front() == '#') continue;
    if (!is_keyword(words[0])) {
      findings.push_back({Severity::warning, Defect::none,
                          fmt::format("line {}: the keyword \"{}\" is not known and was left out",
                                      line_number, words[0])});
      continue;
    }
    const bool four = words[0] == "UsableArea" || words[0].starts_with("Partial");
    const auto values = values_of(words, line_number, four ? 4 : 1);
    const int first = static_cast<int>(values[0]);
    if (words[0] == "CameraSizeX") list.camera.nx = first;
    if (words[0] == "CameraSizeY") list.camera.ny = first;
    if (words[0] == "RotationAndFlip") list.rotation_and_flip = first;
    if (words[0] == "WasScaled") list.pixel_size = first <= 0 ? 1 : first == 1 ? 2 : 4;
    if (words[0].starts_with("Bad") || four) add_defects(words[0], values, line_number, list);
  }
  if (list.rotation_and_flip < 0 || list.rotation_and_flip > 7)
    fail("RotationAndFlip is {}; expected 0 to 7", list.rotation_and_flip);
  return list;
}

// Movie pixels per camera pixel, as up / down.
struct Scale {
  long up = 1;
  long down = 1;
};

Scale scale_between(Size2 camera, Size2 movie) {
  Scale scale;
  while (movie.nx > camera.nx * scale.up || movie.ny > camera.ny * scale.up) {
    scale.up *= 2;
    if (scale.up > 4)
      fail(
          "the defect list is for a camera of {} x {} pixels, but the movies have {} x {}, more "
          "than 4 times as many: it belongs to another camera",
          camera.nx, camera.ny, movie.nx, movie.ny);
  }
  while (scale.up == 1 && movie.nx * (scale.down + 1) <= camera.nx &&
         movie.ny * (scale.down + 1) <= camera.ny)
    ++scale.down;
  return scale;
}

long floor_div(long a, long b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

// Marks the list in a mask of the movie's size; the movie is the camera's centre.
void mark(const DefectList& list, Scale scale, bool rows_from_top, Defects& out) {
  const long camera_x = list.camera.nx * scale.up / scale.down;
  const long camera_y = list.camera.ny * scale.up / scale.down;
  const long offset_x = floor_div(out.mask.nx() - camera_x, 2);
  const long offset_y = floor_div(out.mask.ny() - camera_y, 2);
  const auto mark_one = [&](Rectangle r, long size) {
    const auto low = [&](long v) { return floor_div(v * scale.up, scale.down); };
    const auto high = [&](long v) { return floor_div((v + size) * scale.up - 1, scale.down); };
    Rectangle m{low(r.x0), low(r.y0), high(r.x1), high(r.y1)};
    if (!rows_from_top) m = {m.x0, camera_y - 1 - m.y1, m.x1, camera_y - 1 - m.y0};
    mark_rectangle(out.mask, m.x0 + offset_x, m.y0 + offset_y, m.x1 + offset_x, m.y1 + offset_y);
  };
  for (const Rectangle& r : list.rectangles) mark_one(r, 1);
  for (const Rectangle& r : list.pixels) mark_one(r, list.pixel_size);
  if (offset_x != 0 || offset_y != 0)
    out.findings.push_back(
        {Severity::warning, Defect::inconsistent,
         fmt::format("the movies have {} x {} pixels, the camera of the defect list {} x {}: the "
                     "movies are taken to be its centre; check the positions",
                     out.mask.nx(), out.mask.ny(), camera_x, camera_y)});
}

void report(const DefectList& list, Scale scale, Defects& out) {
  // What lies outside the usable area has no end: it may start at the camera's edge.
  const auto outside = [&](const Rectangle& r) {
    return (r.x0 != -far && r.x1 != far && r.x0 >= list.camera.nx) ||
           (r.y0 != -far && r.y1 != far && r.y0 >= list.camera.ny);
  };
  const auto n_outside = std::count_if(list.rectangles.begin(), list.rectangles.end(), outside) +
                         std::count_if(list.pixels.begin(), list.pixels.end(), outside);
  if (n_outside > 0)
    out.findings.push_back({Severity::warning, Defect::inconsistent,
                            fmt::format("{} entries lie outside the camera's {} x {} pixels",
                                        n_outside, list.camera.nx, list.camera.ny)});
  if (scale.up != 1 || scale.down != 1)
    out.findings.push_back(
        {Severity::note, Defect::none,
         fmt::format("the positions were multiplied by {}/{}: the camera of the list has {} x {} "
                     "pixels, the movies {} x {}",
                     scale.up, scale.down, list.camera.nx, list.camera.ny, out.mask.nx(),
                     out.mask.ny())});
}

// Frames were saved without the rotation that the list's positions have.
bool is_turned(const DefectList& list, Size2 movie) {
  return list.rotation_and_flip % 2 == 1 && list.camera.nx != list.camera.ny &&
         movie.nx != movie.ny && (movie.nx > movie.ny) != (list.camera.nx > list.camera.ny);
}

// RotationAndFlip is n x 90 degrees counter-clockwise, +4: flipped left to right before.
void mark_unturned(const DefectList& list, bool eer, Defects& out) {
  const GainOrientation undo{4 - list.rotation_and_flip % 4, list.rotation_and_flip >= 4 ? 2 : 0};
  const Size2 turned{out.mask.ny(), out.mask.nx()};
  const Scale scale = scale_between(list.camera, turned);
  out.mask = DefectMask(turned.nx, turned.ny);
  mark(list, scale, false, out);
  report(list, scale, out);
  out.mask = oriented<std::uint8_t>(out.mask, undo);
  if (eer) out.mask = oriented<std::uint8_t>(out.mask, {0, 1});
  out.findings.push_back(
      {Severity::warning, Defect::none,
       fmt::format("the defect list is turned against the movies; its RotationAndFlip {} was "
                   "undone: check the positions",
                   list.rotation_and_flip)});
}

}  // namespace

bool is_serialem_defect_list(std::string_view text) {
  for (const std::string_view line : split(text, '\n')) {
    const Words words = split_words(line);
    if (words.empty() || words[0].front() == '#') continue;
    if (is_keyword(words[0])) return true;
  }
  return false;
}

Defects serialem_defects(std::string_view text, Size2 movie_size, bool eer) {
  Defects result{DefectMask(movie_size.nx, movie_size.ny), {}};
  DefectList list = parse(text, result.findings);
  if (list.camera.nx <= 0 || list.camera.ny <= 0) {
    result.findings.push_back(
        {Severity::warning, Defect::inconsistent,
         "the defect list has no CameraSizeX and CameraSizeY: its positions are taken to be pixels "
         "of the movies"});
    list.camera = movie_size;
  }
  if (is_turned(list, movie_size)) {
    mark_unturned(list, eer, result);
    return result;
  }
  const Scale scale = scale_between(list.camera, movie_size);
  mark(list, scale, eer, result);
  report(list, scale, result);
  return result;
}

}  // namespace gimbal
