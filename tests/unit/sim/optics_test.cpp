// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/optics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace gimbal::sim {
namespace {

Vec2 centroid(View<const float> image, double background, Vec2 around, int radius) {
  double sum = 0.0, x_sum = 0.0, y_sum = 0.0;
  const int cx = static_cast<int>(std::lround(around.x)),
            cy = static_cast<int>(std::lround(around.y));
  for (int y = cy - radius; y <= cy + radius; ++y)
    for (int x = cx - radius; x <= cx + radius; ++x) {
      const double value = static_cast<double>(image(x, y)) - background;
      sum += value;
      x_sum += value * x;
      y_sum += value * y;
    }
  return {x_sum / sum, y_sum / sum};
}

Specimen one_bead(Vec3 at) {
  Specimen specimen;
  specimen.profiles.push_back(solid_ball(50.0, 1.0, 2.0));
  specimen.gold.push_back({at, 0});
  return specimen;
}

TEST(Optics, ABeadIsWhereTheConventionPutsIt) {
  const Size2 camera{201, 180};
  Field field = make_field(camera, 10);
  Look look;
  look.pose.pixel_A = 5.0;
  look.pose.tilt_deg = 37.0;
  look.pose.rotation = rotation_z(85.0) * rotation_y(37.0) * rotation_x(2.0);
  look.pose.shift_px = {3.3, -7.6};
  const Vec3 bead{120.0, -210.0, 90.0};
  // p = c + s + [Rz Ry Rx P].xy written out.
  const double a = rad_from_deg(2.0), b = rad_from_deg(37.0), c = rad_from_deg(85.0);
  const double y1 = bead.y * std::cos(a) - bead.z * std::sin(a);
  const double z1 = bead.y * std::sin(a) + bead.z * std::cos(a);
  const double x2 = bead.x * std::cos(b) + z1 * std::sin(b);
  const Vec2 expected{100 + 3.3 + (x2 * std::cos(c) - y1 * std::sin(c)) / 5.0,
                      90 - 7.6 + (x2 * std::sin(c) + y1 * std::cos(c)) / 5.0};
  const Vec2 predicted = look.pose.image_px(bead, camera);
  EXPECT_NEAR(predicted.x, expected.x, 1e-9);
  EXPECT_NEAR(predicted.y, expected.y, 1e-9);

  const Vec2 in_field = expected + Vec2{1.0 * field.x0, 1.0 * field.y0};
  const Vec2 drawn = centroid(gold_path(field, one_bead(bead), look).real(), 0.0, in_field, 20);
  EXPECT_NEAR(drawn.x, in_field.x, 0.005);
  EXPECT_NEAR(drawn.y, in_field.y, 0.005);
  // The lens makes rings around the bead, but does not move it.
  form_image(field, one_bead(bead), look, {.defocus_A = 20000.0, .envelope_B_A2 = 300.0});
  const Vec2 imaged = centroid(field.image.real(), 1.0, in_field, 22);
  EXPECT_NEAR(imaged.x, in_field.x, 0.02);
  EXPECT_NEAR(imaged.y, in_field.y, 0.02);
}

TEST(Optics, ProfilesAreExactProjections) {
  const Profile ball = solid_ball(100.0, 2.0, 1.0);
  const Profile hull = shell(100.0, 10.0, 1.0, 1.0);
  const auto at = [](const Profile& profile, double distance) {
    const double i = distance * distance / (profile.reach_A * profile.reach_A) *
                     static_cast<double>(profile.projected.size() - 1);
    return static_cast<double>(profile.projected[static_cast<std::size_t>(i + 0.5)]);
  };
  for (double b : {0.0, 30.0, 60.0, 85.0}) {
    EXPECT_NEAR(at(ball, b), 2.0 * 2.0 * std::sqrt(100.0 * 100.0 - b * b), 1.0) << b;
    EXPECT_NEAR(at(hull, b),
                2.0 * (std::sqrt(105.0 * 105.0 - b * b) - std::sqrt(95.0 * 95.0 - b * b)), 0.4)
        << b;
  }
  EXPECT_EQ(ball.projected.back(), 0.0F);
}

TEST(Optics, UnderfocusMakesWeakObjectsDarkWithTheContrastOfTheCtf) {
  // A weak cosine phase of period 20 px: contrast 2 phi sin(chi) + amplitude part.
  const Optics optics{.amplitude_contrast = 0.07, .envelope_B_A2 = 0.0};
  EXPECT_NEAR(wave_aberration(0.1, 10000.0, {.cs_mm = 0.0}),
              std::numbers::pi * wavelength_A(300.0) * 100.0, 1e-6);
  Field field = make_field({256, 256}, 20);
  Specimen specimen;
  specimen.profiles.push_back(solid_ball(15.0, 0.05, 4.0));
  specimen.soft.push_back({{0, 0, 0}, 0});
  Look look;
  look.pose.pixel_A = 4.0;
  look.dose_before_e_A2 = 0.0;
  form_image(field, specimen, look, optics);
  const View<const float> image = std::as_const(field.image).real();
  EXPECT_LT(image(128 + field.x0, 128 + field.y0), 1.0F);
  // Weak: the transform of the image is that of the phase times -2 (sin chi + q cos chi).
  Plane phase = soft_phase(field, specimen, look, optics);
  phase.to_fourier();
  field.image.to_fourier();
  for (int kx : {3, 10, 25}) {
    const double k = static_cast<double>(kx) / field.image.nx() / 4.0;
    const double chi = wave_aberration(k, optics.defocus_A, optics);
    const double expected = -2.0 * (std::sin(chi) + 0.07 * std::cos(chi));
    const cfloat ratio = field.image.half()(kx, 0) / phase.half()(kx, 0);
    EXPECT_NEAR(ratio.real(), expected, 0.02) << kx;
    EXPECT_NEAR(ratio.imag(), 0.0, 0.02) << kx;
  }
}

TEST(Optics, IceTakesElectronsAwayWithTheTilt) {
  for (double tilt : {0.0, 60.0}) {
    Field field = make_field({128, 100}, 10);
    Specimen specimen;
    specimen.ice_thickness_A = 700.0;
    Look look;
    look.pose.tilt_deg = tilt;
    look.pose.rotation = rotation_y(tilt);
    form_image(field, specimen, look, {.mean_free_path_A = 3500.0});
    double sum = 0.0;
    for (int y = 0; y < field.image.ny(); ++y)
      for (float value : field.image.real().row_span(y)) sum += static_cast<double>(value);
    EXPECT_NEAR(sum / static_cast<double>(field.image.real().count()),
                std::exp(-0.2 / std::cos(rad_from_deg(tilt))), 0.01);
  }
}

TEST(Optics, TheHigherSideHasLessUnderfocus) {
  // At +60 degrees around y, x' = x cos, z' = -x sin: the right side is lower, so more underfocus.
  // A weak ball there looks as one does in a flat specimen at that defocus.
  const double height = -600.0 * std::tan(rad_from_deg(60.0));
  const auto profile_at = [](double tilt, double x_A, double defocus_A, double step_A) {
    Field field = make_field({400, 100}, 10);
    Specimen specimen;
    specimen.profiles.push_back(solid_ball(8.0, 1.0, 3.0));
    specimen.soft.push_back({{x_A / std::cos(rad_from_deg(tilt)), 0, 0}, 0});
    Look look;
    look.pose.pixel_A = 4.0;
    look.pose.tilt_deg = tilt;
    look.pose.rotation = rotation_y(tilt);
    form_image(field, specimen, look,
               {.defocus_A = defocus_A, .envelope_B_A2 = 0.0, .defocus_step_A = step_A});
    const int x = field.x0 + 200 + static_cast<int>(x_A / 4.0);
    return static_cast<double>(field.image.real()(x, field.y0 + 50)) - 1.0;
  };
  const double tilted = profile_at(60.0, 600.0, 8000.0, 50.0);
  const double flat = profile_at(0.0, 600.0, 8000.0 - height, 0.0);
  const double wrong = profile_at(0.0, 600.0, 8000.0 + height, 0.0);
  EXPECT_LT(std::abs(tilted - flat), 0.25 * std::abs(wrong - flat));
}

TEST(Specimen, IsTheSameForTheSameSeedAndHasWhatWasAskedFor) {
  const SpecimenOptions options{.n_beads = 12, .n_touching_beads = 4, .n_vesicles = 1};
  const Specimen a = make_specimen(5000, 4000, options, 5),
                 b = make_specimen(5000, 4000, options, 5);
  ASSERT_EQ(a.gold.size(), 12U);
  ASSERT_EQ(a.soft.size(), b.soft.size());
  for (std::size_t i = 0; i < a.soft.size(); ++i)
    EXPECT_EQ(length(a.soft[i].centre_A - b.soft[i].centre_A), 0.0);
  for (std::size_t i = 8; i < 12; ++i) {  // the touching ones come last
    double nearest = 1e9;
    for (std::size_t k = 0; k < 8; ++k)
      nearest = std::min(nearest, length(a.gold[i].centre_A - a.gold[k].centre_A));
    EXPECT_NEAR(nearest, 105.0, 1e-6);
  }
  EXPECT_NE(make_specimen(5000, 4000, options, 6).gold[0].centre_A.x, a.gold[0].centre_A.x);
}

TEST(Specimen, DomesAndShrinksWithDose) {
  const Deformation deformation{
      .doming_A = 100.0, .doming_radius_A = 2000.0, .shrinkage = 0.1, .full_dose_e_A2 = 100.0};
  EXPECT_EQ(deformation.at({10, 20, 300}, 0.0).z, 300.0);
  EXPECT_NEAR(deformation.at({0, 0, 300}, 50.0).z, 300.0 * 0.95 + 50.0, 1e-9);
  EXPECT_NEAR(deformation.at({2000, 0, 300}, 200.0).z, 270.0, 1e-9);
}

}  // namespace
}  // namespace gimbal::sim
