// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/specimen.h"

#include "gimbal/core/error.h"
#include "gimbal/core/random.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace gimbal::sim {
namespace {

// Potentials above that of water, in V.
constexpr double protein_V = 3.0, lipid_V = 2.2, crystal_V = 0.5;

Profile project(double radius_A, double reach_A, const std::function<double(double)>& density) {
  constexpr int n = 1025, n_steps = 300, n_radii = 4096;
  std::vector<double> radial(n_radii + 2);
  for (std::size_t i = 0; i < radial.size(); ++i)
    radial[i] = density(reach_A * static_cast<double>(i) / n_radii);
  Profile profile{radius_A, reach_A, std::vector<float>(n)};
  for (int i = 0; i < n; ++i) {
    const double squared = reach_A * reach_A * i / (n - 1.0);
    const double depth = std::sqrt(std::max(0.0, reach_A * reach_A - squared));
    const double step = depth / n_steps;
    double sum = 0.0;
    for (int k = 0; k < n_steps; ++k) {
      const double z = (k + 0.5) * step, at = std::sqrt(squared + z * z) * (n_radii / reach_A);
      const auto j = static_cast<std::size_t>(at);
      sum += radial[j] + (at - static_cast<double>(j)) * (radial[j + 1] - radial[j]);
    }
    profile.projected[static_cast<std::size_t>(i)] = static_cast<float>(2.0 * sum * step);
  }
  return profile;
}

double inside(double distance_beyond_A, double softness_A) {
  return 0.5 * std::erfc(distance_beyond_A / (std::sqrt(2.0) * softness_A));
}

int add_profile(Specimen& specimen, Profile profile) {
  specimen.profiles.push_back(std::move(profile));
  return static_cast<int>(specimen.profiles.size()) - 1;
}

Vec3 random_direction(Random& random) {
  for (;;) {
    const double x = 2.0 * random.uniform() - 1.0, y = 2.0 * random.uniform() - 1.0;
    const double z = 2.0 * random.uniform() - 1.0, r = std::sqrt(x * x + y * y + z * z);
    if (r > 0.1 && r <= 1.0) return {x / r, y / r, z / r};
  }
}

// Puts things into the slab so that those of one kind do not overlap where that is possible.
class Placer {
 public:
  Placer(double nx_A, double ny_A, double nz_A, std::uint64_t seed)
      : size_{nx_A, ny_A, nz_A}, random_(seed, 0x706c616365) {}
  Random& random() { return random_; }
  const Vec3& size() const { return size_; }

  Vec3 anywhere(double radius_A) {
    const double x = random_.uniform() - 0.5, y = random_.uniform() - 0.5,
                 z = random_.uniform() - 0.5;
    return {x * size_.x, y * size_.y, z * std::max(0.0, size_.z - 2.0 * radius_A)};
  }
  Vec3 free_place(double radius_A) {
    Vec3 place;
    for (int attempt = 0; attempt < 60; ++attempt) {
      place = anywhere(radius_A);
      if (is_free(place, radius_A)) break;
    }
    occupy(place, radius_A);
    return place;
  }
  bool is_free(Vec3 place, double radius_A) const {
    return std::none_of(taken_.begin(), taken_.end(), [&](const Taken& other) {
      return length(other.centre - place) < other.radius + radius_A;
    });
  }
  void occupy(Vec3 place, double radius_A) { taken_.push_back({place, radius_A}); }

