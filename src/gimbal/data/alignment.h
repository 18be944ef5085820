// SPDX-License-Identifier: GPL-3.0-or-later
// What an alignment of a tilt series is, whatever method found it. Positions are 0-based pixel
// indices of the full-size (motion-corrected) images; points are in px from the tomogram's centre.
#pragma once

#include "gimbal/core/geometry.h"
#include "gimbal/core/image.h"

#include <optional>
#include <string>
#include <vector>

namespace gimbal {

// One tilt's view of the specimen: p = c + shift + magnification [Rz Ry Rx P].xy, with c =
// floor(n / 2) (RELION 5's convention, which has no magnification).
struct Projection {
  double x_tilt_deg = 0.0;
  double y_tilt_deg = 0.0;
  double z_rot_deg = 0.0;
  Vec2 shift_px;
  double magnification = 1.0;
};

Mat3 rotation_of(const Projection& projection);
Vec2 image_centre(Size2 size);
// Where the point is seen in an image of that size.
Vec2 project(const Projection& projection, Vec3 point_px, Size2 size);

// Smooth change of the specimen's shape with dose, in px from the tomogram's centre: with f(dose) =
// 1 - exp(-dose / dose_scale) - f0 (f0: its value at reference_dose), a point at (x, y, z) has
// moved to z + f * (c0 x + c1 y + c2 x^2 + c3 x y + c4 y^2 + c5 z); x and y by f times their own
// six.
struct DeformationModel {
  double dose_scale_e_A2 = 50.0;
  double reference_dose_e_A2 = 0.0;
  std::vector<double> x, y, z;  // six coefficients each, or empty: none
  bool empty() const { return x.empty() && y.empty() && z.empty(); }
  Vec3 at(Vec3 point_px, double dose_e_A2) const;
};

enum class TiltState { used, excluded };

struct AlignedTilt {
  std::string key;  // Tilt::key(): rows are matched by it
  double nominal_tilt_deg = 0.0;
  double pre_exposure_e_A2 = 0.0;
  TiltState state = TiltState::used;
  std::string reason;  // why it was excluded or is doubted; else empty
  Projection projection;
  Projection standard_error;  // magnification: of the factor; 0 for what was not refined
  double score = 0.0;         // agreement with the prediction from all other tilts, 0 to 1
  double residual_px = 0.0;   // rms of its observations
};

struct Observation {
  int tilt = 0;  // index into Alignment::tilts
  Vec2 position_px;
  double sigma_px = 1.0;  // expected, per axis
  double weight = 1.0;    // 0 to 1, from the robust solution
  Vec2 residual_px;       // measured minus predicted
};

// Something seen in several tilts: a bead or a patch.
struct Track {
  std::vector<Observation> observations;  // by rising tilt index, at most one for each tilt
  Vec3 point_px;
  Vec3 standard_error_px;
};

enum class Verdict { pass, warn, fail };

struct Alignment {
  std::string method;  // fiducials, patches, projection, import
  Size2 size;          // of the full-size images
  double pixel_A = 1.0;
  std::vector<AlignedTilt> tilts;  // as the rows of the tilt series
  std::vector<Track> tracks;
  double bead_diameter_px = 0.0;  // of tracks that are beads; 0: they are not, or nobody knows
  DeformationModel deformation;
  double residual_px = 0.0;   // rms over all observations, robust weights
  double leave_out_px = 0.0;  // rms of observations that the solution did not see
  double score = 0.0;
  double thickness_A = 0.0;                          // 0: not known
  std::optional<double> y_offset_deg, x_offset_deg;  // levelling that the projections carry
  Verdict verdict = Verdict::pass;
  std::vector<std::string> notes;  // what was chosen and why, warnings; whole sentences
};

}  // namespace gimbal
