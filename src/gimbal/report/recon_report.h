// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of a job of reconstruction when it is over: the reports are made from it, and
// nothing else. No dates, no names of machines.
#pragma once

#include "gimbal/report/align_report.h"
#include "gimbal/report/slice_pictures.h"

#include <string>
#include <utility>
#include <vector>

namespace gimbal {

// What there is to say of a tomogram.
struct TomogramFacts {
  int nx = 0, ny = 0, nz = 0;
  double voxel_A = 0.0;
  int n_tilts = 0;
  double lowest_tilt_deg = 0.0, highest_tilt_deg = 0.0;
  double largest_pre_exposure_e_A2 = 0.0;
  double scale = 1.0;  // value of a voxel per contrast
  bool halves = false;
  bool dose_weighted = false, ctf_flipped = false, deformation_followed = false;
};

struct SeriesTomogram {
  std::string name;
  SeriesStatus status = SeriesStatus::done;
  std::string reason;              // why it failed or was skipped
  std::vector<std::string> notes;  // what was chosen and why; whole sentences
  TomogramFacts facts;             // of status done
  SlicePictures pictures;          // may be empty
};

struct ReconJobReport {
  std::string version;
  std::vector<std::pair<std::string, std::string>> options;
  std::vector<std::string> warnings;  // of the job as a whole
  std::vector<SeriesTomogram> series;
};

// summary.json: everything but the pictures. Its members only ever get more.
std::string recon_summary_json(const ReconJobReport& report);

// The record of one tomogram that was made, complete and exact.
std::string recon_record_to_json(const SeriesTomogram& series);
// Throws Error, naming the member, when the text is not such a record.
SeriesTomogram recon_record_from_json(const std::string& text);

// "All 3 tomograms were made", "1 of 3 tilt series could not be reconstructed".
std::string job_sentence(const ReconJobReport& report);

// Names and values of what both reports show of a tomogram.
std::vector<std::pair<std::string, std::string>> facts_of(const TomogramFacts& facts);

}  // namespace gimbal
