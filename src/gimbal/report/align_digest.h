// SPDX-License-Identifier: GPL-3.0-or-later
// What a report of alignment says in words and figures, for every face of it.
#pragma once

#include "gimbal/report/align_report.h"

#include <string>
#include <vector>

namespace gimbal {

// How a series stands, worst first.
enum class Standing { not_aligned, fail, warn, skipped, pass };
Standing standing_of(const SeriesAlignment& series);
const char* word_of(Standing standing);  // "failed", "fail", "warn", "skipped", "pass"

// Indices into report.series: worst first, of equals the lower score first, then as they come.
std::vector<std::size_t> worst_first(const AlignJobReport& report);

// "3 of 4 tilt series pass; 1 fails." and so on.
std::string job_sentence(const AlignJobReport& report);
Standing worst_of(const AlignJobReport& report);  // pass when there is no series

// NaN where it was not measured.
struct AlignFigures {
  double score, leave_out_A, residual_A, shift_error_A;  // shift_error_A: median standard error
  int used = 0, excluded = 0;
};
AlignFigures figures_of(const Alignment& alignment);

struct Fact {
  std::string name;
  std::string value;
};
// The figures behind the verdict come first.
std::vector<Fact> facts_of(const Alignment& alignment);

// Indices of the tilts by nominal angle; those without one come last.
std::vector<std::size_t> by_angle(const Alignment& alignment);
// "+12.0°, x.mrc", then why it is excluded or doubted.
std::string tilt_label(const AlignedTilt& tilt);

}  // namespace gimbal
