// SPDX-License-Identifier: GPL-3.0-or-later
// A known object, its exact projections with noise, and the Fourier shell correlation of what is
// reconstructed with the object: as good as that of a plain back-projection, slice by slice, with
// exact interpolation, which only knows the simplest geometry.
#include "support/shell_correlation.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/random.h"
#include "gimbal/recon/reconstruct.h"
#include "gimbal/recon/weights.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

namespace gimbal::recon {
namespace {

constexpr double turn = 2.0 * std::numbers::pi;
constexpr int n = 48;  // voxels, of one pixel each; the images are larger

struct Blob {
  Vec3 centre;
  double sigma, height;
};

// Asymmetric, with detail as fine as a voxel, in a slab.
std::vector<Blob> make_object(std::uint64_t seed) {
  Random random(seed, 1);
  std::vector<Blob> blobs;
  for (int i = 0; i < 60; ++i)
    blobs.push_back({{40.0 * random.uniform() - 22.0, 40.0 * random.uniform() - 18.0,
                      20.0 * random.uniform() - 11.0},
                     0.6 + 1.2 * random.uniform(),
                     0.5 + random.uniform()});
  return blobs;
}

using testing::empty_cube;
using testing::shell_correlation;
using Volume = testing::Cube;

Volume truth_of(const std::vector<Blob>& object) {
  Volume volume;
  for (int z = 0; z < n; ++z) {
    auto& plane = volume.emplace_back(n, n);
    for (int y = 0; y < n; ++y)
      for (int x = 0; x < n; ++x)
        for (const Blob& b : object) {
          const Vec3 d = Vec3{x - n / 2.0, y - n / 2.0, z - n / 2.0} - b.centre;
          const double r2 = d.x * d.x + d.y * d.y + d.z * d.z;
          plane(x, y) -= static_cast<float>(b.height * std::exp(-r2 / (2.0 * b.sigma * b.sigma)));
        }
  }
  return volume;
}

// Counts: what the object takes away from 1000 electrons, and noise.
Image<float> image_of(const std::vector<Blob>& object, const Projection& p, Size2 size,
                      double noise, std::uint64_t seed) {
  Random random(seed, 2);
  Image<float> image(size.nx, size.ny);
  for (int y = 0; y < size.ny; ++y)
    for (int x = 0; x < size.nx; ++x)
      image(x, y) = static_cast<float>(1000.0 + noise * random.normal());
  for (const Blob& b : object) {
    const Vec2 at = project(p, b.centre, size);
    const double sigma = b.sigma * p.magnification;
    const double height = b.height * std::sqrt(turn) * b.sigma;  // through the blob
    for (int y = 0; y < size.ny; ++y)
      for (int x = 0; x < size.nx; ++x) {
        const double r2 = (x - at.x) * (x - at.x) + (y - at.y) * (y - at.y);
        if (r2 < 50.0 * sigma * sigma)
          image(x, y) -= static_cast<float>(height * std::exp(-r2 / (2.0 * sigma * sigma)));
      }
  }
  return image;
}

// Even numbers of tilts on both sides, but with uneven steps.
std::vector<double> tilt_angles() {
  std::vector<double> angles;
  for (double a = -60.0; a <= 60.0; a += a < 0.0 ? 3.0 : 4.0) angles.push_back(a);
  return angles;
}

Series make_series(Size2 size, double x_tilt_deg, double z_rot_deg, double magnification) {
  Series series;
  series.full_size = size;
  Random random(5, 3);
  for (const double angle : tilt_angles())
    series.tilts.push_back(
        {"tilt",
         {x_tilt_deg,
          angle,
          z_rot_deg,
          {z_rot_deg == 0.0 ? 0.0 : random.normal(), z_rot_deg == 0.0 ? 0.0 : random.normal()},
          magnification},
         0.0,
         {}});
  return series;
}

ReconOptions plain_options() {
  ReconOptions options;
  options.no_dose_weighting = true;
  return options;
}

Volume reconstructed(const Series& series, const std::vector<Image<float>>& images) {
  Volume volume = empty_cube(n);
  Request request;
  request.grid = {n, n, n, 1.0, {-n / 2.0, -n / 2.0, -n / 2.0}};
  request.filter_thickness_A = 24.0;
  reconstruct(
      series, request, plain_options(),
      [&](int tilt) { return images[static_cast<std::size_t>(tilt)].clone(); },
      [&](int z, int first_y, View<const float> rows) {
        for (int y = 0; y < rows.ny(); ++y)
          std::copy_n(rows.row(y), n, volume[static_cast<std::size_t>(z)].row(first_y + y));
      });
  return volume;
}

// The reference: each row of each image on its own, its Fourier sum evaluated at every voxel.
// Rotation, shifts and X tilt must be 0, so that rows of images are slices of the volume.
Volume plainly_reconstructed(const Series& series, const std::vector<Image<float>>& images) {
  const int nx = series.full_size.nx;
  std::vector<double> angles_rad;
  for (const auto& tilt : series.tilts)
    angles_rad.push_back(rad_from_deg(tilt.projection.y_tilt_deg));
  const auto weights = overlap_weights(angles_rad, 24.0, plain_options());
  Volume volume = empty_cube(n);
  parallel_for(n, [&](int y) {
    for (std::size_t i = 0; i < images.size(); ++i) {
      const float* row = images[i].row(y + series.full_size.ny / 2 - n / 2);
      std::vector<std::complex<double>> line(static_cast<std::size_t>(nx / 2 + 1));
      for (int k = 0; k <= nx / 2; ++k)
        for (int x = 0; x < nx; ++x)
          line[static_cast<std::size_t>(k)] +=
              (static_cast<double>(row[x]) - 1000.0) * std::polar(1.0, -turn * k * x / nx);
      for (int k = 0; k <= nx / 2; ++k)
        line[static_cast<std::size_t>(k)] *=
            static_cast<double>(table_value(weights[i], static_cast<double>(k) / nx)) *
            (k == 0 || 2 * k == nx ? 1.0 : 2.0);
      for (int z = 0; z < n; ++z)
        for (int x = 0; x < n; ++x) {
          const double u = nx / 2 + (x - n / 2.0) * std::cos(angles_rad[i]) +
                           (z - n / 2.0) * std::sin(angles_rad[i]);
          const auto step = std::polar(1.0, turn * u / nx);
          std::complex<double> wave = 1.0;
          double sum = 0.0;
          for (const auto& c : line) {
            sum += (c * wave).real();
            wave *= step;
          }
          volume[static_cast<std::size_t>(z)](x, y) += static_cast<float>(sum);
        }
    }
  });
  return volume;
}

struct Judged {
  std::vector<double> ours, plain;
};

Judged judge(std::uint64_t seed, double noise) {
  const auto object = make_object(seed);
  const auto series = make_series({80, 72}, 0.0, 0.0, 1.0);
  std::vector<Image<float>> images;
  for (const auto& tilt : series.tilts)
    images.push_back(
        image_of(object, tilt.projection, series.full_size, noise, seed + images.size()));
  const auto truth = truth_of(object);
  return {shell_correlation(truth, reconstructed(series, images)),
          shell_correlation(truth, plainly_reconstructed(series, images))};
}

TEST(ReconTruth, AsCloseToTheTruthAsAPlainExactBackProjection) {
  for (const std::uint64_t seed : {1U, 2U}) {
    const Judged judged = judge(seed, 1.0);
    for (std::size_t shell = 0; shell < judged.ours.size(); ++shell) {
      RecordProperty("seed" + std::to_string(seed) + "_shell" + std::to_string(shell),
                     fmt::format("{:.4f} {:.4f}", judged.ours[shell], judged.plain[shell]));
      // The lowest shell: the mean of the images is not that of empty ice.
      EXPECT_GT(judged.ours[shell], judged.plain[shell] - (shell == 0 ? 0.01 : 0.003)) << shell;
    }
    EXPECT_GT(judged.ours[1], 0.75);
  }
}

TEST(ReconTruth, AnyGeometryIsAsGoodAsTheSimplest) {
  const auto object = make_object(3);
  const auto truth = truth_of(object);
  std::vector<double> simplest;
  struct Geometry {
    Size2 size;
    double x_tilt_deg, z_rot_deg, magnification;
  };
  for (const Geometry& g :
       {Geometry{{80, 72}, 0.0, 0.0, 1.0}, Geometry{{81, 79}, 0.0, 85.0, 1.0},
        Geometry{{79, 84}, 2.0, -94.0, 1.0}, Geometry{{84, 83}, -1.5, 33.0, 1.02}}) {
    const auto series = make_series(g.size, g.x_tilt_deg, g.z_rot_deg, g.magnification);
    std::vector<Image<float>> images;
    for (const auto& tilt : series.tilts)
      images.push_back(image_of(object, tilt.projection, g.size, 1.0, 7 + images.size()));
    const auto fsc = shell_correlation(truth, reconstructed(series, images));
    if (simplest.empty()) simplest = fsc;
    for (std::size_t shell = 0; shell < fsc.size(); ++shell)
      EXPECT_NEAR(fsc[shell], simplest[shell], 0.06) << shell << ' ' << g.z_rot_deg;
  }
}

// A mirrored or shifted volume must not pass for the right one.
TEST(ReconTruth, HandAndPlaceAreSeen) {
  const auto object = make_object(4);
  for (const Size2 size : {Size2{80, 81}, Size2{83, 78}}) {
    const auto series = make_series(size, 0.0, 85.0, 1.0);
    std::vector<Image<float>> images;
    for (const auto& tilt : series.tilts)
      images.push_back(image_of(object, tilt.projection, size, 0.5, 9 + images.size()));
    const auto volume = reconstructed(series, images);
    const auto with = [&](Vec3 sign, Vec3 shift) {
      auto moved = object;
      for (auto& b : moved)
        b.centre = Vec3{sign.x * b.centre.x, sign.y * b.centre.y, sign.z * b.centre.z} + shift;
      return shell_correlation(truth_of(moved), volume)[3];
    };
    const double right = with({1, 1, 1}, {});
    EXPECT_GT(right, 0.6);
    for (const Vec3 sign : {Vec3{-1, 1, 1}, Vec3{1, -1, 1}, Vec3{1, 1, -1}, Vec3{-1, 1, -1}})
      EXPECT_LT(with(sign, {}), 0.3);
    // The correlation is largest within 0.05 voxels of the true place: a parabola through three.
    for (const Vec3 axis : {Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}}) {
      const double low = with({1, 1, 1}, -0.5 * axis), high = with({1, 1, 1}, 0.5 * axis);
      const double peak = 0.25 * (high - low) / (2.0 * right - high - low);
      EXPECT_NEAR(peak, 0.0, 0.05) << axis.x << axis.y << axis.z;
    }
  }
}

}  // namespace
}  // namespace gimbal::recon
