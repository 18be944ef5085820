// SPDX-License-Identifier: GPL-3.0-or-later
// From the noise-free image of a specimen to the frames of a movie: fading with dose, motion, the
// camera, and counting.
#pragma once

#include "gimbal/sim/plane.h"
#include "gimbal/sim/sensor.h"
#include "gimbal/sim/true_motion.h"

#include <cstdint>
#include <functional>

namespace gimbal::sim {

// A specimen's image, as a fraction of the electrons sent in, on a field that is larger than the
// camera by a margin on each side, so that motion never shows its end.
struct Field {
  Plane image;
  Size2 camera;
  int x0 = 0;  // column of the field that is column 0 of the camera
  int y0 = 0;
  int border = 0;  // outermost pixels of the field that motion never brings into view
};

// A field with at least this margin, and a border around it, of a size with fast transforms.
Field make_field(Size2 camera, int margin_px);

// The margin that motion needs.
int margin_for(const TrueMotion& motion, Size2 camera, int n_frames);

struct Exposure {
  int n_frames = 10;
  double pixel_A = 1.35;
  double dose_per_frame_e_A2 = 0.3;
  double voltage_kV = 300.0;
  TrueMotion motion;
  bool fading = true;       // lose fine detail with dose (counted from the first frame on)
  bool motion_blur = true;  // each frame is smeared by its part of the drift
  bool noise = true;        // count electrons; otherwise frames hold the expected numbers
  std::uint64_t seed = 1;

  double electrons_per_px() const { return dose_per_frame_e_A2 * pixel_A * pixel_A; }
};

// Dose after which detail at this frequency has faded to 1/e of its intensity, at 300 kV
// (Grant & Grigorieff 2015); less at lower voltages.
double critical_dose_e_A2(double cycles_per_A, double voltage_kV);

// Amplitude left at this frequency after a dose.
double fading(double cycles_per_A, double dose_e_A2, double voltage_kV);

// Makes the frames, one after the other, and hands each to take(i, frame).
void expose(const Field& field, const Exposure& exposure, const Sensor& sensor,
            const std::function<void(int, View<const float>)>& take);

// Frame i before counting: electrons expected per pixel of a perfect sensor.
// `spectrum` is the half transform of the field.
Image<float> expected_frame(const Field& field, Plane spectrum, const Exposure& exposure,
                            const Sensor& sensor, int frame);

}  // namespace gimbal::sim
