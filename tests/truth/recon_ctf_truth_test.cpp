// SPDX-License-Identifier: GPL-3.0-or-later
// Particles far from the tilt axis, imaged by the simulated microscope with a defocus of its own
// for each particle and tilt: only the right defocus at every place puts all frequencies back in
// phase with the truth.
#include "support/shell_correlation.h"

#include "gimbal/core/random.h"
#include "gimbal/recon/reconstruct.h"
#include "gimbal/sim/exposure.h"
#include "gimbal/sim/optics.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gimbal::recon {
namespace {

using testing::Cube;

constexpr double pixel_A = 4.0;
constexpr int n = 48;  // voxels of a particle's cube, of one pixel each
constexpr double softness_A = 2.0;

// A cluster of balls without any symmetry, somewhere in the slab.
struct Particle {
  Vec3 centre_A;
  std::vector<sim::Ball> balls;  // places in the specimen
};

struct Sample {
  std::vector<sim::Profile> profiles;
  std::vector<double> radii_A{7.0, 10.0, 14.0};
  std::vector<Particle> particles;
};

Sample make_sample(double height_A, std::uint64_t seed) {
  Sample sample;
  for (const double radius : sample.radii_A)
    sample.profiles.push_back(sim::solid_ball(radius, 3.0, softness_A));
  Random random(seed, 4);
  for (const double x : {-2080.0, -1040.0, 1040.0, 2080.0}) {
    // On voxels of the tomogram; heights change from one to the next.
    const double z = height_A * static_cast<double>(sample.particles.size() % 3) - height_A;
    Particle& particle = sample.particles.emplace_back(Particle{{x, 0.0, z}, {}});
    for (int i = 0; i < 14; ++i) {
      const Vec3 at{80.0 * random.uniform() - 40.0, 80.0 * random.uniform() - 36.0,
                    60.0 * random.uniform() - 33.0};
      particle.balls.push_back({particle.centre_A + at, i % 3});
    }
  }
  return sample;
}

Cube truth_of(const Sample& sample, const Particle& particle) {
  Cube cube = testing::empty_cube(n);
  for (int z = 0; z < n; ++z)
    for (int y = 0; y < n; ++y)
      for (int x = 0; x < n; ++x)
        for (const auto& ball : particle.balls) {
          const Vec3 p = particle.centre_A + pixel_A * Vec3{x - n / 2.0, y - n / 2.0, z - n / 2.0};
          const double beyond =
              length(p - ball.centre_A) - sample.radii_A[static_cast<std::size_t>(ball.profile)];
          cube[static_cast<std::size_t>(z)](x, y) -=
              static_cast<float>(0.5 * std::erfc(beyond / (std::numbers::sqrt2 * softness_A)));
        }
  return cube;
}

// A tilt's own defocus; what differs between tilts must not be mixed up.
double defocus_of(std::size_t tilt) {
  return 18000.0 + 700.0 * static_cast<double>(tilt * 5 % 7);
}

Series make_series(Size2 size, double z_rot_deg, double x_tilt_deg) {
  Series series;
  series.full_size = size;
  series.pixel_A = pixel_A;
  for (double angle = -60.0; angle <= 60.0; angle += 6.0) {
    const double d = defocus_of(series.tilts.size());
    series.tilts.push_back({fmt::format("tilt {}", angle),
                            {x_tilt_deg, angle, z_rot_deg, {2.7, -4.1}, 1.0},
                            0.0,
                            Defocus{d, d, 0.0, 0.0}});
  }
  return series;
}

sim::Look look_at(const Series& series, const SeriesTilt& tilt) {
  sim::Look look;
  look.pose.tilt_deg = tilt.projection.y_tilt_deg;
  look.pose.rotation = rotation_of(tilt.projection);
  look.pose.shift_px = tilt.projection.shift_px;
  look.pose.pixel_A = series.pixel_A;
  return look;
}

// Each particle with the defocus of its centre, by RELION's rule: that of the tilt, and
// rlnTomoHand times the distance from the tomogram's centre along the beam.
Image<float> image_of(const Sample& sample, const Series& series, std::size_t index, double hand) {
  const SeriesTilt& tilt = series.tilts[index];
  const sim::Look look = look_at(series, tilt);
  Image<float> image(series.full_size.nx, series.full_size.ny);
  for (int y = 0; y < image.ny(); ++y) std::fill_n(image.row(y), image.nx(), 1000.0F);
  for (const Particle& particle : sample.particles) {
    sim::Specimen specimen;
    specimen.profiles = sample.profiles;
    specimen.soft = particle.balls;
    const double depth_A = (look.pose.rotation * particle.centre_A).z;
    sim::Field field = sim::make_field(series.full_size, 8);
    sim::form_image(field, specimen, look,
                    {.defocus_A = tilt.defocus->u_A + hand * depth_A,
                     .envelope_B_A2 = 0.0,
                     .defocus_step_A = 0.0});
    for (int y = 0; y < image.ny(); ++y)
      for (int x = 0; x < image.nx(); ++x)
        image(x, y) += 1000.0F * (field.image.real()(x + field.x0, y + field.y0) - 1.0F);
  }
  return image;
}

// How well the particles agree with the truth, by shells of resolution.
std::vector<double> agreement(const Sample& sample, const Series& series,
                              const std::vector<Image<float>>& images, bool ctf) {
  ReconOptions options;
  options.no_dose_weighting = true;
  options.ctf = ctf;
  constexpr int nx = 1200, ny = n, nz = 240;
  Request request;
  request.grid = {nx, ny, nz, pixel_A, {-nx / 2.0, -ny / 2.0, -nz / 2.0}};
  request.filter_thickness_A = n * pixel_A;
  std::vector<Image<float>> planes;
  for (int z = 0; z < nz; ++z) planes.emplace_back(nx, ny);
  reconstruct(
      series, request, options, [&](int i) { return images[static_cast<std::size_t>(i)].clone(); },
      [&](int z, int first_y, View<const float> rows) {
        for (int y = 0; y < rows.ny(); ++y)
          std::copy_n(rows.row(y), nx, planes[static_cast<std::size_t>(z)].row(first_y + y));
      });
  testing::ShellSums sums;
  for (const Particle& particle : sample.particles) {
    Cube cube;
    const int x0 = static_cast<int>(std::lround(particle.centre_A.x / pixel_A)) + nx / 2 - n / 2;
    const int z0 = static_cast<int>(std::lround(particle.centre_A.z / pixel_A)) + nz / 2 - n / 2;
    for (int z = 0; z < n; ++z) {
      auto& plane = cube.emplace_back(n, n);
      const auto& from = planes[static_cast<std::size_t>(z0 + z)];
      for (int y = 0; y < n; ++y) std::copy_n(from.row(y) + x0, n, plane.row(y));
    }
    sums.add(truth_of(sample, particle), cube);
  }
  return sums.correlation();
}

std::vector<Image<float>> images_of(const Sample& sample, const Series& series, double hand) {
  std::vector<Image<float>> images;
  for (std::size_t i = 0; i < series.tilts.size(); ++i)
    images.push_back(image_of(sample, series, i, hand));
  return images;
}

// Shells reach from the origin to 8 A; the first zeros of the CTFs lie at 19 to 21 A, in shell 3.
// 0.80 is what the missing wedge leaves where the phases are right.
void judge(double true_hand, Size2 size, double z_rot_deg, double x_tilt_deg, std::uint64_t seed) {
  const Sample sample = make_sample(300.0, seed);
  Series series = make_series(size, z_rot_deg, x_tilt_deg);
  const auto images = images_of(sample, series, true_hand);
  const auto with_hand = [&](double hand) {
    series.hand = hand;
    return agreement(sample, series, images, true);
  };
  const auto right = with_hand(true_hand), none = with_hand(0.0), wrong = with_hand(-true_hand);
  const auto unflipped = agreement(sample, series, images, false);
  ::testing::Test::RecordProperty(
      fmt::format("hand_{}_seed_{}", true_hand, seed),
      fmt::format("right {:.3f}, none {:.3f}, wrong {:.3f}, unflipped {:.3f}",
                  fmt::join(right, " "), fmt::join(none, " "), fmt::join(wrong, " "),
                  fmt::join(unflipped, " ")));
  for (std::size_t shell = 0; shell < right.size(); ++shell) {
    EXPECT_GT(right[shell], shell + 1 < right.size() ? 0.65 : 0.55) << shell;
    if (shell < 3)
      EXPECT_NEAR(unflipped[shell], right[shell], 0.02) << shell;
    else
      EXPECT_LT(unflipped[shell], 0.35) << shell;
    EXPECT_GT(right[shell], none[shell] - 0.003) << shell;
  }
  for (const std::size_t finest : {right.size() - 2, right.size() - 1}) {
    EXPECT_GT(right[finest], none[finest] + 0.015) << finest;
    EXPECT_GT(none[finest], wrong[finest] + 0.1) << finest;
  }
}

TEST(ReconCtfTruth, FlipsAndTheGradientOfDefocusBringThePhasesBack) {
  judge(-1.0, {1240, 80}, 0.0, 0.0, 1);
}

TEST(ReconCtfTruth, InAnyDirectionAndForTheOtherHand) {
  judge(1.0, {120, 1240}, 91.0, 1.5, 2);
}

double correlation(View<const float> a, View<const float> b) {
  double ab = 0.0, aa = 0.0, bb = 0.0;
  for (int y = 0; y < a.ny(); ++y)
    for (int x = 0; x < a.nx(); ++x) {
      const double p = static_cast<double>(a(x, y)) - 1000.0;
      const double q = static_cast<double>(b(x, y)) - 1000.0;
      ab += p * q, aa += p * p, bb += q * q;
    }
  return ab / std::sqrt(aa * bb);
}

// gimbal simulate tilts the plane of defocus by itself; its series are of RELION's hand -1.
TEST(ReconCtfTruth, TheSimulatorsGradientIsThatOfHandMinusOne) {
  const Sample sample = make_sample(0.0, 3);
  const Series series = make_series({1240, 80}, 0.0, 0.0);
  sim::Specimen specimen;
  specimen.profiles = sample.profiles;
  for (const Particle& particle : sample.particles)
    specimen.soft.insert(specimen.soft.end(), particle.balls.begin(), particle.balls.end());
  for (const std::size_t i : {std::size_t{2}, series.tilts.size() - 4}) {
    sim::Field field = sim::make_field(series.full_size, 8);
    sim::form_image(
        field, specimen, look_at(series, series.tilts[i]),
        {.defocus_A = series.tilts[i].defocus->u_A, .envelope_B_A2 = 0.0, .defocus_step_A = 250.0});
    Image<float> simulated(series.full_size.nx, series.full_size.ny);
    for (int y = 0; y < simulated.ny(); ++y)
      for (int x = 0; x < simulated.nx(); ++x)
        simulated(x, y) = 1000.0F * field.image.real()(x + field.x0, y + field.y0);
    const double minus = correlation(simulated, image_of(sample, series, i, -1.0));
    const double plus = correlation(simulated, image_of(sample, series, i, 1.0));
    RecordProperty(fmt::format("tilt_{}", i), fmt::format("{:.4f} {:.4f}", minus, plus));
    EXPECT_GT(minus, 0.9995);
    EXPECT_LT(plus, 0.992);
  }
}

}  // namespace
}  // namespace gimbal::recon
