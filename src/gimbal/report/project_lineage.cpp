// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/project_lineage.h"

#include "gimbal/core/error.h"
#include "gimbal/data/labels.h"

#include <array>
#include <cmath>
#include <optional>

namespace gimbal {
namespace {

constexpr std::array columns = {label::z_rot, label::y_tilt, label::x_shift, label::y_shift};

using Pose = std::array<double, columns.size()>;

std::optional<Pose> pose_of(const Record& row) {
  Pose pose{};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    try {
      const auto value = row.optional_number(columns[i]);
      if (!value || !std::isfinite(*value)) return std::nullopt;
      pose[i] = *value;
    } catch (const Error&) {  // no number: the table of another program
      return std::nullopt;
    }
  }
  return pose;
}

using Poses = std::map<std::string, Pose>;  // by tilt

Poses poses_of(const TiltSeries& series) {
  Poses poses;
  for (const Tilt& row : series.tilts)
    if (const auto pose = pose_of(row)) poses[row.key()] = *pose;
  return poses;
}

// All tilts of the tomogram are there, and as they were; numbers may have been written anew.
bool is_from(const Poses& tomogram, const Poses& alignment) {
  constexpr double rounding = 2e-3;  // degrees and A
  for (const auto& [tilt, pose] : tomogram) {
    const auto found = alignment.find(tilt);
    if (found == alignment.end()) return false;
    for (std::size_t i = 0; i < pose.size(); ++i)
      if (!(std::abs(found->second[i] - pose[i]) <= rounding)) return false;
  }
  return true;
}

}  // namespace

std::map<std::string, std::size_t> alignments_of_tomograms(const std::vector<LoadedJob>& jobs) {
  std::map<std::string, Poses> tomograms;  // jobs are sorted: the newest stays
  for (const LoadedJob& job : jobs)
    if (job.files.stage == Stage::reconstruct)
      for (const auto& series : job.set.series) tomograms[series.name()] = poses_of(series);
  std::map<std::string, std::size_t> result;
  for (const auto& [name, poses] : tomograms)
    if (!poses.empty()) result[name] = no_such_job;
  for (std::size_t i = 0; i < jobs.size(); ++i)
    if (jobs[i].files.stage == Stage::align)
      for (const auto& series : jobs[i].set.series)
        if (const auto found = result.find(series.name());
            found != result.end() && is_from(tomograms[series.name()], poses_of(series)))
          found->second = i;
  return result;
}

}  // namespace gimbal
