// SPDX-License-Identifier: GPL-3.0-or-later
// A job of motion correction as a plan: which movies, what is known of each, where its files go,
// and whether it has been done before.
#pragma once

#include "job_folder.h"

#include "gimbal/data/tilt_series.h"
#include "gimbal/motion/options.h"
#include "gimbal/motion/output.h"
#include "gimbal/report/motion_report.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gimbal::app {

// MotionCor2 or MotionCor3 instead of gimbal's own method.
struct MotioncorSettings {
  bool use = false;
  std::string program, arguments, gpu, archive;
  double time_limit_min = 30.0;  // for one movie; 0: none
};

struct MotionSettings : JobSettings {
  MotionOptions motion;
  MotioncorSettings motioncor;
  double early_dose_e_A2 = 4.0;
  std::string input;
  int max_io_threads = -1;
  bool skip_logfile = false;
};

void describe(MotioncorSettings& settings, OptionTable& table);
void describe(MotionSettings& settings, OptionTable& table);

// One movie; it may belong to more than one row.
struct MotionItem {
  Movie movie;                  // its dose per frame is known once it is open
  double tilt_dose_e_A2 = 0.0;  // 0: unknown
  std::filesystem::path root;   // of its outputs
  MotionFiles files;
  std::string fingerprint;  // same fingerprint, same outputs
  MovieReport report;
};

struct MotionPlan {
  TiltSeriesSet set;
  std::vector<MotionItem> items;
  std::vector<std::vector<std::size_t>> item_of;  // of every tilt of every series
};

// Throws when outputs of two movies would have the same name, or when dose weighting is asked for
// and a dose is not known. Series whose rows lack what is needed become unreadable ones.
MotionPlan plan_motion(const MotionSettings& settings);

// Whether all outputs of the item are there, complete, and those of its fingerprint. Then its
// report is filled in from its record.
bool is_done(MotionItem& item);

// Writes the record (what reports need, the fingerprint, the sizes of all outputs), then the STAR
// file, which is the mark of completion. All other outputs must be there.
void complete(const MotionItem& item, const std::string& star);

}  // namespace gimbal::app
