// SPDX-License-Identifier: GPL-3.0-or-later
#include "example_report.h"

#include "gimbal/core/random.h"
#include "gimbal/core/units.h"
#include "gimbal/report/thumbnail.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace gimbal {
namespace {

constexpr double pixel_A = 1.35;

// 0, 3, -3, -6, 6, 9, ... degrees
double dose_symmetric_deg(int index) {
  const int pair = (index + 1) / 2;
  return 3.0 * pair * ((index % 4 == 1 || index % 4 == 0) ? 1.0 : -1.0);
}

void add_motion(MovieReport& movie, int frames, Random& random) {
  const double tilt = std::abs(movie.tilt_angle_deg) / 60.0;
  const double direction = random.uniform() * 6.283, curl = random.normal() * 0.15;
  const double speed = 0.25 + 0.5 * tilt + 0.2 * random.uniform();
  double x = 0.0, y = 0.0, total = 0.0, early = 0.0;
  for (int f = 0; f < frames; ++f) {
    if (f > 0) {
      const double step = speed * (1.0 + 3.0 * std::exp(-f / 1.5));
      const double dx = step * std::cos(direction + curl * f) + 0.08 * random.normal();
      const double dy = step * std::sin(direction + curl * f) + 0.08 * random.normal();
      x += dx;
      y += dy;
      total += std::hypot(dx, dy);
      if (f < 3) early = total;
    }
    movie.shift_x_A.push_back(-x);
    movie.shift_y_A.push_back(-y);
    movie.shift_error_A.push_back(f == 0 ? 0.0 : 0.05 + 0.1 * tilt);
  }
  movie.total_motion_A = total;
  movie.early_motion_A = early;
  movie.late_motion_A = total - early;
}

// Pictures take their time: movies of an index share them.
void add_pictures(MovieReport& movie, const SeriesReport& first, int m) {
  constexpr int different = 8;
  const MovieReport& twin = first.movies[static_cast<std::size_t>(m % different)];
  if (&twin != &movie && !twin.sum_jpeg.empty()) {
    movie.sum_jpeg = twin.sum_jpeg;
    movie.spectrum_jpeg = twin.spectrum_jpeg;
    movie.spectrum_edge_A = twin.spectrum_edge_A;
    return;
  }
  const auto seed = static_cast<std::uint64_t>(m);
  movie.sum_jpeg = sum_thumbnail(example_sum(512, movie.tilt_angle_deg, seed));
  const auto spectrum =
      spectrum_thumbnail(example_spectrum(256, 1.4, 30000.0 + 40.0 * m, seed), 1.4, 4.0);
  movie.spectrum_jpeg = spectrum.jpeg;
  movie.spectrum_edge_A = spectrum.edge_A;
}

MovieReport done_movie(const std::string& series, int index, int frames, Random& random) {
  MovieReport movie;
  movie.order = index + 1;
  movie.tilt_angle_deg = dose_symmetric_deg(index);
  movie.movie = fmt::format("frames/{}_{:03}_{:.1f}.eer", series, index + 1, movie.tilt_angle_deg);
  movie.pre_exposure_e_A2 = 3.0 * index;
  movie.dose_e_A2 = 3.0;
  movie.pixel_A = pixel_A;
  add_motion(movie, frames, random);
  const double thickness = 1.0 / std::cos(rad_from_deg(movie.tilt_angle_deg));
  movie.mean_counts_per_px = 0.9 * std::exp(-0.5 * thickness) * (1.0 + 0.01 * random.normal());
  movie.local_rms_A = index % 3 == 0 ? 0.3 + 0.3 * random.uniform() : 0.0;
  movie.local_decision = movie.local_rms_A > 0.0
                             ? "a local model predicts the left-out frames 4 % better"
                             : "one shift per frame: a local model would fit noise";
  movie.hot_pixels = random.below(40);
  movie.dead_pixels = random.below(8);
  movie.masked_pixels = 12;
  return movie;
}

void add_trouble(SeriesReport& series, int s) {
  auto& movies = series.movies;
  const auto fail = [&](std::size_t i, MovieStatus status, const std::string& reason) {
    if (i >= movies.size()) return;
    const auto old = movies[i];
    movies[i] = MovieReport{};
    movies[i].movie = old.movie;
    movies[i].order = old.order;
    movies[i].tilt_angle_deg = old.tilt_angle_deg;
    movies[i].status = status;
    movies[i].reason = reason;
  };
  if (s == 1) {
    fail(7, MovieStatus::failed,
         "cannot open " + movies[7 % movies.size()].movie + ": No such file or directory");
    fail(30, MovieStatus::failed,
         "frames/x.eer ends at byte 81920, but 262144 bytes from byte 65536 on were expected: the "
         "file is truncated");
    fail(40, MovieStatus::skipped, "not reached: --do_at_most 122");
  }
  if (s == 2 && movies.size() > 20) {
    for (auto* values : {&movies[12].shift_x_A, &movies[12].shift_y_A})
      for (double& value : *values) value *= 14.0;
    movies[12].total_motion_A *= 14.0;
    movies[20].mean_counts_per_px *= 0.02;
    movies[5].warnings.push_back("1,204 hot pixels were found: is the gain reference right?");
    series.warnings.push_back(
        "the tilt axis angle of the mdoc (85.3 deg) and --tilt_axis (-4.7 deg) disagree");
  }
}

}  // namespace

