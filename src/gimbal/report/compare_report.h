// SPDX-License-Identifier: GPL-3.0-or-later
// How far two sets of alignments are apart, for programs, for the browser and as a picture. Same
// differences, same bytes.
#pragma once

#include "gimbal/data/alignment_compare.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gimbal {

struct ComparedSeries {
  std::string name;
  std::string reason;  // why it was not compared; else empty
  AlignmentDifference difference;
  std::string first_method, second_method;  // if the files say so
};

struct CompareReport {
  std::string version;
  std::string first, second;  // as they were given
  std::vector<ComparedSeries> series;
};

std::string compare_json(const CompareReport& report);

// One file that needs no other.
void write_compare_html(const std::filesystem::path& path, const CompareReport& report);

// The distances of all series over the tilt angle.
void write_compare_png(const std::filesystem::path& path, const CompareReport& report);

}  // namespace gimbal
