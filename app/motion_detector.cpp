// SPDX-License-Identifier: GPL-3.0-or-later
#include "motion_detector.h"

#include "gimbal/core/text.h"
#include "gimbal/io/mrc.h"
#include "gimbal/motion/frame_dose.h"
#include "gimbal/motion/raw_average.h"

#include <algorithm>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t movies_to_try = 8;
// For --gain_rot auto: 20 electrons per pixel are plenty.
constexpr double counts_for_orientation = 40.0;
constexpr int frames_for_orientation = 400;
// Without a gain: the centre of a few frames shows whether one is missing.
constexpr int frames_for_pattern = 16;
constexpr int pattern_px = 1024;

struct Probe {
  Size2 size;
  bool eer = false;
};

std::vector<Probe> probe(const std::vector<fs::path>& movies, const MotionOptions& options) {
  std::vector<Probe> probes;
  for (const auto& path : movies) {
    if (probes.size() == movies_to_try) break;
    try {
      const auto reader = open_frames(path, {options.eer_grouping, options.eer_upsampling});
      probes.push_back({{reader->info().nx, reader->info().ny}, is_eer(reader->info())});
    } catch (const Error&) {  // it will be reported when its turn comes
    }
  }
  return probes;
}

std::vector<Pixel> zeros_of(View<const float> gain) {
  std::vector<Pixel> zeros;
  for (int y = 0; y < gain.ny(); ++y)
    for (int x = 0; x < gain.nx(); ++x)
      if (gain(x, y) == 0.0F) zeros.push_back({x, y});
  return zeros;
}

}  // namespace

JobDetector::JobDetector(const MotionOptions& options, const std::vector<fs::path>& movies,
                         const fs::path& folder, bool write_gain)
    : options_(options) {
  use_gain_ = !options.gainref.empty();
  gain_name_ = options.gainref;
  const auto probes = probe(movies, options);
  if (probes.empty()) return;  // every movie will fail by itself
  orientation_ = {static_cast<int>(parse_int(options.gain_rot).value_or(0)), options.gain_flip};
  // A movie of an odd size may come first: the files are unusable when they fit none.
  std::string first_reason;
  for (const auto& [size, eer] : probes) try {
      if (use_gain_ && options.gain_rot == "auto") settle_orientation(movies, size, eer);
      made_[{size.nx, size.ny, eer}] = made_for(size, eer, warnings_);
      const bool turned = use_gain_ && orientation_ != GainOrientation{};
      if (turned) gain_name_ = folder / "gain.mrc";
      if (turned && write_gain) write_turned_gain(eer);
      if (!use_gain_) look_for_pattern(movies, size);
      return;
    } catch (const Error& error) {
      if (first_reason.empty()) first_reason = error.what();
    }
  throw Error(first_reason);
}

void JobDetector::settle_orientation(const std::vector<fs::path>& movies, Size2 size, bool eer) {
  const auto averages = raw_averages({.movies = movies,
                                      .eer = {options_.eer_grouping, options_.eer_upsampling},
                                      .size = size,
                                      .max_frames = frames_for_orientation,
                                      .enough_counts = counts_for_orientation});
  const auto guess =
      guess_gain_orientation(read_stored_gain(options_.gainref, eer), averages.all());
  const bool no_pattern = guess.verdict == GainVerdict::undecided && guess.agreement_error == 0.0;
  const auto text = fmt::format("--gain_rot auto: {}", guess.explanation);
  if (guess.verdict != GainVerdict::decided && !no_pattern)
    fail(
        "the gain {} cannot be used with {}; to use it all the same, say how it lies: --gain_rot 0",
        options_.gainref, text);
  orientation_ = guess.orientation;
  (no_pattern ? warnings_ : notes_).push_back(text);
}

void JobDetector::look_for_pattern(const std::vector<fs::path>& movies, Size2 size) {
  const auto averages = raw_averages({.movies = movies,
                                      .eer = {options_.eer_grouping, options_.eer_upsampling},
                                      .size = size,
                                      .centre_px = pattern_px,
                                      .max_frames = frames_for_pattern});
  if (averages.odd.empty()) return;
  const auto pattern = find_fixed_pattern(averages.even, averages.odd);
  if (pattern.found) warnings_.push_back(pattern.explanation);
}

const DetectorData& JobDetector::fitting(const StackInfo& movie) {
  const std::lock_guard guard(mutex_);
  const Shape shape{movie.nx, movie.ny, is_eer(movie)};
  std::vector<std::string> ignored;  // said for the first size already
  auto found = made_.find(shape);
  if (found == made_.end())
    found = made_.emplace(shape, made_for({movie.nx, movie.ny}, is_eer(movie), ignored)).first;
  return found->second;
}

DetectorData JobDetector::made_for(Size2 size, bool eer, std::vector<std::string>& warnings) const {
  DetectorData data;
  const auto warn = [&](const Findings& findings) {
    for (const auto& finding : findings)
      if (finding.severity != Severity::note) warnings.push_back(finding.text);
  };
  if (use_gain_) {
    auto gain = read_gain({options_.gainref, orientation_, size, eer});
    data.gain = std::move(gain.factors);
    warn(gain.findings);
  }
  if (options_.skip_defect) return data;
  if (!options_.defect_file.empty()) {
    auto defects = read_defects({options_.defect_file, size, eer});
    data.defects = std::move(defects.mask);
    warn(defects.findings);
  }
  if (const auto zeros = zeros_of(data.gain); !zeros.empty())
    add_to_mask(data.defects, size, zeros);
  return data;
}

void JobDetector::write_turned_gain(bool eer) const {
  const auto stored = read_stored_gain(options_.gainref, eer);
  MrcWriteOptions write;
  write.labels = {"gimbal: gain, turned as asked for"};
  write_mrc(gain_name_, oriented(stored.values, orientation_), write);
}

}  // namespace gimbal::app