MotionJobReport example_report(const ExampleSize& size) {
  MotionJobReport report;
  report.version = "0.1.0";
  report.options = {{"patch_x", "0"}, {"gainref", "gain <4k> & \"co\".mrc"}, {"bin_factor", "2"}};
  for (int s = 0; s < size.series; ++s) {
    SeriesReport series;
    series.name = s == 2 ? "TS_03 <script>alert('x')</script> & \"Ünï\" \xFF\x01 日本"
                         : fmt::format("TS_{:02}", s + 1);
    Random random(17, static_cast<std::uint64_t>(s));
    for (int m = 0; m < size.movies; ++m) {
      series.movies.push_back(done_movie(fmt::format("TS_{:02}", s + 1), m, size.frames, random));
      if (!size.pictures) continue;
      auto& movie = series.movies.back();
      add_pictures(movie, report.series.empty() ? series : report.series[0], m);
    }
    if (size.trouble && size.movies > 0) add_trouble(series, s);
    report.series.push_back(std::move(series));
  }
  return report;
}

Image<float> example_sum(int n, double angle_deg, std::uint64_t seed) {
  Image<float> image(n, n);
  Random random(seed), specimen(5);
  const double squeeze = std::cos(rad_from_deg(angle_deg));
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x)
      image(x, y) =
          static_cast<float>(100.0 * squeeze * (1.0 + 0.1 * x / n) + 8.0 * random.normal());
  const auto darken = [&](double cx, double cy, double radius, double ring, double depth) {
    const int reach = static_cast<int>(radius + ring) + 1;
    const int x0 = static_cast<int>(cx), y0 = static_cast<int>(cy);
    for (int y = std::max(0, y0 - reach); y < std::min(n, y0 + reach + 2); ++y)
      for (int x = std::max(0, x0 - reach); x < std::min(n, x0 + reach + 2); ++x) {
        const double r = std::hypot((x - cx) / squeeze, y - cy);
        const bool inside = ring > 0.0 ? std::abs(r - radius) < ring : r < radius;
        if (inside) image(x, y) *= static_cast<float>(depth);
      }
  };
  for (int bead = 0; bead < 12; ++bead)
    darken(n / 2.0 + (specimen.uniform() - 0.5) * n * squeeze, specimen.uniform() * n, 0.012 * n, 0,
           0.35);
  darken(n / 2.0 - 0.15 * n * squeeze, 0.6 * n, 0.18 * n, 0.012 * n, 0.85);
  return image;
}

Image<float> example_spectrum(int n, double spacing_A, double defocus_A, std::uint64_t seed) {
  Image<float> image(n, n);
  Random random(seed);
  const double lambda = wavelength_A(300.0), cs_A = 2.7e7;
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x) {
      const double s = std::hypot(x - n / 2, y - n / 2) / (n * spacing_A);
      const double phase =
          3.14159265 * lambda * s * s * (defocus_A - 0.5 * cs_A * lambda * lambda * s * s);
      const double ctf = std::sin(phase + 0.1);
      const double signal =
          60.0 / (1.0 + 900.0 * s * s) + 10.0 * ctf * ctf * std::exp(-60.0 * s * s);
      image(x, y) = static_cast<float>((signal + 20.0) * (1.0 + 0.06 * random.normal()));
    }
  image(n / 2, n / 2) = 1e7F;
  return image;
}

}  // namespace gimbal
