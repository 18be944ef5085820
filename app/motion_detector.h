// SPDX-License-Identifier: GPL-3.0-or-later
// The gain and the defects of a job, made to fit each size of movie that turns up.
#pragma once

#include "gimbal/motion/motion.h"

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

namespace gimbal::app {

class JobDetector {
 public:
  // Reads the files of the options and settles --gain_rot auto. Throws when they cannot be used
  // with the job's movies. `folder`: where a turned gain is (if wanted) written, as RELION does.
  JobDetector(const MotionOptions& options, const std::vector<std::filesystem::path>& movies,
              const std::filesystem::path& folder, bool write_gain);

  // Throws when the gain or the defects do not fit such a movie. From any thread.
  const DetectorData& fitting(const StackInfo& movie);

  // As in the movies' STAR files: the turned gain, the gain as given, or nothing.
  const std::filesystem::path& gain_name() const { return gain_name_; }
  const std::vector<std::string>& warnings() const { return warnings_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  using Shape = std::tuple<int, int, bool>;  // nx, ny, EER
  void settle_orientation(const std::vector<std::filesystem::path>& movies, Size2 size, bool eer);
  void look_for_pattern(const std::vector<std::filesystem::path>& movies, Size2 size);
  void write_turned_gain(bool eer) const;
  DetectorData made_for(Size2 size, bool eer, std::vector<std::string>& warnings) const;

  MotionOptions options_;
  GainOrientation orientation_;
  bool use_gain_ = false;
  std::filesystem::path gain_name_;
  std::vector<std::string> warnings_;
  std::vector<std::string> notes_;
  std::mutex mutex_;
  std::map<Shape, DetectorData> made_;
};

}  // namespace gimbal::app
