// SPDX-License-Identifier: GPL-3.0-or-later
// What is in the microscope: a list of parts at known places. Every solid part is a ball (a bead, a
// vesicle, a protein, a lump of a larger particle), whose projection is the same from every side;
// ice and carbon are layers with a random texture. Positions are in A from the tomogram's centre.
#pragma once

#include "gimbal/core/geometry.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gimbal::sim {

// The projection of a ball: potential in V times path in A (gold: path in A), against the squared
// distance from its centre; zero from the last entry on.
struct Profile {
  double radius_A = 0.0;
  double reach_A = 0.0;
  std::vector<float> projected;  // at (i / (n - 1)) * reach^2
};

// A full sphere and a spherical shell of constant density whose surface is softened.
Profile solid_ball(double radius_A, double density, double softness_A);
Profile shell(double radius_A, double thickness_A, double density, double softness_A);

struct Ball {
  Vec3 centre_A;
  int profile = 0;  // index into Specimen::profiles
};

// A carbon film with a hole: carbon where the distance from the centre is above the radius.
struct CarbonFilm {
  double thickness_A = 0.0;  // 0: none
  Vec2 hole_centre_A;
  double hole_radius_A = 0.0;
};

struct Specimen {
  std::vector<Profile> profiles;
  std::vector<Ball> soft;  // fades with dose
  std::vector<Ball> gold;
  double ice_thickness_A = 0.0;
  CarbonFilm carbon;
};

// How much of what. The volume is a slab of the ice's thickness, as wide as the field.
struct SpecimenOptions {
  double ice_thickness_A = 1000.0;
  int n_beads = 15;
  double bead_diameter_A = 100.0;
  int n_touching_beads = 0;  // of the beads: that many sit beside another one
  bool beads_on_surfaces = true;
  int n_particles = 40;   // ribosome-like, 250 A
  int n_proteins = 1500;  // globular, 50 A
  int n_vesicles = 4;
  int n_contaminants = 0;  // lumps of crystalline ice on the surface
  double carbon_thickness_A = 0.0;
  double softness_A = 2.0;  // of the beads' surface; a third of a pixel keeps it band-limited
};

// A specimen that fills a field of this size at 0 degrees, and somewhat more at high tilt.
Specimen make_specimen(double field_x_A, double field_y_A, const SpecimenOptions& options,
                       std::uint64_t seed);

// Change of the specimen's shape, by the dose it has had: the film domes (z grows towards the
// centre), and shrinks in z.
struct Deformation {
  double doming_A = 0.0;          // rise of the centre over the rim at full dose
  double doming_radius_A = 3000;  // where the rim is
  double shrinkage = 0.0;         // fraction of the thickness lost at full dose
  double full_dose_e_A2 = 120.0;

  Vec3 at(Vec3 point_A, double dose_e_A2) const;
};

}  // namespace gimbal::sim
