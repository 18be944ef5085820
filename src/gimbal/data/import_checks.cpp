// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/import_checks.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace gimbal {
namespace {

constexpr double axis_tolerance_deg = 2.0;

// The difference of two directions, from 0 to 180 degrees.
double apart(double a_deg, double b_deg) {
  return std::abs(std::remainder(a_deg - b_deg, 360.0));
}

// The difference of two lines, from 0 to 90 degrees.
double lines_apart(double a_deg, double b_deg) {
  return std::abs(std::remainder(a_deg - b_deg, 180.0));
}

class Warnings {
 public:
  template <typename... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    findings_.push_back({Severity::warning, Defect::inconsistent,
                         fmt::format(format, std::forward<Args>(args)...)});
  }
  Findings take() { return std::move(findings_); }

 private:
  Findings findings_;
};

// Tomography 5 gives numbers in conventions that changed between versions: the axis may be a
// quarter turn away from TiltAxisAngle, or be +-RotationAngle.
void check_tomography5_axis(const AcquiredSeries& series, double nominal, Warnings& warnings) {
  std::vector<double> candidates;
  const auto add = [&](double axis) {
    const bool known = std::any_of(candidates.begin(), candidates.end(),
                                   [&](double c) { return lines_apart(c, axis) < 0.5; });
    if (!known) candidates.push_back(std::remainder(axis, 360.0));
  };
  if (series.title_axis_deg) add(*series.title_axis_deg), add(*series.title_axis_deg + 90.0);
  if (series.rotation_deg) add(*series.rotation_deg), add(-*series.rotation_deg);
  const bool fits = std::any_of(candidates.begin(), candidates.end(), [&](double axis) {
    return lines_apart(axis, nominal) <= axis_tolerance_deg;
  });
  if (fits || candidates.empty()) return;
  warnings.add(
      "--tilt_axis is {}, but the mdoc of Tomography 5 has TiltAxisAngle {} and RotationAngle {}; "
      "its versions differ by quarter turns and signs, so the axis may be any of {:.2f}: check it "
      "with an aligned series of this microscope",
      nominal, series.title_axis_deg.value_or(NAN), series.rotation_deg.value_or(NAN),
      fmt::join(candidates, ", "));
}

void check_serialem_axis(double title, double nominal, Warnings& warnings) {
  const double difference = apart(title, nominal);
  if (difference <= axis_tolerance_deg) return;
  if (180.0 - difference <= axis_tolerance_deg)
    warnings.add(
        "--tilt_axis is {}, but the mdoc says {:.1f}: the same line in the opposite direction; "
        "with "
        "the wrong one the tomogram is mirrored",
        nominal, title);
  else
    warnings.add(
        "--tilt_axis is {}, but the mdoc says {:.1f}, {:.1f} degrees away: check which is right",
        nominal, title, lines_apart(title, nominal));
}

void check_angles(const AcquiredSeries& series, Warnings& warnings) {
  constexpr double same_deg = 0.05;
  auto tilts = series.tilts;
  std::stable_sort(tilts.begin(), tilts.end(),
                   [](const auto& a, const auto& b) { return a.angle_deg < b.angle_deg; });
  for (std::size_t i = 1; i < tilts.size(); ++i)
    if (tilts[i].angle_deg - tilts[i - 1].angle_deg < same_deg)
      warnings.add(
          "the angle {} was recorded twice, for {} and {}: was the tilt repeated? Exclude "
          "the bad one",
          tilts[i].angle_deg, tilts[i - 1].movie, tilts[i].movie);
}

void check_doses(const AcquiredSeries& series, const ImportOptions& options, Warnings& warnings) {
  if (options.dose <= 0.0 || options.dose_per_movie_frame > 0.0) return;
  std::vector<double> doses;
  for (const auto& tilt : series.tilts)
    if (tilt.dose_e_A2) doses.push_back(*tilt.dose_e_A2);
  if (doses.empty()) return;
  const auto middle = doses.begin() + static_cast<std::ptrdiff_t>(doses.size() / 2);
  std::nth_element(doses.begin(), middle, doses.end());
  if (*middle < 0.8 * options.dose || *middle > 1.25 * options.dose)
    warnings.add(
        "--dose is {} e/A^2, but the recorded dose of a tilt is {:.2f} (median): check which is "
        "right; --dose 0 takes the recorded doses",
        options.dose, *middle);
}

// Stacks may be binned, and movies super-resolution: powers of two between the two are fine.
void check_pixel(const AcquiredSeries& series, double angpix, Warnings& warnings) {
  if (!series.pixel_A || *series.pixel_A <= 0.0) return;
  const double octaves = std::log2(*series.pixel_A / angpix);
  const double beyond = std::abs(std::exp2(octaves - std::round(octaves)) - 1.0);
  if (beyond <= 0.05 && std::abs(octaves) < 4.5) return;
  warnings.add(
      "--angpix is {} A, but the mdoc's PixelSpacing is {} A (binning {}): check which is "
      "right",
      angpix, *series.pixel_A, series.stack_binning);
}

}  // namespace

Findings check_axis(const AcquiredSeries& series, double nominal_axis_deg) {
  Warnings warnings;
  if (series.tomography5)
    check_tomography5_axis(series, nominal_axis_deg, warnings);
  else if (series.title_axis_deg)
    check_serialem_axis(*series.title_axis_deg, nominal_axis_deg, warnings);
  else if (series.rotation_deg)  // SerialEM's RotationAngle is the axis plus a quarter turn
    check_serialem_axis(std::remainder(*series.rotation_deg - 90.0, 360.0), nominal_axis_deg,
                        warnings);
  return warnings.take();
}

Findings check_acquisition(const AcquiredSeries& series, const ImportOptions& options) {
  Warnings warnings;
  check_angles(series, warnings);
  check_doses(series, options, warnings);
  check_pixel(series, options.angpix, warnings);
  if (series.voltage_kV && std::abs(*series.voltage_kV - options.kv) > 1.0)
    warnings.add("--kv is {}, but the mdoc's Voltage is {}", options.kv, *series.voltage_kV);
  return warnings.take();
}

}  // namespace gimbal
