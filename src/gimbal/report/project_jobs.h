// SPDX-License-Identifier: GPL-3.0-or-later
// The jobs of a project, one by one: what each adds to what is known of the tilt series.
#pragma once

#include "gimbal/data/tilt_series.h"
#include "gimbal/report/project.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gimbal {

struct JobFiles {
  Stage stage = Stage::import;
  std::filesystem::path folder;  // relative to the working directory
};

// Folders (one or two levels down) with a table of tilt series, or with the settings of a job of
// gimbal that has failed; by stage, then by number. Hidden folders and links are left out.
std::vector<JobFiles> find_jobs();

TiltSeriesSet read_job(const JobFiles& files);  // empty where there is no table

// Adds the job and its series, as `set` has them; what earlier jobs of the same stage said of a
// series is replaced. What it says of series for which is_aside goes to the other report instead.
void add_job(ProjectReport& report, ProjectReport& aside, const JobFiles& files,
             const TiltSeriesSet& set, const std::function<bool(const std::string&)>& is_aside);

// Small pictures, as far as they can be had quickly; none where files are missing.
void add_pictures(const ProjectReport& report, ProjectSeries& series);

}  // namespace gimbal
