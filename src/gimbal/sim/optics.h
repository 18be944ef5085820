// SPDX-License-Identifier: GPL-3.0-or-later
// The microscope: projected potential of a specimen in one orientation, and the image that the
// defocused, aberrated electron wave makes of it.
#pragma once

#include "gimbal/sim/exposure.h"
#include "gimbal/sim/specimen.h"

#include <cstdint>

namespace gimbal::sim {

struct Optics {
  double voltage_kV = 300.0;
  double cs_mm = 2.7;
  double amplitude_contrast = 0.1;
  double defocus_A = 40000.0;      // positive: underfocus
  double envelope_B_A2 = 60.0;     // exp(-B k^2 / 4) on scattered waves
  double mean_free_path_A = 3500;  // of electrons in ice: what is lost to the filter and aperture
  double defocus_step_A = 2000.0;  // zones of a tilted specimen with defoci of their own; 0: one
};

// One look at the specimen: p = c + s + magnification * [rotation P].xy / pixel.
struct Pose {
  double tilt_deg = 0.0;  // the angle that makes the ice look thicker, and the zones of defocus
  Mat3 rotation;
  Vec2 shift_px;
  double magnification = 1.0;
  double pixel_A = 1.35;

  Vec2 image_px(Vec3 point_A, Size2 camera) const;
};

struct Look {
  Pose pose;
  Deformation deformation;
  double dose_before_e_A2 = 0.0;
  double dose_of_movie_e_A2 = 3.0;  // ice and carbon keep only the texture that outlasts it
  std::uint64_t seed = 1;           // of the textures
};

// The noise-free image, 1 where there is nothing, as fraction of the electrons sent in.
// `field` gives the size; its image is overwritten.
void form_image(Field& field, const Specimen& specimen, const Look& look, const Optics& optics);

// Parts of form_image, for tests. Phase (rad) of soft matter and path through gold (A).
Plane soft_phase(const Field& field, const Specimen& specimen, const Look& look,
                 const Optics& optics);
Plane gold_path(const Field& field, const Specimen& specimen, const Look& look);

// chi(k): phase error of waves scattered to frequency k.
double wave_aberration(double cycles_per_A, double defocus_A, const Optics& optics);

}  // namespace gimbal::sim