 private:
  struct Taken {
    Vec3 centre;
    double radius;
  };
  Vec3 size_;
  Random random_;
  std::vector<Taken> taken_;
};

void add_beads(Specimen& specimen, Placer& placer, const SpecimenOptions& options) {
  const double radius = 0.5 * options.bead_diameter_A;
  Random& random = placer.random();
  // Real gold varies in size by some per cent: three sizes.
  const int first = static_cast<int>(specimen.profiles.size());
  for (double factor : {0.95, 1.0, 1.05})
    add_profile(specimen, solid_ball(factor * radius, 1.0, options.softness_A));
  const int n_alone = options.n_beads - options.n_touching_beads;
  for (int i = 0; i < options.n_beads; ++i) {
    const int profile = first + random.below(3);
    Vec3 place;
    if (i < n_alone || specimen.gold.empty()) {
      place = placer.free_place(radius);
      if (options.beads_on_surfaces && random.uniform() < 0.8)
        place.z = (random.uniform() < 0.5 ? -0.5 : 0.5) * placer.size().z;
    } else {
      const auto partner = static_cast<std::size_t>(random.below(std::max(1, n_alone)));
      const double angle = 2.0 * std::numbers::pi * random.uniform();
      place = specimen.gold[partner].centre_A +
              2.1 * radius * Vec3{std::cos(angle), std::sin(angle), 0.0};
    }
    specimen.gold.push_back({place, profile});
  }
}

void add_particles(Specimen& specimen, Placer& placer, int count) {
  constexpr int n_lumps = 45;
  constexpr double radius = 125.0;
  Random& random = placer.random();
  std::vector<int> lumps;
  for (double r : {14.0, 18.0, 23.0, 29.0})
    lumps.push_back(add_profile(specimen, solid_ball(r, protein_V, 4.0)));
  std::vector<std::pair<Vec3, int>> shape;  // one shape for all, as in real life
  for (int i = 0; i < n_lumps; ++i) {
    const double r = (radius - 20.0) * std::cbrt(random.uniform());
    const Vec3 direction = random_direction(random);
    shape.emplace_back(r * direction, lumps[static_cast<std::size_t>(random.below(4))]);
  }
  for (int i = 0; i < count; ++i) {
    const Vec3 centre = placer.free_place(radius);
    const double a = 360.0 * random.uniform(), b = 360.0 * random.uniform(),
                 c = 360.0 * random.uniform();
    const Mat3 turn = rotation_z(a) * rotation_y(b) * rotation_z(c);
    for (const auto& [offset, profile] : shape)
      specimen.soft.push_back({centre + turn * offset, profile});
  }
}

void add_proteins(Specimen& specimen, Placer& placer, int count) {
  Random& random = placer.random();
  const int first = static_cast<int>(specimen.profiles.size());
  for (double radius : {18.0, 24.0, 32.0})
    add_profile(specimen, solid_ball(radius, protein_V, 4.0));
  for (int i = 0; i < count; ++i) {
    const Vec3 place = placer.anywhere(30.0);
    specimen.soft.push_back({place, first + random.below(3)});
  }
}

void add_vesicles(Specimen& specimen, Placer& placer, int count) {
  constexpr double leaflet = 12.0, spacing = 19.0;  // half the distance between the head groups
  Random& random = placer.random();
  const double thickest = std::max(150.0, 0.5 * placer.size().z - 60.0);
  for (int i = 0; i < count; ++i) {
    const double radius = std::min(thickest, 200.0 + 350.0 * random.uniform());
    const Vec3 centre = placer.free_place(radius + 50.0);
    for (double r : {radius - spacing, radius + spacing})
      specimen.soft.push_back({centre, add_profile(specimen, shell(r, leaflet, lipid_V, 4.0))});
    for (int k = 0; k < 25; ++k) {  // proteins on the membrane
      const Vec3 at = centre + (radius + 40.0) * random_direction(random);
      specimen.soft.push_back({at, random.below(4)});
    }
  }
}

void add_contaminants(Specimen& specimen, Placer& placer, int count) {
  Random& random = placer.random();
  for (int i = 0; i < count; ++i) {
    const double radius = 150.0 + 350.0 * random.uniform();
    const int lump = add_profile(specimen, solid_ball(radius, crystal_V, 8.0));
    Vec3 centre = placer.anywhere(0.0);
    centre.z = (random.uniform() < 0.5 ? -0.5 : 0.5) * placer.size().z;
    for (int k = 0; k < 5; ++k)
      specimen.soft.push_back({centre + 0.7 * radius * random_direction(random), lump});
  }
}

}  // namespace

Profile solid_ball(double radius_A, double density, double softness_A) {
  return project(radius_A, radius_A + 4.0 * softness_A,
                 [=](double r) { return density * inside(r - radius_A, softness_A); });
}

Profile shell(double radius_A, double thickness_A, double density, double softness_A) {
  const double outer = radius_A + 0.5 * thickness_A, inner = radius_A - 0.5 * thickness_A;
  return project(radius_A, outer + 4.0 * softness_A, [=](double r) {
    return density * (inside(r - outer, softness_A) - inside(r - inner, softness_A));
  });
}

Specimen make_specimen(double field_x_A, double field_y_A, const SpecimenOptions& options,
                       std::uint64_t seed) {
  if (options.n_touching_beads > options.n_beads)
    fail("{} touching beads of {} beads in all", options.n_touching_beads, options.n_beads);
  Specimen specimen;
  specimen.ice_thickness_A = options.ice_thickness_A;
  // Beads stay within the field at 0 degrees; the rest reaches beyond it, for high tilts.
  Placer inner(0.94 * field_x_A, 0.94 * field_y_A, options.ice_thickness_A, splitmix64(seed));
  const double longer = std::max(field_x_A, field_y_A),
               area_factor = 1.8 * 1.8 * longer * longer / (field_x_A * field_y_A);
  Placer outer(1.8 * longer, 1.8 * longer, options.ice_thickness_A, splitmix64(seed + 1));
  const auto spread = [&](int count) { return static_cast<int>(std::lround(count * area_factor)); };
  if (options.n_particles > 0 || options.n_vesicles > 0)
    add_particles(specimen, outer, spread(options.n_particles));
  add_vesicles(specimen, outer, spread(options.n_vesicles));
  add_proteins(specimen, outer, spread(options.n_proteins));
  add_contaminants(specimen, outer, spread(options.n_contaminants));
  add_beads(specimen, inner, options);
  if (options.carbon_thickness_A > 0.0) {
    Random random(seed, 0x636172626f6e);
    const double angle = 2.0 * std::numbers::pi * random.uniform(), radius = 1.5 * longer;
    const double distance = radius - 0.3 * longer;  // the edge passes beside the centre
    specimen.carbon = {options.carbon_thickness_A,
                       {distance * std::cos(angle), distance * std::sin(angle)},
                       radius};
  }
  return specimen;
}

Vec3 Deformation::at(Vec3 point_A, double dose_e_A2) const {
  const double part = std::min(1.0, dose_e_A2 / full_dose_e_A2);
  const double r = std::hypot(point_A.x, point_A.y) / doming_radius_A;
  return {point_A.x, point_A.y,
          point_A.z * (1.0 - shrinkage * part) + doming_A * part * (1.0 - r * r)};
}

}  // namespace gimbal::sim
