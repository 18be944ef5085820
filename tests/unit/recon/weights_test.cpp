// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/recon/weights.h"

#include "gimbal/core/units.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace gimbal::recon {
namespace {

std::vector<double> evenly(double from_deg, double to_deg, double step_deg) {
  std::vector<double> angles;
  for (double a = from_deg; a <= to_deg + 1e-9; a += step_deg) angles.push_back(rad_from_deg(a));
  return angles;
}

TEST(Weights, EvenTiltsGetARamp) {
  const auto angles = evenly(-60, 60, 3);
  const double thickness = 300.0;
  const auto tables = overlap_weights(angles, thickness, {});
  const double step = rad_from_deg(3.0);
  for (const double f : {0.1, 0.2, 0.45})
    EXPECT_NEAR(table_value(tables[20], f), f * thickness * step, 0.01 * f * thickness * step);
  // All overlap at the origin: the mean is kept.
  double sum = 0.0;
  for (const auto& table : tables) sum += table[0];
  EXPECT_NEAR(sum, 1.0, 1e-6);
}

TEST(Weights, UnevenTiltsCountByTheAngleTheyStandFor) {
  // 3 degrees between tilts on one side, 6 on the other.
  auto angles = evenly(-60, 0, 3);
  for (const double a : evenly(6, 60, 6)) angles.push_back(a);
  const auto tables = overlap_weights(angles, 300.0, {});
  EXPECT_NEAR(table_value(tables[25], 0.3F) / table_value(tables[10], 0.3F), 2.0, 0.02);
  // A tilt taken twice counts as one.
  auto twice = evenly(-60, 60, 3);
  twice.push_back(twice[10]);
  const auto doubled = overlap_weights(twice, 300.0, {});
  EXPECT_NEAR(doubled[10][500] + doubled[41][500], tables[10][500], 0.35 * tables[10][500]);
}

TEST(Weights, ExactWeightsAreLevelWhereSlicesDoNotOverlap) {
  ReconOptions options;
  options.filter = "exact";
  const auto tables = overlap_weights(evenly(-60, 60, 3), 300.0, options);
  const double limit = 1.0 / (300.0 * std::sin(rad_from_deg(3.0)));
  EXPECT_NEAR(table_value(tables[20], 1.2 * limit), 1.0, 1e-6);
  EXPECT_NEAR(table_value(tables[20], 0.45), 1.0, 1e-6);
  EXPECT_LT(table_value(tables[20], 0.5 * limit), 0.6);
}

TEST(Weights, SirtGrowsFromPlainBackProjectionToTheFilter) {
  const auto angles = evenly(-60, 60, 3);
  ReconOptions options;
  const auto full = overlap_weights(angles, 300.0, options);
  options.sirt_iterations = 1;
  const auto once = overlap_weights(angles, 300.0, options);
  for (const float weight : once[7]) EXPECT_NEAR(weight, 1.0 / 41, 1e-6);
  options.sirt_iterations = 100000;
  const auto many = overlap_weights(angles, 300.0, options);
  for (const std::size_t k : {0U, 10U, 300U, 1024U})
    EXPECT_NEAR(many[7][k] / full[7][k], 1.0, 1e-4);
  options.sirt_iterations = 10;
  const auto few = overlap_weights(angles, 300.0, options);
  EXPECT_LT(few[7][900] / few[7][20], 0.5 * full[7][900] / full[7][20]);
}

TEST(Weights, DoseAndLowPass) {
  ReconOptions options;
  const auto early = radial_weights(0.0, 300.0, 10.0, options);
  const auto late = radial_weights(100.0, 300.0, 10.0, options);
  const double f = 0.3;  // 33.3 A: Ne = 0.245 * 0.03^-1.665 + 2.81
  const double ne = 0.245 * std::pow(0.03, -1.665) + 2.81;
  EXPECT_NEAR(table_value(late, f) / table_value(early, f), std::exp(-50.0 / ne), 1e-5);
  EXPECT_FLOAT_EQ(table_value(early, 0.4), 1.0F);
  EXPECT_FLOAT_EQ(table_value(early, 0.5), 0.0F);
  options.no_dose_weighting = true;
  EXPECT_FLOAT_EQ(table_value(radial_weights(100.0, 300.0, 10.0, options), f), 1.0F);
  options.lowpass_A = 40.0;
  EXPECT_NEAR(table_value(radial_weights(100.0, 300.0, 10.0, options), 0.25), std::sqrt(0.5), 1e-3);
}

TEST(Weights, TheCtfChangesSignAtItsZeros) {
  Series series;
  series.cs_mm = 0.0;
  series.amplitude_contrast = 0.0;
  const Defocus defocus{30000.0, 20000.0, 30.0, 0.0};
  const CtfSign ctf(series, defocus, 5000.0);
  // First zero: lambda z f^2 = 1, along the axis of u with z = 35000, across it with 25000 A.
  for (const auto& [angle_deg, z] : {std::pair{30.0, 35000.0}, {120.0, 25000.0}}) {
    const double zero = std::sqrt(1.0 / (wavelength_A(300.0) * z)), angle = rad_from_deg(angle_deg);
    const auto at = [&](double f) { return ctf.at(f * std::cos(angle), f * std::sin(angle)); };
    EXPECT_EQ(at(0.01 * zero), 1.0F);
    EXPECT_EQ(at(0.99 * zero), 1.0F);
    EXPECT_EQ(at(1.01 * zero), -1.0F);
    EXPECT_EQ(at(1.42 * zero), 1.0F);
  }
}

TEST(Weights, TheCtfOfARowIsThatOfItsPoints) {
  Series series;
  const Defocus defocus{31000.0, 24000.0, -50.0, 20.0};
  const CtfSign ctf(series, defocus, -2000.0);
  const double lambda_A = wavelength_A(series.voltage_kV), cs_A = series.cs_mm * 1e7;
  std::vector<float> signs(301);
  int changes = 0;
  for (const double fy : {-0.11, 0.0, 0.2}) {
    ctf.row(0.001, fy, 301, signs.data());
    for (int i = 0; i < 301; ++i) {
      const double fx = 0.001 * i, f2 = fx * fx + fy * fy;
      const double direction = std::atan2(fy, fx) - rad_from_deg(defocus.angle_deg);
      const double z = 27500.0 - 2000.0 + 3500.0 * std::cos(2.0 * direction);
      const double phase =
          std::numbers::pi * lambda_A * f2 * (z - 0.5 * cs_A * lambda_A * lambda_A * f2) +
          std::asin(0.1) + rad_from_deg(20.0);
      const float expected = std::sin(phase) < 0.0 ? -1.0F : 1.0F;
      if (std::abs(std::sin(phase)) > 1e-6) {
        EXPECT_EQ(signs[static_cast<std::size_t>(i)], expected);
      }
      changes +=
          i > 0 && signs[static_cast<std::size_t>(i)] != signs[static_cast<std::size_t>(i - 1)];
    }
  }
  EXPECT_GT(changes, 60);
}

}  // namespace
}  // namespace gimbal::recon
