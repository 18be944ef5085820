// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/aretomo_batch.h"

#include "gimbal/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

void add(Words& words, const std::string& option, const Words& values) {
  words.push_back(option);
  words.insert(words.end(), values.begin(), values.end());
}

std::string number(double value) {
  return fmt::format("{:g}", value);
}

void add_files(Words& words, const AretomoBatch& batch) {
  const fs::path stack = batch.folder / (batch.name + ".mrc");
  if (batch.version >= 3) {
    // One stack that exists; its angles are found beside it, and the folder's name is put in front
    // of the outputs' as it stands.
    add(words, "-InPrefix", {stack.string()});
    add(words, "-OutDir", {batch.folder.string() + "/"});
    add(words, "-Cmd", {"1"});
    add(words, "-SplitSum", {"0"});
    add(words, "-PixSize", {number(batch.pixel_A)});
    return;
  }
  add(words, "-InMrc", {stack.string()});
  add(words, "-AngFile", {aretomo_angle_file(batch).string()});
  add(words, "-OutMrc", {(batch.folder / (batch.name + "_aligned.mrc")).string()});
  add(words, "-ImgDose", {"0"});  // the aligned stack is not used
}

void add_offset(Words& words, const AretomoBatch& batch) {
  switch (batch.offset) {
    case AretomoBatch::Offset::find:
      return add(words, "-TiltCor", {"1"});
    case AretomoBatch::Offset::given:
      return add(words, "-TiltCor", {"1", number(batch.offset_deg)});
    case AretomoBatch::Offset::none:
      // AreTomo3 takes every value but 0 as "apply it".
      return add(words, "-TiltCor", {batch.version >= 3 ? "0" : "-1"});
  }
}

void add_ctf(Words& words, const AretomoBatch& batch) {
  // Without a voltage, AreTomo3 measures no CTF, and without that no angle offset.
  const bool for_offset = batch.version >= 3 && batch.offset == AretomoBatch::Offset::find;
  if (!batch.ctf && !for_offset) return;
  add(words, batch.version >= 3 ? "-kV" : "-Kv", {number(batch.voltage_kV)});
  add(words, "-Cs", {number(batch.cs_mm)});
  add(words, "-AmpContrast", {number(batch.amplitude_contrast)});
  if (batch.version < 3) add(words, "-PixSize", {number(batch.pixel_A)});
  if (batch.phase_shift) add(words, "-ExtPhase", {"90", "180"});
}

}  // namespace

int aretomo_version(const std::string& program) {
  return to_lower(fs::path(program).filename().string()).find("aretomo3") != std::string::npos ? 3
                                                                                               : 2;
}

Words aretomo_command(const std::string& program, const AretomoBatch& batch) {
  Words words{program};
  add_files(words, batch);
  const double thickness_px = 10.0 * batch.thickness_nm / batch.pixel_A;
  add(words, "-AlignZ", {fmt::format("{}", std::lround(thickness_px))});
  add(words, "-VolZ", {"0"});
  if (batch.axis_deg) {
    // AreTomo takes exactly 0 for "not known".
    const double axis = *batch.axis_deg == 0.0 ? 0.0001 : *batch.axis_deg;
    add(words, "-TiltAxis", {number(axis), "1"});
  }
  add_offset(words, batch);
  add_ctf(words, batch);
  if (batch.patches > 0)
    add(words, batch.version >= 3 ? "-AtPatch" : "-Patch",
        {std::to_string(batch.patches), std::to_string(batch.patches)});
  const auto gpus = split_words(batch.gpu);
  if (!gpus.empty()) add(words, "-Gpu", {gpus.begin(), gpus.end()});
  return words;
}

fs::path aretomo_angle_file(const AretomoBatch& batch) {
  return batch.folder / (batch.name + ".rawtlt");
}

fs::path aretomo_alignment_file(const AretomoBatch& batch) {
  return batch.folder / (batch.name + ".aln");
}

std::optional<double> aretomo_axis_score(const std::string& log) {
  std::optional<double> best;
  for (const auto line : split(log, '\n')) {
    if (line.find("Best tilt axis:") == std::string_view::npos) continue;
    const auto at = line.find("Score:");
    if (at == std::string_view::npos) continue;
    const auto words = split_words(line.substr(at + 6));
    if (words.empty()) continue;
    if (const auto score = parse_double(words.front()); score && std::isfinite(*score))
      best = std::max(best.value_or(*score), *score);
  }
  return best;
}

}  // namespace gimbal
