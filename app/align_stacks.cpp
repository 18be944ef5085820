// SPDX-License-Identifier: GPL-3.0-or-later
#include "align_stacks.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/data/labels.h"
#include "gimbal/io/file.h"
#include "gimbal/io/frame_reader.h"
#include "gimbal/io/imod.h"
#include "gimbal/io/pattern.h"

#include <algorithm>
#include <set>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

// Angles beside the stack, as IMOD and AreTomo name them.
fs::path angles_beside(const fs::path& stack) {
  for (const char* extension : {".rawtlt", ".tlt"})
    for (const fs::path& path :
         {fs::path(stack).replace_extension(extension), fs::path(stack.string() + extension)})
      if (fs::exists(path)) return path;
  fail("there are no tilt angles for {}: give them with --tlt, or as {} beside it", stack.string(),
       fs::path(stack).replace_extension(".rawtlt").filename().string());
}

// The second column, if every row has one: how many tilts were acquired before.
std::vector<double> orders_in(const fs::path& path, std::size_t n_tilts) {
  std::vector<double> orders;
  const std::string text = read_text(path);
  for (const auto line : split(text, '\n')) {
    const auto words = split_words(line);
    if (words.size() < 2) continue;
    if (const auto order = parse_int(words[1]); order && *order >= 0)
      orders.push_back(static_cast<double>(*order));
  }
  if (orders.size() != n_tilts) return {};
  const double first = *std::min_element(orders.begin(), orders.end());
  for (double& order : orders) order -= first;
  return orders;
}

double pixel_of(const AlignSettings& settings, const StackInfo& info, const fs::path& stack) {
  if (settings.angpix > 0.0) return settings.angpix;
  // A header that nobody filled in says 1, or nothing.
  if (info.pixel_A > 0.0 && info.pixel_A != 1.0) return info.pixel_A;
  throw UsageError(
      fmt::format("{} does not say how large its pixels are: give --angpix", stack.string()));
}

Record global_row(const AlignSettings& settings, const std::string& name, double pixel_A) {
  Record row;
  row.where = "the stack " + name;
  row.set(label::tomo_name, name)
      .set(label::tilt_series_file, "None")
      .set(label::voltage, settings.kv)
      .set(label::spherical_aberration, settings.cs)
      .set(label::amplitude_contrast, settings.q0)
      .set(label::original_pixel, pixel_A)
      .set(label::hand, -1.0)
      .set(label::optics_group, "optics1")
      .set(label::tilt_series_pixel, pixel_A);
  return row;
}

std::vector<Tilt> tilts_of(const AlignSettings& settings, const fs::path& stack,
                           const fs::path& angles_file, int n_sections) {
  const auto angles = read_angles(angles_file);
  if (static_cast<int>(angles.size()) != n_sections)
    fail("{} has {} angles, but {} has {} images", angles_file.string(), angles.size(),
         stack.string(), n_sections);
  const auto orders = orders_in(angles_file, angles.size());
  if (settings.dose > 0.0 && orders.empty())
    throw UsageError(
        fmt::format("--dose: the order of acquisition is needed, as the second column of {}",
                    angles_file.string()));
  const auto axis = parse_double(settings.align.tilt_axis);
  std::vector<Tilt> tilts;
  for (std::size_t i = 0; i < angles.size(); ++i) {
    Tilt& tilt = tilts.emplace_back();
    tilt.where = fmt::format("image {} of {}", i + 1, stack.string());
    tilt.set(label::nominal_angle, angles[i]);
    if (axis) tilt.set(label::nominal_axis, *axis);
    tilt.set(label::pre_exposure, orders.empty() ? 0.0 : settings.dose * orders[i]);
    tilt.set(label::micrograph_name, fmt::format("{:06}@{}", i + 1, stack.string()));
  }
  return tilts;
}

TiltSeries series_of(const AlignSettings& settings, const fs::path& stack, const std::string& name,
                     const fs::path& angles) {
  const auto info = open_frames(stack)->info();
  TiltSeries series;
  series.global = global_row(settings, name, pixel_of(settings, info, stack));
  series.tilts =
      tilts_of(settings, stack, angles.empty() ? angles_beside(stack) : angles, info.n_frames);
  return series;
}

std::vector<fs::path> files_of(const char* option, const std::vector<std::string>& patterns) {
  for (const auto& pattern : patterns)
    if (expand_patterns({pattern}).empty())
      throw UsageError(fmt::format("--{} {}: no file matches", option, pattern));
  return expand_patterns(patterns);
}

// The file that is named as the stack; or the only one for the only stack. Empty: none was given.
fs::path angles_for(const fs::path& stack, const std::vector<fs::path>& angles, bool only) {
  if (angles.empty()) return {};
  if (only && angles.size() == 1) return angles.front();
  for (const auto& path : angles)
    if (path.stem() == stack.stem() || path.stem() == stack.filename()) return path;
  throw UsageError(
      fmt::format("--tlt: none of the {} files is named as {}", angles.size(), stack.string()));
}

}  // namespace

TiltSeriesSet series_of_stacks(const AlignSettings& settings) {
  const auto stacks = files_of("stack", settings.stacks), angles = files_of("tlt", settings.tlt);
  TiltSeriesSet set;
  std::set<std::string> names;
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    const std::string name = replace_all(stacks[i].stem().string(), " ", "_");
    if (!names.insert(name).second)
      throw UsageError(fmt::format("--stack: two files are named {}", name));
    try {
      set.series.push_back(
          series_of(settings, stacks[i], name, angles_for(stacks[i], angles, stacks.size() == 1)));
    } catch (const UsageError&) {
      throw;
    } catch (const Error& error) {
      set.unreadable.push_back({name, error.what()});
    }
  }
  return set;
}

}  // namespace gimbal::app
