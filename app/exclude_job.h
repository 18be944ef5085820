// SPDX-License-Identifier: GPL-3.0-or-later
// A job that selects tilts as a plan: which tilts there are, those that an earlier job took out
// included, what the user says of each, and what is known of its image.
#pragma once

#include "job_folder.h"

#include "gimbal/data/tilt_series.h"
#include "gimbal/report/exclude_report.h"
#include "gimbal/report/survey_record.h"
#include "gimbal/tilt/exclude.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gimbal::app {

struct ExcludeSettings : JobSettings {
  std::string input;
  std::vector<std::string> tilts;  // to exclude, whatever the rules say
  std::vector<std::string> keep;   // to keep, whatever the rules and earlier jobs say
  tilt::ExcludeOptions rules;
};

void describe(ExcludeSettings& settings, OptionTable& table);

struct ExcludeItem {
  TiltSeries series;                 // as it was read, with what an earlier job took out
  std::vector<std::string> earlier;  // of each tilt: why that job did; empty: it did not
  std::vector<bool> by_hand, kept;   // of each tilt
  std::filesystem::path record;      // of the looks at its images
  std::string fingerprint;           // of these images
  std::vector<SurveyRecord> survey;  // of each tilt, when they have been looked at
  SeriesExclusion result;

  const std::string& name() const { return series.name(); }
};

struct ExcludePlan {
  TiltSeriesSet set;  // comments, other blocks, what cannot be read and findings; not the series
  std::vector<ExcludeItem> items;
};

// UsageError when --tilts or --keep name what is not there.
ExcludePlan plan_exclusion(const ExcludeSettings& settings);

// Whether the record of the item tells what its images show; then the survey is filled in.
bool is_surveyed(ExcludeItem& item);
// Looks at the images of the item, and leaves the record.
void survey_item(ExcludeItem& item);

// Decides about every tilt, from the survey; fills in the item's result.
void decide(ExcludeItem& item, const ExcludeSettings& settings);

}  // namespace gimbal::app
