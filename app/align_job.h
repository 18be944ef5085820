// SPDX-License-Identifier: GPL-3.0-or-later
// A job of alignment as a plan: which series, where their images and outputs are, and whether they
// have been done before.
#pragma once

#include "job_folder.h"

#include "gimbal/data/alignment_star.h"
#include "gimbal/data/tilt_series.h"
#include "gimbal/report/align_report.h"
#include "gimbal/tilt/align.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gimbal::app {

// IMOD or AreTomo instead of gimbal's own methods.
struct ExternalAlignSettings {
  std::string batchtomo_exe, aretomo_exe, adoc_template, arguments, gpu;
  bool aretomo_ctf = false, aretomo_phaseshift = false;
  int aretomo_patches = 0;
  double time_limit_min = 600.0;  // for one series; 0: none
};

struct AlignSettings : JobSettings {
  tilt::AlignOptions align;
  std::string input;                // tilt series, or
  std::vector<std::string> stacks;  // images with
  std::vector<std::string> tlt;     // their angles
  double angpix = 0.0;              // of the stacks; 0: as in their headers
  double dose = 0.0;                // per tilt of the stacks
  double kv = 300.0, cs = 2.7, q0 = 0.1;
  std::string from;  // for --method import
  double from_angpix = 0.0;
  std::string start_from;
  std::string excluded = "drop";

  ExternalAlignSettings external;

  bool imports() const { return align.method == "import"; }
  bool runs_program() const {
    return align.method == "aretomo" || align.method.starts_with("imod_");
  }
};

void describe(ExternalAlignSettings& settings, OptionTable& table);
void describe(AlignSettings& settings, OptionTable& table);

struct AlignItem {
  TiltSeries series;                      // as it was read
  std::vector<tilt::ImageSource> images;  // of its rows; an empty path: the row names none
  bool only_one = false;                  // of the job
  std::string missing;                    // a note on tilts that are not in it; mostly empty
  std::filesystem::path folder;           // external/<name>
  std::string fingerprint;                // same fingerprint, same outputs
  SeriesAlignment result;

  const std::string& name() const { return series.name(); }
  std::filesystem::path file(const char* extension) const;  // <folder>/<name><extension>
  std::vector<std::filesystem::path> outputs() const;       // but the record; some are optional
  std::filesystem::path record() const { return folder / "alignment.json"; }
};

struct AlignPlan {
  TiltSeriesSet set;  // comments, other blocks, what cannot be read and findings; not the series
  std::vector<AlignItem> items;
};

AlignPlan plan_alignment(const AlignSettings& settings);

// The alignment made elsewhere that a series takes over or starts from; empty: none.
std::string other_alignment(const AlignSettings& settings);

// Keys, angles, doses, pixel and size of a series that is not aligned yet.
Alignment unaligned(const AlignItem& item, Size2 size);

// Whether the outputs of the item are there, complete, and those of its fingerprint. Then its
// result is filled in from its record.
bool is_done(AlignItem& item);

}  // namespace gimbal::app
