// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/project.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/core/version.h"
#include "gimbal/io/pattern.h"
#include "gimbal/report/project_lineage.h"
#include "gimbal/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

namespace gimbal {
namespace {

double or_lowest(double value) {
  return std::isfinite(value) ? value : -1.0;
}

void unless_it_fails(ProjectReport& report, const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& error) {
    report.warnings.emplace_back(error.what());
  }
}

// Alignments that are newer than that of the tomogram are shown beside it.
void add_jobs(ProjectReport& report, const std::vector<LoadedJob>& jobs) {
  const auto origin = alignments_of_tomograms(jobs);
  ProjectReport aside;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const auto is_newer = [&](const std::string& name) {
      const auto found = origin.find(name);
      return jobs[i].files.stage == Stage::align && found != origin.end() &&
             found->second != no_such_job && i > found->second;
    };
    unless_it_fails(report, [&] { add_job(report, aside, jobs[i].files, jobs[i].set, is_newer); });
  }
  for (ProjectSeries& series : report.series) {
    for (const ProjectSeries& other : aside.series)
      if (other.name == series.name && other.at(Stage::align) != nullptr)
        series.newer = {*other.at(Stage::align), other.alignment};
    const auto found = origin.find(series.name);
    series.tomogram_of_another =
        found != origin.end() && found->second == no_such_job && series.at(Stage::align) != nullptr;
  }
}

}  // namespace

const char* name_of(Stage stage) {
  switch (stage) {
    case Stage::import:
      return "Movies";
    case Stage::motion:
      return "Motion";
    case Stage::ctf:
      return "CTF";
    case Stage::exclude:
      return "Selection";
    case Stage::align:
      return "Alignment";
    case Stage::reconstruct:
      return "Tomogram";
  }
  return "";
}

const StageResult* ProjectSeries::at(Stage stage) const {
  const auto& result = stages[static_cast<std::size_t>(stage)];
  return result ? &*result : nullptr;
}

std::optional<Stage> ProjectSeries::reached() const {
  std::optional<Stage> last;
  for (std::size_t i = 0; i < n_stages; ++i)
    if (stages[i] && !stages[i]->failed) last = static_cast<Stage>(i);
  return last;
}

Stage ProjectReport::furthest() const {
  Stage last = Stage::import;
  for (const auto& one : series) last = std::max(last, one.reached().value_or(Stage::import));
  return last;
}

ProjectStanding ProjectReport::standing(const ProjectSeries& one) const {
  bool remarked = false;
  for (const auto& stage : one.stages) {
    if (stage && stage->failed) return ProjectStanding::failed;
    remarked = remarked || (stage && !stage->remarks.empty());
  }
  if (one.newer && one.newer->result.failed) return ProjectStanding::failed;
  if (one.alignment.verdict == "fail") return ProjectStanding::fail;
  if (one.alignment.verdict == "warn" || remarked) return ProjectStanding::warn;
  if (one.reached().value_or(Stage::import) < furthest()) return ProjectStanding::behind;
  return one.at(Stage::align) != nullptr && one.alignment.verdict.empty()
             ? ProjectStanding::unjudged
             : ProjectStanding::fine;
}

std::vector<std::size_t> worst_first(const ProjectReport& report) {
  std::vector<std::size_t> order(report.series.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<ProjectStanding> standing;
  for (const auto& one : report.series) standing.push_back(report.standing(one));
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (standing[a] != standing[b]) return standing[a] < standing[b];
    const auto &first = report.series[a], &second = report.series[b];
    const double x = or_lowest(first.alignment.score), y = or_lowest(second.alignment.score);
    if (x != y) return x < y;
    return natural_less(first.name, second.name);
  });
  return order;
}

std::string project_sentence(const ProjectReport& report) {
  std::map<ProjectStanding, int> counts;
  for (const auto& one : report.series) ++counts[report.standing(one)];
  const auto n = static_cast<int>(report.series.size());
  std::string text = fmt::format("{} tilt series", grouped(n));
  const auto add = [&](ProjectStanding standing, const char* words) {
    if (const int k = counts[standing]; k > 0) text += fmt::format(", {} {}", grouped(k), words);
  };
  if (counts[ProjectStanding::fine] == n) return text + (n > 0 ? ": all are well." : ".");
  add(ProjectStanding::failed, "failed in a job");
  add(ProjectStanding::fail, "not to be trusted");
  add(ProjectStanding::warn, "worth a look");
  add(ProjectStanding::behind, "behind the others");
  add(ProjectStanding::unjudged, "not judged (aligned without a verdict)");
  add(ProjectStanding::fine, "well");
  return text + ".";
}

ProjectReport read_project() {
  ProjectReport report;
  report.version = version;
  report.name = std::filesystem::current_path().filename().string();
  auto found = find_jobs();
  if (found.empty())
    fail(
        "{} holds no jobs of a RELION project: expected folders such as MotionCorr/job002/ with "
        "corrected_tilt_series.star, or AlignTiltSeries/job004/ with aligned_tilt_series.star",
        std::filesystem::current_path().string());
  std::vector<LoadedJob> jobs;
  for (JobFiles& files : found) {
    LoadedJob& job = jobs.emplace_back(LoadedJob{std::move(files), {}});
    unless_it_fails(report, [&] { job.set = read_job(job.files); });
  }
  add_jobs(report, jobs);
  parallel_for(static_cast<int>(report.series.size()),
               [&](int i) { add_pictures(report, report.series[static_cast<std::size_t>(i)]); });
  return report;
}

}  // namespace gimbal
