// SPDX-License-Identifier: GPL-3.0-or-later
// The jobs of a project, one by one: what each adds to what is known of the tilt series.
#pragma once

#include "gimbal/report/project.h"

#include <filesystem>
#include <vector>

namespace gimbal {

struct JobFiles {
  Stage stage = Stage::import;
  std::filesystem::path folder;  // relative to the working directory
};

// Folders (one or two levels down) with a table of tilt series, or with the settings of a job of
// gimbal that has failed; by stage, then by number. Hidden folders and links are left out.
std::vector<JobFiles> find_jobs();

// Adds the job and its series; what earlier jobs of the same stage said of a series is replaced.
void add_job(ProjectReport& report, const JobFiles& files);

// Small pictures, as far as they can be had quickly; none where files are missing.
void add_pictures(const ProjectReport& report, ProjectSeries& series);

}  // namespace gimbal
