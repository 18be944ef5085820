// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/optics.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/random.h"
#include "gimbal/sim/texture.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace gimbal::sim {
namespace {

constexpr double gold_V = 25.0;                  // mean inner potential
constexpr double gold_absorption_A = 170.0;      // path after which 1/e of the electrons are left
constexpr double water_per_A3 = 0.0314;          // molecules of vitreous ice
constexpr double carbon_per_A3 = 0.1;            // atoms
constexpr double water_drift_A2_per_e_A2 = 1.0;  // mean square walk of a molecule per dose
constexpr double carbon_drift_A2_per_e_A2 = 0.05;

// rad per V and A: 2 pi m e lambda / h^2, relativistic.
double interaction_constant(double voltage_kV) {
  const double kinetic = voltage_kV * 1e3, rest = 510998.95;
  return 2.0 * std::numbers::pi / (wavelength_A(voltage_kV) * kinetic) * (rest + kinetic) /
         (2.0 * rest + kinetic);
}

struct Placed {
  double x, y;  // px of the field
  const Profile* profile;
};

std::vector<Placed> placed(const Field& field, const Specimen& specimen,
                           const std::vector<Ball>& balls, const Look& look) {
  std::vector<Placed> list;
  for (const Ball& ball : balls) {
    const Vec3 centre = look.deformation.at(ball.centre_A, look.dose_before_e_A2);
    const Vec2 p = look.pose.image_px(centre, field.camera);
    const Profile& profile = specimen.profiles[static_cast<std::size_t>(ball.profile)];
    list.push_back({p.x + field.x0, p.y + field.y0, &profile});
  }
  return list;
}

// Adds the projections of the balls; blocks of rows are independent of each other.
void draw(View<float> image, const std::vector<Placed>& balls, double pixel_A) {
  parallel_blocks(image.ny(), 32, [&](int begin, int end) {
    for (const Placed& ball : balls) {
      const auto& table = ball.profile->projected;
      const double reach = ball.profile->reach_A, reach_px = reach / pixel_A;
      const int y0 = std::max(begin, static_cast<int>(std::ceil(ball.y - reach_px)));
      const int y1 = std::min(end - 1, static_cast<int>(std::floor(ball.y + reach_px)));
      const int x0 = std::max(0, static_cast<int>(std::ceil(ball.x - reach_px)));
      const int x1 = std::min(image.nx() - 1, static_cast<int>(std::floor(ball.x + reach_px)));
      const double scale =
          (static_cast<double>(table.size()) - 1.0) * pixel_A * pixel_A / (reach * reach);
      for (int y = y0; y <= y1; ++y)
        for (int x = x0; x <= x1; ++x) {
          const double dx = x - ball.x, dy = y - ball.y, at = (dx * dx + dy * dy) * scale;
          const auto i = static_cast<std::size_t>(at);
          if (i + 1 >= table.size()) continue;
          const float part = static_cast<float>(at - static_cast<double>(i));
          image(x, y) += table[i] + part * (table[i + 1] - table[i]);
        }
    }
  });
}

// Scattering amplitudes in A, and how far molecules are from a random arrangement.
double water_amplitude(double k) {
  return 2.8 / (1.0 + std::pow(k / 0.45, 2));
}
double carbon_amplitude(double k) {
  return 2.5 / (1.0 + std::pow(k / 0.5, 2));
}
double water_structure(double k) {
  const double rise = 1.0 / (1.0 + std::exp(-(k - 0.21) / 0.02));
  return 0.06 + rise * (0.94 + 0.6 * std::exp(-std::pow((k - 0.27) / 0.03, 2)));
}

// Random phase of a layer with the power spectrum (in A^2) of molecules that walk about.
Plane layer_phase(const Field& field, double pixel_A, double walk_A2, std::uint64_t seed,
                  const std::function<double(double)>& power) {
  Plane plane(field.image.nx(), field.image.ny());
  fill_with_noise(plane, seed);
  plane.to_fourier();
  plane.filter([&](double cycles_per_px) {
    const double k = cycles_per_px / pixel_A;
    const double still = std::exp(-std::numbers::pi * std::numbers::pi * k * k * walk_A2);
    return std::sqrt(power(k)) / pixel_A * still;
  });
  plane.to_real();
  return plane;
}

void add_ice(Plane& phase, const Field& field, const Specimen& specimen, const Look& look,
             const Optics& optics) {
  const double path = specimen.ice_thickness_A / std::cos(rad_from_deg(look.pose.tilt_deg));
  const double lambda = wavelength_A(optics.voltage_kV);
  const Plane ice = layer_phase(
      field, look.pose.pixel_A, water_drift_A2_per_e_A2 * look.dose_of_movie_e_A2,
      splitmix64(look.seed ^ 0x696365), [&](double k) {
        return std::pow(lambda * water_amplitude(k), 2) * water_per_A3 * path * water_structure(k);
      });
  parallel_for(phase.ny(), [&](int y) {
    for (int x = 0; x < phase.nx(); ++x) phase.real()(x, y) += ice.real()(x, y);
  });
}

// 1 on the film, 0 in the hole, at a pixel of the field.
double film_at(const Field& field, const CarbonFilm& film, const Pose& pose, double x, double y) {
  // The film is the plane z = 0: two equations for the two coordinates in it.
  const Vec2 q = pose.image_px({}, field.camera);
  const double u = (x - field.x0 - q.x) * pose.pixel_A / pose.magnification;
  const double v = (y - field.y0 - q.y) * pose.pixel_A / pose.magnification;
  const Mat3& r = pose.rotation;
  const double determinant = r(0, 0) * r(1, 1) - r(0, 1) * r(1, 0);
  const Vec2 at{(r(1, 1) * u - r(0, 1) * v) / determinant,
                (r(0, 0) * v - r(1, 0) * u) / determinant};
  return 0.5 * std::erfc((film.hole_radius_A - length(at - film.hole_centre_A)) / 30.0);
}

void add_carbon(Plane& phase, const Field& field, const Specimen& specimen, const Look& look,
                const Optics& optics) {
  constexpr double carbon_above_ice_V = 5.0;
  const CarbonFilm& film = specimen.carbon;
  const double path = film.thickness_A / std::cos(rad_from_deg(look.pose.tilt_deg));
  const double lambda = wavelength_A(optics.voltage_kV);
  const double step = interaction_constant(optics.voltage_kV) * carbon_above_ice_V * path;
  const Plane texture = layer_phase(
      field, look.pose.pixel_A, carbon_drift_A2_per_e_A2 * look.dose_of_movie_e_A2,
      splitmix64(look.seed ^ 0x63617262),
      [&](double k) { return std::pow(lambda * carbon_amplitude(k), 2) * carbon_per_A3 * path; });
  parallel_for(phase.ny(), [&](int y) {
    for (int x = 0; x < phase.nx(); ++x) {
      const double here = film_at(field, film, look.pose, x, y);
      phase.real()(x, y) +=
          static_cast<float>(here * (step + static_cast<double>(texture.real()(x, y))));
    }
  });
}

// 1 inside, falling to 0 at the ends of n: the field is periodic for the transforms, and a step at
// its border would ring far into it.
std::vector<double> border_window(int n, int width) {
  std::vector<double> window(static_cast<std::size_t>(n), 1.0);
  for (int i = 0; i < width; ++i) {
    const double value = 0.5 - 0.5 * std::cos(std::numbers::pi * (i + 0.5) / width);
    window[static_cast<std::size_t>(i)] = window[static_cast<std::size_t>(n - 1 - i)] = value;
  }
  return window;
}

Image<cfloat> exit_wave(const Plane& soft, const Plane& gold, int border, const Optics& optics) {
  Image<cfloat> wave(soft.nx(), soft.ny(), Image<cfloat>::Uninitialized{});
  const double gold_phase = interaction_constant(optics.voltage_kV) * gold_V;
  const auto across = border_window(soft.nx(), border), up = border_window(soft.ny(), border);
  parallel_for(soft.ny(), [&](int y) {
    for (int x = 0; x < soft.nx(); ++x) {
      const double window = across[static_cast<std::size_t>(x)] * up[static_cast<std::size_t>(y)];
      const double s = window * static_cast<double>(soft.real()(x, y));
      const double path = window * static_cast<double>(gold.real()(x, y));
      const double amplitude =
          std::exp(-optics.amplitude_contrast * s - 0.5 * path / gold_absorption_A);
      const double phase = s + gold_phase * path;
      wave(x, y) = cfloat(static_cast<float>(amplitude * std::cos(phase)),
                          static_cast<float>(amplitude * std::sin(phase)));
    }
  });
  return wave;
}

// |wave after the lens|^2 for one defocus; `wave` is in Fourier space.
Image<float> intensity(View<const cfloat> wave, double defocus_A, double pixel_A,
                       const Optics& optics) {
  const int nx = wave.nx(), ny = wave.ny();
  // The lens, from a table in k^2: chi changes by less than 0.02 rad from entry to entry.
  constexpr int n = 1 << 16;
  const double largest = 0.5 / (pixel_A * pixel_A);
  std::vector<cfloat> table(n + 2);
  for (int i = 0; i < n + 2; ++i) {
    const double k2 = largest * i / n, chi = wave_aberration(std::sqrt(k2), defocus_A, optics);
    const double envelope = std::exp(-0.25 * optics.envelope_B_A2 * k2);
    table[static_cast<std::size_t>(i)] = cfloat(static_cast<float>(envelope * std::cos(chi)),
                                                static_cast<float>(envelope * std::sin(chi)));
  }
  Image<cfloat> lens(nx, ny, Image<cfloat>::Uninitialized{});
  parallel_for(ny, [&](int y) {
    const double ky = frequency(y, ny);
    for (int x = 0; x < nx; ++x) {
      const double kx = frequency(x, nx);
      lens(x, y) =
          wave.row(y)[x] * table[static_cast<std::size_t>((kx * kx + ky * ky) * (2.0 * n) + 0.5)];
    }
  });
  transform(lens, Direction::backward);
  Image<float> result(nx, ny, Image<float>::Uninitialized{});
  const float scale = 1.0F / (static_cast<float>(nx) * static_cast<float>(ny));
  parallel_for(ny, [&](int y) {
    for (int x = 0; x < nx; ++x) result(x, y) = std::norm(scale * lens(x, y));
  });
  return result;
}

// Defocus at a pixel minus that at the centre, where the tilted plane z = 0 is imaged: the higher,
// the less underfocus (RELION's rlnTomoHand -1).
struct DefocusSlope {
  double per_x = 0.0, per_y = 0.0, x = 0.0, y = 0.0;
  double at(double px, double py) const { return per_x * (px - x) + per_y * (py - y); }
};

DefocusSlope defocus_slope(const Field& field, const Pose& pose) {
  const Mat3& r = pose.rotation;
  const double determinant = r(0, 0) * r(1, 1) - r(0, 1) * r(1, 0);
  const Vec2 centre = pose.image_px({}, field.camera);
  const double scale = pose.pixel_A / determinant;
  // z = r20 X + r21 Y with (X, Y) from the inverse of the upper left 2 x 2.
  return {-scale * (r(2, 0) * r(1, 1) - r(2, 1) * r(1, 0)),
          -scale * (r(2, 1) * r(0, 0) - r(2, 0) * r(0, 1)), centre.x + field.x0,
          centre.y + field.y0};
}

}  // namespace

