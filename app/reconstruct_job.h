// SPDX-License-Identifier: GPL-3.0-or-later
// A job of reconstruction as a plan: which series, where their images and outputs are, and whether
// they have been done before.
#pragma once

#include "job_folder.h"

#include "gimbal/data/tilt_series.h"
#include "gimbal/recon/options.h"
#include "gimbal/report/recon_report.h"
#include "gimbal/tilt/stack.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gimbal::app {

struct ReconstructSettings : JobSettings {
  recon::ReconOptions recon;
  std::string input;
  double binned_angpix = 10.0;
  int w = 0, h = 0, d = 0;
  double thickness_nm = 0.0;
  bool split = false;
  bool float16 = false;
};

void describe(ReconstructSettings& settings, OptionTable& table);

// The volumes that are made of a series.
enum class Part { full, half1, half2 };

struct ReconstructItem {
  TiltSeries series;             // as it was read
  std::filesystem::path folder;  // tomograms/
  std::vector<Part> parts;
  std::string fingerprint;  // same fingerprint, same outputs
  SeriesTomogram result;

  const std::string& name() const { return series.name(); }
  std::filesystem::path volume(Part part) const;
  std::filesystem::path record() const { return folder / ("rec_" + name() + ".json"); }
};

struct ReconstructPlan {
  TiltSeriesSet set;  // comments, other blocks, what cannot be read and findings; not the series
  std::vector<ReconstructItem> items;
};

ReconstructPlan plan_reconstruction(const ReconstructSettings& settings);

// The image that a row of the series names for this volume.
tilt::ImageSource image_of(const Tilt& row, Part part);

// Whether the outputs of the item are there, complete, and those of its fingerprint. Then its
// result is filled in from its record.
bool is_done(ReconstructItem& item);
void remove_outputs(const ReconstructItem& item);

}  // namespace gimbal::app
