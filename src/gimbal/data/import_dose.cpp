// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/import_dose.h"

#include <algorithm>
#include <functional>

namespace gimbal {
namespace {

constexpr double usual_dose_e_A2 = 3.0;  // RELION's default for a tilt

using Value = std::optional<double> AcquiredTilt::*;

bool all_have(const std::vector<AcquiredTilt>& tilts, Value value) {
  return std::all_of(tilts.begin(), tilts.end(), [&](const auto& t) { return t.*value; });
}

bool none_has(const std::vector<AcquiredTilt>& tilts, Value value) {
  return std::none_of(tilts.begin(), tilts.end(), [&](const auto& t) { return t.*value; });
}

bool all_differ(const std::vector<AcquiredTilt>& tilts, Value value) {
  for (std::size_t i = 1; i < tilts.size(); ++i)
    if (tilts[i].*value == tilts[i - 1].*value) return false;
  return true;
}

void sort_by(std::vector<AcquiredTilt>& tilts, Value value) {
  std::stable_sort(tilts.begin(), tilts.end(),
                   [&](const auto& a, const auto& b) { return *(a.*value) < *(b.*value); });
}

void warn(Findings& findings, const std::string& text) {
  findings.push_back({Severity::warning, Defect::inconsistent, text});
}

PreExposures running_sum(const std::vector<AcquiredTilt>& tilts, std::string source,
                         const std::function<double(const AcquiredTilt&)>& dose_of) {
  PreExposures result{{}, std::move(source)};
  double sum = 0.0;
  for (const auto& tilt : tilts) {
    result.e_A2.push_back(sum);
    sum += dose_of(tilt);
  }
  return result;
}

PreExposures recorded_doses(const std::vector<AcquiredTilt>& tilts, Findings& findings) {
  std::vector<double> known;
  for (const auto& tilt : tilts)
    if (tilt.dose_e_A2) known.push_back(*tilt.dose_e_A2);
  const auto middle = known.begin() + static_cast<std::ptrdiff_t>(known.size() / 2);
  std::nth_element(known.begin(), middle, known.end());
  const double median = *middle;
  if (known.size() < tilts.size())
    warn(findings, fmt::format("{} of {} tilts have no dose; the median of the others, {:.3f} "
                               "e/A^2, was taken for them: check them, or give --dose",
                               tilts.size() - known.size(), tilts.size(), median));
  return running_sum(tilts, "the recorded dose of each tilt",
                     [&](const AcquiredTilt& tilt) { return tilt.dose_e_A2.value_or(median); });
}

double frame_dose(const AcquiredTilt& tilt, double per_frame) {
  if (tilt.n_frames <= 0)
    fail(
        "--dose_per_movie_frame needs the number of frames, but {} has none for {} and the movie "
        "cannot tell; give --dose",
        tilt.where, tilt.movie);
  return per_frame * static_cast<double>(tilt.n_frames);
}

}  // namespace

std::string sort_by_acquisition(std::vector<AcquiredTilt>& tilts, Findings& findings) {
  if (all_have(tilts, &AcquiredTilt::order)) {
    sort_by(tilts, &AcquiredTilt::order);
    if (!all_differ(tilts, &AcquiredTilt::order))
      warn(findings, "two tilts have the same number in the order of acquisition: check them");
    return "the recorded order";
  }
  const bool prior = all_have(tilts, &AcquiredTilt::prior_dose_e_A2);
  if (prior) sort_by(tilts, &AcquiredTilt::prior_dose_e_A2);  // decides between equal dates
  if (all_have(tilts, &AcquiredTilt::time_s)) {
    sort_by(tilts, &AcquiredTilt::time_s);
    if (!prior && !all_differ(tilts, &AcquiredTilt::time_s))
      warn(findings,
           "two tilts have the same date and time; they were left in the order of the "
           "file: check it");
    return "the dates";
  }
  if (prior) {
    if (!all_differ(tilts, &AcquiredTilt::prior_dose_e_A2))
      warn(findings,
           "two tilts have the same prior dose and no date; they were left in the order "
           "of the file: check it");
    return "the prior doses";
  }
  if (tilts.size() > 1)
    warn(findings, fmt::format("{} dates, so the order of the file was taken as the order of "
                               "acquisition: if the file is sorted by angle, the pre-exposures are "
                               "wrong; --table with the column order can tell",
                               none_has(tilts, &AcquiredTilt::time_s) ? "there are no"
                                                                      : "not all tilts have"));
  return "the order of the file";
}

PreExposures pre_exposures(const std::vector<AcquiredTilt>& tilts, const ImportOptions& options,
                           Findings& findings) {
  if (const double dose = options.dose_per_movie_frame; dose > 0.0)
    return running_sum(tilts, fmt::format("{} e/A^2 per frame", dose),
                       [&](const AcquiredTilt& tilt) { return frame_dose(tilt, dose); });
  if (const double dose = options.dose; dose > 0.0)
    return running_sum(tilts, fmt::format("{} e/A^2 per tilt", dose),
                       [&](const AcquiredTilt&) { return dose; });
  auto rising = [](const AcquiredTilt& a, const AcquiredTilt& b) {
    return *a.prior_dose_e_A2 >= *b.prior_dose_e_A2;
  };
  if (all_have(tilts, &AcquiredTilt::prior_dose_e_A2)) {
    if (std::adjacent_find(tilts.begin(), tilts.end(), rising) == tilts.end()) {
      PreExposures result{{}, "the recorded prior doses"};
      for (const auto& tilt : tilts) result.e_A2.push_back(*tilt.prior_dose_e_A2);
      return result;
    }
    warn(findings,
         "the recorded prior doses do not rise with the order of acquisition; they were "
         "not used");
  }
  if (!none_has(tilts, &AcquiredTilt::dose_e_A2)) return recorded_doses(tilts, findings);
  warn(findings, fmt::format("no dose is recorded (or it is zero) and --dose was not given: {} "
                             "e/A^2 per tilt was assumed, RELION's default; give --dose",
                             usual_dose_e_A2));
  return running_sum(tilts, fmt::format("{} e/A^2 per tilt (assumed)", usual_dose_e_A2),
                     [](const AcquiredTilt&) { return usual_dose_e_A2; });
}

}  // namespace gimbal