Vec2 Pose::image_px(Vec3 point_A, Size2 camera) const {
  const Vec3 q = rotation * point_A;
  return Vec2{static_cast<double>(camera.nx / 2), static_cast<double>(camera.ny / 2)} + shift_px +
         (magnification / pixel_A) * Vec2{q.x, q.y};
}

double wave_aberration(double k, double defocus_A, const Optics& optics) {
  const double lambda = wavelength_A(optics.voltage_kV), cs = optics.cs_mm * 1e7;
  const double k2 = k * k;
  return std::numbers::pi * lambda * k2 * (defocus_A - 0.5 * cs * lambda * lambda * k2);
}

Plane soft_phase(const Field& field, const Specimen& specimen, const Look& look,
                 const Optics& optics) {
  Plane phase(field.image.nx(), field.image.ny());
  const double pixel_A = look.pose.pixel_A / look.pose.magnification;
  draw(phase.real(), placed(field, specimen, specimen.soft, look), pixel_A);
  const auto sigma = static_cast<float>(interaction_constant(optics.voltage_kV));
  parallel_for(phase.ny(), [&](int y) {
    for (float& value : phase.real().row_span(y)) value *= sigma;
  });
  if (look.dose_before_e_A2 > 0.0) {
    phase.to_fourier();
    phase.filter([&](double cycles_per_px) {
      return fading(cycles_per_px / pixel_A, look.dose_before_e_A2, optics.voltage_kV);
    });
    phase.to_real();
  }
  if (specimen.ice_thickness_A > 0.0) add_ice(phase, field, specimen, look, optics);
  if (specimen.carbon.thickness_A > 0.0) add_carbon(phase, field, specimen, look, optics);
  return phase;
}

