// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of a job of alignment when it is over: the reports are made from it, and nothing
// else. No dates, no names of machines.
#pragma once

#include "gimbal/data/alignment.h"
#include "gimbal/report/slice_pictures.h"

#include <string>
#include <utility>
#include <vector>

namespace gimbal {

enum class SeriesStatus { done, failed, skipped };

// Small grey JPEGs with y up (row 0 of the image is the lowest line).
struct TiltPicture {
  int tilt = 0;  // index into Alignment::tilts
  std::string jpeg;
};

struct AlignPictures {
  std::vector<TiltPicture> tilts;  // some, by rising angle
  Size2 covered_px;                // of the full-size image, by each of them
  SlicePictures before;            // the specimen by the metadata alone,
  SlicePictures after;             // and by the alignment
  Vec3 slices_at_px;               // where the slices meet, from the tomogram's centre
};

struct SeriesAlignment {
  std::string name;
  SeriesStatus status = SeriesStatus::done;
  std::string reason;                 // why it failed or was skipped
  std::vector<std::string> problems;  // images that cannot be read, files that are damaged
  Alignment alignment;                // of status done
  AlignPictures pictures;             // may be empty
};

struct AlignJobReport {
  std::string version;
  std::vector<std::pair<std::string, std::string>> options;
  std::vector<std::string> warnings;  // of the job as a whole
  std::vector<SeriesAlignment> series;
};

// summary.json: everything but the tracks. Its members only ever get more.
std::string align_summary_json(const AlignJobReport& report);

// The record of one series, complete: a resumed job rebuilds its outputs and reports from it, so
// every number, byte and name comes back exactly.
std::string align_record_to_json(const SeriesAlignment& series);
// Throws Error, naming the member, when the text is not such a record.
SeriesAlignment align_record_from_json(const std::string& text);

}  // namespace gimbal
