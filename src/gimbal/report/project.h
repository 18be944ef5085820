// SPDX-License-Identifier: GPL-3.0-or-later
// A whole RELION project: every tilt series from its movies to its tomogram, as the STAR files of
// the jobs tell it, whoever ran them, and with what gimbal's own jobs have recorded besides.
#pragma once

#include "gimbal/report/exclude_report.h"

#include <array>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace gimbal {

enum class Stage { import, motion, ctf, exclude, align, reconstruct };
inline constexpr std::size_t n_stages = 6;
const char* name_of(Stage stage);  // "Movies", "Motion", ...

struct ProjectJob {
  Stage stage = Stage::import;
  std::string folder;   // relative to the project, as RELION names it: "MotionCorr/job002"
  std::string program;  // "gimbal 0.1.0" or "RELION"
  std::string outcome;  // "done", "failed", "stopped"; empty: there is no mark
  std::size_t n_series = 0;
  bool has_report = false;
};

// What became of a series in the newest job of a stage that has it; for the alignment, in the job
// that its tomogram was made from.
struct StageResult {
  std::size_t job = 0;        // index into ProjectReport::jobs
  std::size_t in_report = 0;  // its number there (report.html#s<number>); 0: not known
  int tilts = 0;              // rows that the job passed on
  bool failed = false;
  std::vector<std::string> remarks;  // why it failed; what needs attention
};

struct AlignmentFigures {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  std::string method, verdict;  // empty: not said
  double score = unknown, leave_out_A = unknown, residual_A = unknown;
};

struct ProjectSeries {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  std::string name;
  std::array<std::optional<StageResult>, n_stages> stages;
  double median_motion_A = unknown;
  double ctf_A = unknown;  // median rlnCtfMaxResolution
  // Of the alignment that the tomogram was made from; of the newest when that cannot be told.
  AlignmentFigures alignment;
  // The newest alignment where it is not that one.
  struct Newer {
    StageResult result;
    AlignmentFigures figures;
  };
  std::optional<Newer> newer;
  bool tomogram_of_another = false;  // its alignment is none of the jobs'
  std::string tomogram;              // its file; empty: none
  double tomogram_A = unknown;
  std::array<int, 3> tomogram_px{};
  SeriesExclusion tilts;    // motion, score and exclusion of each tilt
  std::string shown_image;  // rlnMicrographName of the tilt nearest to 0 degrees
  double shown_deg = unknown;
  // Small grey JPEGs: that tilt, a slice by the metadata alone and as aligned, the tomogram's
  // middle along z and along y.
  std::string tilt_jpeg, slice_before, slice_after, tomogram_xy, tomogram_xz;

  const StageResult* at(Stage stage) const;
  // The last stage that it has passed; nothing: none.
  std::optional<Stage> reached() const;
};

// How a series stands, worst first.
// unjudged: it is aligned, but by a program that gives no verdict.
enum class ProjectStanding { failed, fail, warn, behind, unjudged, fine };

struct ProjectReport {
  std::string version;
  std::string name;              // of the project's folder
  std::vector<ProjectJob> jobs;  // by stage, then by number
  std::vector<ProjectSeries> series;
  std::vector<std::string> warnings;
  std::string link_prefix;  // way from the page to the project, as in "../project/"

  Stage furthest() const;  // that any series has reached
  ProjectStanding standing(const ProjectSeries& series) const;
};

// Worst first; of equals the lower score first, then by name.
std::vector<std::size_t> worst_first(const ProjectReport& report);
std::string project_sentence(const ProjectReport& report);

// Reads the project whose folder is the working directory. A job whose files cannot be read gives a
// warning, the others go on; an Error when there is no job at all.
ProjectReport read_project();

std::string project_html(const ProjectReport& report);
void write_project_html(const std::filesystem::path& path, const ProjectReport& report);

}  // namespace gimbal
