// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/motioncor.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"

#include <fmt/format.h>

#include <cmath>

namespace gimbal {
namespace {

using Words = std::vector<std::string>;

void add(Words& words, const std::string& option, const Words& values) {
  words.push_back(option);
  words.insert(words.end(), values.begin(), values.end());
}

std::string number(double value) {
  return fmt::format("{:g}", value);
}

Vec2 shift_in(const std::vector<std::string_view>& words, std::size_t first, std::string_view line,
              const std::string& source) {
  if (words.size() >= first + 2) {
    const auto x = parse_double(words[first]), y = parse_double(words[first + 1]);
    if (x && y && std::isfinite(*x) && std::isfinite(*y)) return {*x, *y};
  }
  fail("{} has no shift of a frame in the line '{}'", source, line);
}

// After the title, the first lines that hold "shift:".
std::vector<Vec2> old_layout(const std::vector<std::string_view>& lines,
                             const std::string& source) {
  std::vector<Vec2> shifts;
  bool found = false;
  for (const auto line : lines) {
    if (line.find("Full-frame alignment shift") != std::string_view::npos) {
      found = true;
      shifts.clear();  // the last one counts
      continue;
    }
    const auto at = line.find("shift:");
    if (found && at != std::string_view::npos)
      shifts.push_back(shift_in(split_words(line.substr(at + 6)), 0, line, source));
    else if (!shifts.empty())
      found = false;
  }
  return shifts;
}

// Below "Frame  x Shift  y Shift": number, x, y, up to an empty line.
std::vector<Vec2> table_layout(const std::vector<std::string_view>& lines,
                               const std::string& source) {
  std::vector<Vec2> shifts;
  bool inside = false;
  for (const auto line : lines) {
    if (line.find("Frame") != std::string_view::npos &&
        line.find("x Shift") != std::string_view::npos) {
      if (!shifts.empty()) break;  // tables of patches follow
      inside = true;
      continue;
    }
    if (!inside) continue;
    if (trim(line).empty()) {
      if (!shifts.empty()) break;
      continue;
    }
    shifts.push_back(shift_in(split_words(line), 1, line, source));
  }
  return shifts;
}

}  // namespace

Words motioncor_command(const std::string& program, const MotioncorBatch& batch) {
  Words words{program};
  const bool eer = !batch.eer_fractions.empty();
  add(words, eer ? "-InEer" : batch.tiff ? "-InTiff" : "-InMrc", {batch.movie.string()});
  add(words, "-OutMrc", {batch.output.string()});
  if (eer) {
    add(words, "-FmIntFile", {batch.eer_fractions.string()});
    add(words, "-EerSampling", {std::to_string(batch.eer_sampling)});
  }
  add(words, "-Bft", {number(batch.bfactor)});
  add(words, "-PixSize", {number(batch.pixel_A)});
  add(words, "-Patch", {std::to_string(batch.patch_x), std::to_string(batch.patch_y)});
  if (batch.group > 1) add(words, "-Group", {std::to_string(batch.group)});
  if (!batch.gain.empty()) add(words, "-Gain", {batch.gain.string()});
  if (batch.throw_first > 0) add(words, "-Throw", {std::to_string(batch.throw_first)});
  add(words, "-FmRef", {"0"});
  if (batch.throw_last > 0) add(words, "-Trunc", {std::to_string(batch.throw_last)});
  if (batch.bin_factor > 1.0) add(words, "-FtBin", {number(batch.bin_factor)});
  if (batch.dose_weighting) {
    add(words, "-Kv", {number(batch.voltage_kV)});
    add(words, "-FmDose", {number(batch.dose_per_frame_e_A2)});
    add(words, "-InitDose", {number(batch.pre_exposure_e_A2)});
  }
  if (!batch.defect_file.empty()) add(words, "-DefectFile", {batch.defect_file.string()});
  if (!batch.defect_map.empty()) add(words, "-DefectMap", {batch.defect_map.string()});
  if (batch.split) add(words, "-SplitSum", {"1"});
  if (!batch.archive.empty()) add(words, "-ArcDir", {batch.archive.string()});
  const auto gpus = split_words(batch.gpu);
  if (!gpus.empty()) add(words, "-Gpu", {gpus.begin(), gpus.end()});
  return words;
}

std::string eer_fraction_text(int fractions, int grouping, double dose_per_raw_frame_e_A2) {
  return fmt::format("{} {} {:g}\n", fractions * grouping, grouping, dose_per_raw_frame_e_A2);
}

std::vector<Vec2> parse_motioncor_shifts(const std::string& log, const std::string& source) {
  const auto lines = split(log, '\n');
  auto shifts = old_layout(lines, source);
  if (shifts.empty()) shifts = table_layout(lines, source);
  if (shifts.empty())
    fail(
        "{} holds no shifts of the frames: neither lines 'Frame ( 1) shift: x y' nor a table "
        "'Frame  x Shift  y Shift'",
        source);
  return shifts;
}

}  // namespace gimbal