Plane gold_path(const Field& field, const Specimen& specimen, const Look& look) {
  Plane path(field.image.nx(), field.image.ny());
  draw(path.real(), placed(field, specimen, specimen.gold, look),
       look.pose.pixel_A / look.pose.magnification);
  return path;
}

void form_image(Field& field, const Specimen& specimen, const Look& look, const Optics& optics) {
  const Plane soft = soft_phase(field, specimen, look, optics);
  Image<cfloat> wave = exit_wave(soft, gold_path(field, specimen, look), field.border, optics);
  transform(wave, Direction::forward);
  const DefocusSlope slope = defocus_slope(field, look.pose);
  const int nx = field.image.nx(), ny = field.image.ny();
  double reach = 0.0;
  for (double y : {0.0, 1.0 * ny})
    for (double x : {0.0, 1.0 * nx}) reach = std::max(reach, std::abs(slope.at(x, y)));
  const double step = optics.defocus_step_A;
  const int n_zones = step > 0.0 ? static_cast<int>(std::ceil(reach / step)) : 0;
  const double path = specimen.ice_thickness_A / std::cos(rad_from_deg(look.pose.tilt_deg));
  const double transmitted = std::exp(-path / optics.mean_free_path_A);
  const View<float> out = field.image.real();
  parallel_for(ny, [&](int y) { std::fill_n(out.row(y), nx, 0.0F); });
  // Neighbouring zones are blended linearly.
  for (int zone = -n_zones; zone <= n_zones; ++zone) {
    const Image<float> part =
        intensity(wave, optics.defocus_A + zone * step, look.pose.pixel_A, optics);
    parallel_for(ny, [&](int y) {
      for (int x = 0; x < nx; ++x) {
        const double at = n_zones > 0 ? slope.at(x, y) / step : 0.0;
        const double weight = std::max(0.0, 1.0 - std::abs(at - zone)) * transmitted;
        out(x, y) += static_cast<float>(weight) * part(x, y);
      }
    });
  }
}

}  // namespace gimbal::sim
